// Passkeys: asks the browser for a key and sends its answer with the form. Without this script codes work all the same.
"use strict";

(() => {
  const bytes = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

  function readable(options) {
    const asked = { ...options, challenge: bytes(options.challenge) };
    if (options.user) asked.user = { ...options.user, id: bytes(options.user.id) };
    for (const list of ["allowCredentials", "excludeCredentials"]) {
      if (options[list]) asked[list] = options[list].map((one) => ({ ...one, id: bytes(one.id) }));
    }
    return asked;
  }

  function written(made) {
    const said = {};
    for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (made.response[part]) said[part] = text(made.response[part]);
    }
    return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response: said,
      clientExtensionResults: made.getClientExtensionResults() });
  }

  async function use(button) {
    const form = button.closest("form");
    const told = form.querySelector("[data-passkey-status]");
    told.hidden = true;
    try {
      const asked = { publicKey: readable(JSON.parse(button.dataset.options)) };
      const made = await navigator.credentials[button.dataset.passkey](asked);
      form.elements[button.dataset.into].value = written(made);
      form.submit();
    } catch (error) {
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
      told.hidden = false;
    }
  }

  const byName = !/^[0-9.]+$|^\[/.test(location.hostname); // browsers refuse passkeys at bare numbers
  if (!window.PublicKeyCredential || !window.isSecureContext || !byName) return;
  for (const element of document.querySelectorAll("[data-passkey-only]")) element.hidden = false;
  for (const element of document.querySelectorAll("[data-passkey-without]")) element.hidden = true;
  for (const button of document.querySelectorAll("[data-passkey]")) {
    button.hidden = false;
    button.addEventListener("click", () => use(button));
  }
})();
