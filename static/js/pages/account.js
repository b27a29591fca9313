// The account page: copies a new API token, which is shown only once.

function attachCopy(button) {
  const source = document.querySelector("[data-token]");
  button.hidden = !navigator.clipboard; // only where the page is served safely
  button.addEventListener("click", async () => {
    source.select(); // ready for Ctrl+C where the browser does not let a page copy
    await navigator.clipboard.writeText(source.value).then(
      () => (button.textContent = "Copied"),
      () => (button.textContent = "Selected"),
    );
  });
}

for (const button of document.querySelectorAll("[data-copy]")) attachCopy(button);
