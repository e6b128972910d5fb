// A case page that is open and visible says so every half minute, so that nobody is given more than their share.
// Without this script the time until the next page counts. Nothing but the case's address is sent.
"use strict";

(() => {
  const bar = document.querySelector("[data-beat]");
  if (!bar) return;
  const every = Number(bar.dataset.every) * 1000;
  const words = bar.querySelector("[data-beat-words]");
  const meter = bar.querySelector("[data-beat-meter]");
  const token = bar.querySelector("[name=csrfmiddlewaretoken]").value;
  let shown = 0;
  let last = Date.now();

  async function beat() {
    try {
      const answer = await fetch(bar.dataset.beat, {
        method: "POST", credentials: "same-origin", headers: { "X-CSRFToken": token },
      });
      if (!answer.ok || answer.redirected) return;
      const seen = await answer.json();
      words.textContent = seen.words;
      meter.value = seen.shown;
      meter.textContent = seen.words;
    } catch (lost) {
      if (!(lost instanceof TypeError || lost instanceof SyntaxError)) throw lost;
    }
  }

  function look() {
    const moment = Date.now();
    if (!document.hidden) shown += Math.min(moment - last, every);
    last = moment;
    if (shown < every) return;
    shown = 0;
    beat();
  }

  window.setInterval(look, Math.min(1000, every / 2));
})();
