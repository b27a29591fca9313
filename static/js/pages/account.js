// The account page: copies a new API token, which is shown only once.

function attachCopy(button) {
  const token = document.querySelector("[data-token]");
  button.hidden = !navigator.clipboard; // browsers offer it to pages over HTTPS only
  button.addEventListener("click", async () => {
    token.select(); // ready for Ctrl+C where the browser does not let the page copy
    button.textContent = (await copies(token.value)) ? "Copied" : "Selected";
  });
}

async function copies(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

for (const button of document.querySelectorAll("[data-copy]")) attachCopy(button);
