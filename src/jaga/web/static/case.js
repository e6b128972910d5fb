// The review page: tabs without a new page, and a closure that waits for its elements. Without it, everything works too.
"use strict";

(() => {
  const tabs = Array.from(document.querySelectorAll("[data-tab]"));

  document.documentElement.dataset.tabs = "in place";

  function show(key) {
    if (!document.getElementById(`tab-${key}`)) return false;
    document.querySelectorAll(".tab").forEach((part) => part.classList.toggle("tab--open", part.id === `tab-${key}`));
    tabs.forEach((tab) =>
      tab.dataset.tab === key ? tab.setAttribute("aria-current", "page") : tab.removeAttribute("aria-current"));
    return true;
  }

  // A tab opens in place, so that what was written in the form stays; its address stands in the bar.
  tabs.forEach((tab) =>
    tab.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || !show(tab.dataset.tab)) return;
      event.preventDefault();
      history.replaceState(null, "", tab.href);
    }));

  // Whatever an address points at is shown, wherever it stands.
  function follow() {
    const part = document.getElementById(location.hash.slice(1))?.closest(".tab");
    if (part && show(part.id.slice(4))) document.getElementById(location.hash.slice(1)).scrollIntoView();
  }
  if (location.hash) follow();
  window.addEventListener("hashchange", follow);

  const rail = document.querySelector("[data-rail]");
  const wide = window.matchMedia("(min-width: 1100px)");
  const unfold = () => rail && (rail.open = wide.matches);
  wide.addEventListener("change", unfold);
  unfold();

  // A closure can be chosen once each element is ticked; the server holds it too.
  const elements = Array.from(document.querySelectorAll("[data-elements] [name=elements]"));
  const closing = document.querySelector("[data-decide] [name=kind][value=close]");
  const waits = document.querySelector("[data-closing-waits]");
  function weigh() {
    const whole = elements.every((element) => element.checked);
    if (!whole && closing.checked) closing.checked = false;
    closing.disabled = !whole;
    if (waits) waits.hidden = whole;
  }
  if (closing && elements.length) {
    elements.forEach((element) => element.addEventListener("change", weigh));
    weigh();
  }

  // A picture that was opened is grey and blurred again whenever the page is left, also by the way back.
  const cover = () => document.querySelectorAll(".picture__sharp").forEach((box) => (box.checked = false));
  window.addEventListener("pagehide", cover);
  window.addEventListener("pageshow", cover);
  document.addEventListener("visibilitychange", () => document.hidden && cover());
})();
