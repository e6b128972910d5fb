// An open case page: it prolongs its lease while somebody works on it, freezes when the lease is lost, keeps the draft,
// and says who else is looking. Without this script the page works too: the lease ends on time, and refusals keep texts.
"use strict";

(() => {
  const box = document.querySelector("[data-lease]");
  if (!box) return;
  const EVERY = 20000; // what others see expires after 90 seconds
  const PROLONG = 60000;
  const SAVE_AFTER = 800;
  const form = document.querySelector("[data-decide]");
  const csrf = box.querySelector("[name=csrfmiddlewaretoken]").value;
  const { url, token } = box.dataset;
  const find = (name) => box.querySelector(`[data-${name}]`);
  let holds = Boolean(token && form);
  let left = Number(box.dataset.left);
  let used = false;
  let prolonged = Date.now();
  let asking = false;
  let again = false;
  let ending = 0;
  let frozen = null; // what the form held when it was closed: closed controls are left out of it

  const isEnding = () => holds && left <= Number(box.dataset.warn);
  const show = (name, is) => (find(name).hidden = !is);

  function post(address, fields, more) {
    fields.set("csrfmiddlewaretoken", csrf);
    return fetch(address, { method: "POST", body: fields, credentials: "same-origin", ...more });
  }

  async function look() {
    if (document.hidden) return;
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    const prolongs = holds && used && (isEnding() || Date.now() - prolonged >= PROLONG);
    const fields = new URLSearchParams({ lease: token });
    if (prolongs) fields.set("used", "1");
    try {
      const answer = await post(url, fields);
      if (!answer.ok || answer.redirected) throw new TypeError("no answer of ours");
      const standing = await answer.json();
      if (prolongs) [used, prolonged] = [false, Date.now()];
      show("away", false);
      hear(standing);
    } catch (lost) {
      if (!(lost instanceof TypeError || lost instanceof SyntaxError)) throw lost;
      show("away", true);
    } finally {
      asking = false;
    }
    if (again) {
      again = false;
      look();
    }
  }

  function hear(standing) {
    find("watchers").textContent = standing.watchers.join(", ");
    show("watching", standing.watchers.length > 0);
    if (!holds) return;
    if (!standing.mine || standing.fence !== token) return freeze(standing.mine ? null : standing.holder);
    left = standing.left;
    show("ending", isEnding());
    clearTimeout(ending);
    const warnIn = left - Number(box.dataset.warn);
    ending = setTimeout(look, 1000 * (warnIn > 0 ? warnIn : left) + 500);
  }

  // The server refuses a lost lease in any case; the page says so before somebody writes on in vain.
  function freeze(holder) {
    frozen = new URLSearchParams(new FormData(form));
    keep();
    holds = false;
    clearTimeout(ending);
    for (const element of form.querySelectorAll("input, select, textarea, button")) {
      // Whoever is writing writes on into a closed field: their letters must not become keys of the page.
      if (element.matches("textarea, input:not([type])")) element.readOnly = true;
      else element.disabled = true;
    }
    if (document.activeElement.disabled) document.activeElement.blur();
    form.dataset.frozen = "";
    find("holder").textContent = holder || "";
    show("lost-to", Boolean(holder));
    show("lost-free", !holder);
    show("ending", false);
    show("lost", true);
  }

  function use() {
    used = true;
    if (isEnding()) look();
  }

  for (const name of ["keydown", "pointerdown", "input", "wheel"]) document.addEventListener(name, use, { passive: true });
  document.addEventListener("visibilitychange", () => (document.hidden ? keep(true) : look()));
  window.addEventListener("focus", look);
  window.addEventListener("online", look);
  setInterval(look, EVERY);
  look();

  // The draft
  let timer = 0;
  let changed = false;
  let cast = false;
  let saving = null;

  async function keep(leaving = false) {
    clearTimeout(timer);
    if (!changed || cast || !form) return;
    changed = false;
    saving?.abort();
    saving = new AbortController();
    const more = leaving ? { keepalive: true } : { signal: saving.signal };
    try {
      const answer = await post(box.dataset.draft, frozen || new URLSearchParams(new FormData(form)), more);
      const kept = answer.ok && !answer.redirected;
      show("draft-kept", kept && !changed);
      show("draft-lost", !kept);
    } catch (lost) {
      if (lost.name === "AbortError") return;
      if (!(lost instanceof TypeError)) throw lost;
      changed = true; // with the next letter, or when the network is back
      show("draft-kept", false);
      show("draft-lost", true);
    }
  }

  form?.addEventListener("input", () => {
    changed = true;
    clearTimeout(timer);
    timer = setTimeout(keep, SAVE_AFTER);
  });
  form?.addEventListener("submit", () => {
    cast = true;
    clearTimeout(timer);
    saving?.abort();
  });
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
  window.addEventListener("pagehide", () => keep(true));
  window.addEventListener("online", () => keep());
})();
