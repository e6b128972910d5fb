// The account at a glance is open where there is room: on a phone the decision comes first.
// Earlier decisions open only after the end of the reports was on the screen: until then their key leads there.
"use strict";

(() => {
  const glance = document.querySelector("[data-glance]");
  const room = window.matchMedia("(min-width: 700px)");
  const unfold = () => glance && (glance.open ||= room.matches);
  room.addEventListener("change", unfold);
  unfold();

  const part = document.querySelector("[data-earlier]");
  const end = document.getElementById("glance-title");
  if (!part || !end || !("IntersectionObserver" in window)) return;
  let read = false;
  new IntersectionObserver((entries) => (read ||= entries.some((one) => one.isIntersecting))).observe(end);
  part.addEventListener("click", (event) => {
    glance.open = true;
    if (read) return;
    event.preventDefault();
    event.stopPropagation();
    end.scrollIntoView({ block: "start" });
  }, true);
  // What was opened is read out, and the keyboard goes on from there.
  document.addEventListener("fx:swapped", (event) =>
    event.detail.cfg.target.id === "earlier" && document.getElementById("earlier")?.focus());
})();
