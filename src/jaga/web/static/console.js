// The console's keys. Every one of them only presses what can be reached without them; they can be switched off.
"use strict";

(() => {
  const STORE = "jaga-keys";
  const dialog = document.getElementById("keys");
  const areOn = () => localStorage.getItem(STORE) !== "off";
  const writes = (element) =>
    element instanceof HTMLElement &&
    (element.isContentEditable || element.matches("textarea, select, input:not([type=radio], [type=checkbox])"));

  const rows = () => Array.from(document.querySelectorAll("[data-row]"));

  function move(by) {
    const all = rows();
    if (!all.length) return;
    const now = all.indexOf(document.activeElement);
    const next = now < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(now + by, 0), all.length - 1);
    all[next].focus();
    all[next].scrollIntoView({ block: "nearest" });
  }

  function choose(number) {
    const radio = document.querySelector(`[data-key="${number}"]`);
    if (!radio) return;
    radio.focus();
    radio.click();
  }

  function press(key) {
    const inList = document.querySelector("[data-rows]");
    if (key === "?") return dialog?.showModal() ?? true;
    if (key === "j" || (key === "ArrowDown" && inList)) return move(1) ?? true;
    if (key === "k" || (key === "ArrowUp" && inList)) return move(-1) ?? true;
    if (key === "t" && document.querySelector("[data-take]")) return document.querySelector("[data-take]").click() ?? true;
    if (key === "n" && document.querySelector("[data-next]")) return document.querySelector("[data-next]").click() ?? true;
    if (/^[1-9]$/.test(key)) return choose(key) ?? true;
    return false;
  }

  document.addEventListener("keydown", (event) => {
    if (!areOn() || event.altKey || event.metaKey || dialog?.open) return;
    if (event.key === "Enter" && event.ctrlKey) {
      const send = document.querySelector("[data-send]");
      if (send) {
        event.preventDefault();
        send.click();
      }
      return;
    }
    if (event.ctrlKey || writes(event.target)) return;
    if (event.target.matches?.("[type=radio]") && event.key.startsWith("Arrow")) return;
    if (press(event.key.length === 1 ? event.key.toLowerCase() : event.key)) event.preventDefault();
  });

  // The legend names the keys that do something on this page.
  function explain() {
    const digits = document.querySelectorAll("[data-key]").length;
    if (digits)
      document.querySelectorAll("[data-digits]").forEach((kbd) => (kbd.textContent = digits > 1 ? `1–${digits}` : "1"));
    document.querySelectorAll("[data-legend]").forEach((legend) => {
      const items = Array.from(legend.querySelectorAll("[data-for]"));
      items.forEach((item) => (item.hidden = !document.querySelector(item.dataset.for)));
      legend.hidden = !areOn() || items.every((item) => item.hidden);
    });
  }
  explain();

  document.querySelectorAll("[data-keys-open]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => dialog?.showModal());
  });
  const toggle = document.querySelector("[data-keys-switch]");
  if (toggle) {
    toggle.checked = areOn();
    toggle.addEventListener("change", () => {
      localStorage.setItem(STORE, toggle.checked ? "on" : "off");
      explain();
    });
  }
  // With a script the letter is drawn while one writes; without one, the button asks for it.
  document.querySelectorAll("[data-without-script]").forEach((button) => (button.hidden = typeof htmx !== "undefined"));
})();
