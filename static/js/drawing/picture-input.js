// The ways a picture comes in: chosen with the button, pasted, or dropped anywhere on the page.

const isPicture = (file) => file.type.startsWith("image/");

// `use` is called with the file; `hover` with true while a file is held over the page, and with false afterwards.
export function attachPictureInput(input, { use, hover }) {
  followChoice(input, use);
  followPaste(use);
  followDrop(use, hover);
}

function followChoice(input, use) {
  input.addEventListener("change", () => {
    const [file] = input.files;
    if (file) use(file);
    input.value = ""; // otherwise choosing the same file again is no change
  });
}

function followPaste(use) {
  document.addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find(isPicture);
    if (!file) return;
    event.preventDefault();
    use(file);
  });
}

function followDrop(use, hover) {
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault(); // tells the browser that the page takes drops
    hover(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) hover(false); // it has left the window, not one element for the next
  });
  document.addEventListener("drop", (event) => {
    hover(false);
    const [file] = event.dataTransfer.files;
    if (!file) return;
    event.preventDefault();
    use(file); // of any type: an error message for a file that is no picture is better than silence
  });
}
