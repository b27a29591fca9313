// The account page: copies a new API token, which is shown only once.

function attachCopy(button) {
  const source = document.querySelector("[data-token]");
  button.hidden = !navigator.clipboard; // only where the page is served safely
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source.value);
    button.textContent = "Copied";
  });
}

for (const button of document.querySelectorAll("[data-copy]")) attachCopy(button);
