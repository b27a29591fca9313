// Pages with passkeys: connect the script of django-allauth to the elements of the page, and say in words why a
// passkey did not work.

// IPv4 or IPv6. Browsers bind a passkey to a domain name.
const isAddressNumeric = /^[\d.]+$|^\[/.test(location.hostname);

function explainError(error) {
  if (!window.isSecureContext || !window.PublicKeyCredential) return "Passkeys work over HTTPS only.";
  if (error.name === "SecurityError" && isAddressNumeric) {
    const url = `${location.protocol}//localhost:${location.port}`;
    return `Passkeys need a name in the address, not a number. On this machine open ${url}`;
  }
  if (error.name === "NotAllowedError") {
    return "It was cancelled, took too long, or there is no passkey for this site.";
  }
  if (error.name === "InvalidStateError") return "This key is among yours already.";
  return "The passkey did not work. Try again, or take another way.";
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const place = document.querySelector("[data-passkey-error]");
  place.textContent = explainError(event.detail.exception);
  place.hidden = false;
});

// data-passkey names the form of allauth's script; every other data attribute beside it is the id of an element,
// under the name that the script has for it.
for (const place of document.querySelectorAll("[data-passkey]")) {
  const { passkey, ...ids } = place.dataset;
  window.allauth.webauthn.forms[passkey]({ ids });
}
