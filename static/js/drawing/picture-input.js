// The ways a picture comes in: chosen with the button, dropped anywhere on the page, or pasted.

const isPicture = (file) => file.type.startsWith("image/");

// `use` gets the file; `hover` is told while one is held over the page.
export function attachIntake(input, { use, hover }) {
  input.addEventListener("change", () => {
    const [file] = input.files;
    if (file) use(file);
    input.value = ""; // choosing the same file again is a choice, too
  });

  document.addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find(isPicture);
    if (!file) return;
    event.preventDefault();
    use(file);
  });

  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault(); // which is how a page says that it takes drops
    hover(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) hover(false); // it has left the window, not just one element for the next
  });
  document.addEventListener("drop", (event) => {
    hover(false);
    const [file] = event.dataTransfer.files;
    if (!file) return;
    event.preventDefault();
    use(file); // whatever it is: if it is no picture, the words for that are better than silence
  });
}
