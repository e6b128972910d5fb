// The console's keys. Every one of them only presses what can be reached without them; they can be changed and
// switched off. What a key does is said by the page: an element answers an action by data-action="dismiss".
"use strict";

(() => {
  const STORE = "jaga-keys";
  const root = document.documentElement;
  const keys = JSON.parse(root.dataset.keys || "{}");
  const actions = new Map(Object.entries(keys).map(([action, key]) => [key, action]));
  const help = document.getElementById("keys");
  const jump = document.getElementById("jump");
  const areOn = () => actions.size > 0 && localStorage.getItem(STORE) !== "off";

  // Older marks of the same meaning, and the choices of a decision, which need no mark.
  const MARKED = {
    down: "[data-row]", up: "[data-row]", open: "[data-row]", take: "[data-take]", ask: "[data-ask]",
    commit: "[data-send]", law: "[data-decide] #legal_basis", next: "[data-next]", dismiss: "[data-decide] [name=kind][value=dismiss]",
    restrict: "[data-decide] [name=kind][value=restrict]", close: "[data-decide] [name=kind][value=close]",
  };
  for (let number = 1; number <= 9; number++) MARKED[`rule_${number}`] = `[data-key="${number}"]`;
  for (let number = 1; number <= 4; number++) MARKED[`element_${number}`] = `[data-decide] [data-element-key="${number}"]`;

  const isSeen = (element) => element.type !== "hidden" && element.getClientRects().length > 0;

  function answering(action) {
    const marked = MARKED[action] ? `, ${MARKED[action]}` : "";
    return Array.from(document.querySelectorAll(`[data-action~="${action}"]${marked}`)).find(isSeen);
  }

  function isAnswered(action) {
    if (action === "help") return Boolean(help);
    if (action === "jump") return Boolean(jump || answering("jump"));
    return Boolean(answering(action));
  }

  // The palette asks which commands this page answers, and has them performed.
  document.addEventListener("jaga:answers", (event) => isAnswered(event.detail) && event.preventDefault());
  document.addEventListener("jaga:perform", (event) => perform(event.detail));

  const writes = (element) =>
    element instanceof HTMLElement &&
    (element.isContentEditable || element.matches("textarea, select, input:not([type=radio], [type=checkbox])"));

  function move(by) {
    const all = Array.from(document.querySelectorAll("[data-row]")).filter(isSeen);
    if (!all.length) return false;
    const now = all.indexOf(document.activeElement);
    const next = now < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(now + by, 0), all.length - 1);
    all[next].focus();
    all[next].scrollIntoView({ block: "nearest" });
    return true;
  }

  function open(dialog) {
    if (!dialog) return false;
    dialog.showModal();
    dialog.querySelector("input:not([type=checkbox])")?.focus();
    return true;
  }

  // A closure cannot be chosen before each element is ticked: its key leads to the first that is not.
  function leadToWhatIsMissing() {
    const missing = document.querySelector("[name=elements]:not(:checked):not(:disabled)");
    if (missing) unfold(missing);
    missing?.focus();
    return Boolean(missing);
  }

  function unfold(element) {
    for (let fold = element.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  }

  // Another law is chosen where it stands, so that the next key is not written into the list.
  function chooseNext(list) {
    const offered = Array.from(list.querySelectorAll("optgroup:first-of-type option"));
    const next = offered[(offered.indexOf(list.selectedOptions[0]) + 1) % offered.length];
    if (!next || list.matches(":disabled")) return false;
    next.selected = true;
    list.scrollIntoView({ block: "nearest" });
    for (const name of ["input", "change"]) list.dispatchEvent(new Event(name, { bubbles: true }));
    return true;
  }

  // A key that judges a case which nobody holds takes it first, and is pressed once it is ours.
  const THEN = "jaga-then";
  const JUDGES = /^(dismiss|restrict|close|rule_|element_)/;
  function takeFirst(action) {
    const take = document.querySelector("button[data-take]");
    if (!take || !document.querySelector(".review") || !JUDGES.test(action || "")) return false;
    sessionStorage.setItem(THEN, JSON.stringify([location.pathname, action]));
    take.click();
    return true;
  }

  function act(element) {
    if (element.disabled) return leadToWhatIsMissing();
    if (!element.matches("summary")) unfold(element);
    if (element.matches("summary")) {
      element.parentElement.open = true;
      (element.parentElement.querySelector("textarea, input:not([type=hidden]), select, button") || element).focus();
    } else if (writes(element)) {
      element.focus();
    } else {
      element.focus();
      element.click();
    }
    return true;
  }

  function perform(action) {
    if (action === "down" || action === "up") return move(action === "down" ? 1 : -1);
    if (action === "open") return document.activeElement.matches("[data-row]") && act(document.activeElement);
    if (action === "help") return open(help);
    const found = answering(action);
    if (found && action === "law") return chooseNext(found);
    return found ? act(found) : (action === "jump" && open(jump)) || takeFirst(action);
  }

  document.addEventListener("keydown", (event) => {
    if (!areOn() || event.altKey || event.metaKey || event.isComposing || document.querySelector("dialog[open]")) return;
    const bare = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey) {
      const own = event.target.form;
      if (actions.get(`Ctrl+${bare}`) === "commit" && own && !own.querySelector("[data-send]")) {
        event.preventDefault(); // what one writes is sent, and not a vote beside it
        own.requestSubmit();
        return;
      }
      if (perform(actions.get(`Ctrl+${bare}`))) event.preventDefault();
      return;
    }
    if (writes(event.target)) return;
    if (event.shiftKey && /^[a-z]$/.test(bare)) return;
    const arrow = bare.startsWith("Arrow");
    if (arrow && event.target.matches?.("[type=radio]")) return;
    const inList = arrow && document.querySelector("[data-rows]");
    const action = inList && { ArrowDown: "down", ArrowUp: "up" }[bare];
    if (perform(action || actions.get(bare))) event.preventDefault();
  });

  // Legend and help name the keys that do something on this page.
  function explain() {
    root.toggleAttribute("data-keys-off", !areOn());
    document.querySelectorAll("[data-one]").forEach((one) => (one.hidden = !isAnswered(one.dataset.one)));
    document.querySelectorAll("[data-for]").forEach((entry) => {
      entry.hidden = !entry.dataset.for.trim().split(" ").some(isAnswered);
    });
    document.querySelectorAll("[data-legend]").forEach((legend) => {
      legend.hidden = !areOn() || !legend.querySelector("[data-for]:not([hidden])");
    });
  }
  explain();
  const [where, then] = JSON.parse(sessionStorage.getItem(THEN) || "[]");
  sessionStorage.removeItem(THEN);
  if (then && where === location.pathname && document.querySelector("[data-decide]")) {
    document.addEventListener("DOMContentLoaded", () => perform(then)); // once the page's other scripts have run
  }
  document.addEventListener("change", explain);
  document.addEventListener("fx:swapped", explain);

  document.querySelectorAll("[data-keys-open]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => open(help));
  });
  const toggle = document.querySelector("[data-keys-switch]");
  if (toggle) {
    toggle.checked = areOn();
    toggle.disabled = !actions.size;
    toggle.addEventListener("change", () => {
      localStorage.setItem(STORE, toggle.checked ? "on" : "off");
      explain();
    });
  }

  // The groups of the navigation: all open in the side bar; above the page one at a time, closed by Escape or a click
  // elsewhere.
  const groups = Array.from(document.querySelectorAll("[data-nav-group]"));
  const side = matchMedia("(min-width: 1200px)");
  function arrange() {
    groups.forEach((group) => {
      if (side.matches) group.removeAttribute("name");
      else group.setAttribute("name", "navigation");
      group.open = side.matches;
      group.firstElementChild.tabIndex = side.matches ? -1 : 0;
    });
  }
  const closeOthers = (inside) => !side.matches && groups.forEach((group) => {
    if (group !== inside) group.open = false;
  });
  arrange();
  side.addEventListener("change", arrange);
  document.addEventListener("click", (event) => closeOthers(event.target.closest("[data-nav-group]")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || side.matches) return;
    groups.filter((group) => group.open).forEach((group) => {
      group.open = false;
      if (group.contains(document.activeElement)) group.firstElementChild.focus();
    });
  });
  // A vote of a moment ago stands where it is seen, and counts the seconds in which it can be undone.
  const fresh = document.querySelector("[data-fresh]");
  const counted = fresh?.querySelector("[data-seconds]");
  if (fresh) {
    let left = Number(fresh.dataset.left || 0);
    const until = Date.now() + 1000 * (counted && left < 60 ? left : 12);
    const ticking = setInterval(() => {
      const over = Date.now() >= until;
      if (counted && left < 60) {
        counted.hidden = over;
        counted.textContent = `${Math.max(0, Math.ceil((until - Date.now()) / 1000))} s`;
        if (over) fresh.querySelector(".undo-bar__do").hidden = true;
      }
      if (!over) return;
      clearInterval(ticking);
      fresh.classList.remove("undo-bar--fresh");
      if (counted && left < 60) fresh.classList.remove("undo-bar--live");
      explain();
    }, 250);
  }

  document.querySelectorAll("[data-copies]").forEach((button) => {
    button.hidden = !navigator.clipboard?.writeText;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
      button.textContent = button.dataset.done;
    });
  });

  // With a script the letter is drawn while one writes; without one, the button asks for it.
  document.querySelectorAll("[data-without-script]").forEach((button) => (button.hidden = Boolean(document.querySelector("[fx-action]"))));
})();
