// Parts of a page that are loaded again by fixi (vendor/fixi), and what it leaves to the page:
//   data-part="#id"    take only this element of the answer
//   data-every="3"     ask again every so many seconds
//   data-while-typing  a form that asks half a second after the last key, one request at a time, the newest last
"use strict";

(() => {
  window.fixiCfg = { transition: false };
  const TYPING = 500;

  function ask(element) {
    element.dispatchEvent(new Event("ask", { bubbles: false }));
  }

  document.addEventListener("fx:init", ({ target }) => {
    if (target.dataset.every) {
      const asking = setInterval(() => (target.isConnected ? ask(target) : clearInterval(asking)), 1000 * target.dataset.every);
    }
    if (!("whileTyping" in target.dataset)) return;
    let waiting;
    target.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(ask, TYPING, target);
    });
    target.addEventListener("change", () => {
      clearTimeout(waiting);
      ask(target);
    });
  });

  // Somebody typed on while an answer was on its way: ask once more when it has come.
  const again = new WeakSet();
  document.addEventListener("fx:config", ({ target, detail }) => {
    if (detail.requests.size) again.add(target);
  });
  document.addEventListener("fx:finally", ({ target }) => {
    if (again.delete(target)) ask(target);
  });

  // Only an answer of this very page is put into it: no error, no page for signing in.
  document.addEventListener("fx:after", (event) => {
    const { cfg } = event.detail;
    const part = event.target.dataset.part;
    if (!cfg.response.ok || cfg.response.redirected) return refuse(event);
    if (!part) return;
    const found = new DOMParser().parseFromString(cfg.text, "text/html").querySelector(part);
    if (found) cfg.text = found.outerHTML;
    else refuse(event);
  });
  document.addEventListener("fx:error", refuse);

  // A link leads where it always leads; everything else stays as it is.
  function refuse(event) {
    event.preventDefault();
    if (event.target.href) location.assign(event.target.href);
  }
})();
