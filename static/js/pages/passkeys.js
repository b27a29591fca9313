// Passkeys: hands allauth's script the elements of the page, and says in words why one did not work.

const isNumber = /^[\d.]+$|^\[/.test(location.hostname);

function explain(error) {
  if (!window.isSecureContext || !window.PublicKeyCredential) return "Passkeys work over HTTPS only.";
  if (error.name === "SecurityError" && isNumber) {
    const there = `${location.protocol}//localhost:${location.port}`;
    return `Passkeys need a name in the address, not a number. On this machine open ${there}`;
  }
  if (error.name === "NotAllowedError") return "It was cancelled, took too long, or there is no passkey for this site.";
  if (error.name === "InvalidStateError") return "This key is among yours already.";
  return "The passkey did not work. Try again, or take another way.";
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const place = document.querySelector("[data-passkey-error]");
  place.textContent = explain(event.detail.exception);
  place.hidden = false;
});

// Each data attribute beside it is the id of an element, by the name that allauth's script has for it.
for (const place of document.querySelectorAll("[data-passkey]")) {
  const { passkey, ...ids } = place.dataset;
  window.allauth.webauthn.forms[passkey]({ ids });
}
