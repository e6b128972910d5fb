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
  const wide = window.matchMedia("(min-width: 1100px) and (max-width: 1199px), (min-width: 1600px)");
  const unfold = () => rail && (rail.open = wide.matches);
  wide.addEventListener("change", unfold);
  unfold();

  // A closure can be chosen once each element is ticked; the server holds it too.
  const elements = Array.from(document.querySelectorAll("[data-elements] [name=elements]"));
  const closing = document.querySelector("[data-decide] [name=kind][value=close]");
  const waits = document.querySelector("[data-closing-waits]");
  const counted = document.querySelector("[data-ticked]");
  function weigh() {
    const ticked = elements.filter((element) => element.checked).length;
    const whole = ticked === elements.length;
    if (counted) counted.textContent = `${ticked}/${elements.length}`;
    if (!whole && closing.checked) closing.checked = false;
    closing.disabled = !whole;
    if (waits) waits.hidden = whole;
  }
  if (closing && elements.length) {
    elements.forEach((element) => element.addEventListener("change", weigh));
    weigh();
  }

  // The sentence that is proposed for the facts: what is ticked, then what the account said to everybody. It is replaced
  // as long as nobody has changed it, and stands in no vote for “no action”.
  const form = document.querySelector("[data-decide]");
  const facts = form?.querySelector("[data-quotes]");
  const again = form?.querySelector("[name=as_prepared]");
  const tells = form?.querySelector("[data-unchanged]");
  const chosen = () => form.querySelector("[name=kind]:checked")?.value;
  function sentence() {
    const said = elements.filter((one) => one.checked && one.dataset.finding).map((one) => one.dataset.finding);
    if (!said.length || chosen() === "dismiss") return "";
    return [...said, facts.dataset.quotes].filter(Boolean).join(" ");
  }
  if (facts) {
    let prepared = sentence();
    const isAsPrepared = () => prepared !== "" && facts.value.trim() === prepared;
    const forget = () => {
      if (again) again.value = "";
      if (tells) tells.hidden = true;
    };
    form.addEventListener("change", (event) => {
      if (!event.target.matches("[name=elements], [name=kind]")) return;
      const was = prepared;
      prepared = sentence();
      if (facts.value.trim() !== was || facts.value === prepared) return;
      facts.value = prepared;
      forget();
      facts.dispatchEvent(new Event("input", { bubbles: true })); // draft and letter follow
    });
    facts.addEventListener("input", forget);
    form.addEventListener("submit", (event) => {
      if (event.submitter?.value !== "cast" || !again || again.value || !isAsPrepared()) return;
      event.preventDefault();
      event.stopImmediatePropagation(); // it is not sent yet, so that the draft is kept
      again.value = "1";
      tells.hidden = false;
      event.submitter.focus();
      facts.scrollIntoView({ block: "nearest" }); // what is asked about is in sight
    });
  }

  // A form that is higher than the screen stays in sight by its end, so that no part of it is out of reach.
  const judge = document.querySelector(".judge");
  function place() {
    judge.style.setProperty("--judge-top", `${window.innerHeight - judge.offsetHeight - 8}px`);
  }
  if (judge) {
    new ResizeObserver(place).observe(judge);
    window.addEventListener("resize", place);
  }

  // Once something is chosen the elements fold again: their number says how many are ticked, and the facts are in sight.
  const fold = document.querySelector("[data-fold]");
  form?.addEventListener("change", (event) => {
    if (fold && event.target.matches("[name=kind]") && !fold.querySelector(".field--error")) fold.open = false;
  });

  // What a key or a link leads to is never left folded.
  document.addEventListener("focusin", (event) => {
    for (let fold = event.target.closest("details"); fold; fold = fold.parentElement.closest("details")) {
      if (!event.target.matches("summary")) fold.open = true;
    }
  });

  // A picture that was opened is grey and blurred again whenever the page is left, also by the way back.
  const cover = () => document.querySelectorAll(".picture__sharp").forEach((box) => (box.checked = false));
  window.addEventListener("pagehide", cover);
  window.addEventListener("pageshow", cover);
  document.addEventListener("visibilitychange", () => document.hidden && cover());
})();
