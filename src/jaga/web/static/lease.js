// An open case page: it prolongs its lease while somebody works on it, freezes when the lease is lost, keeps the draft,
// and says who else is looking. Without this script the page works too: the lease ends on time, and refusals keep texts.
"use strict";

(() => {
  const box = document.querySelector("[data-lease]");
  if (!box) return;
  const EVERY = 20000; // what others see expires after 90 seconds
  const PROLONG = 60000;
  const SAVE_AFTER = 800;
  const FRESH = 5000; // a vote is sent at once if the server answered so lately
  const form = document.querySelector("[data-decide]");
  const { url, token } = box.dataset;
  const find = (name) => box.querySelector(`[data-${name}]`);
  let holds = Boolean(token && form);
  let left = Number(box.dataset.left);
  let used = false;
  let prolonged = Date.now();
  let asking = null;
  let again = false;
  let ending = 0;
  let timer = 0;
  let changed = false; // since the draft was last kept
  let cast = false;
  let saving = null;
  let heard = Date.now(); // when the server last answered somebody who is signed in
  let frozen = null; // what the form held when it was closed: closed controls are left out of it

  const isEnding = () => holds && left <= Number(box.dataset.warn);
  const show = (name, is) => (find(name).hidden = !is);

  async function post(address, fields, more) {
    const send = () => {
      fields.set("csrfmiddlewaretoken", box.querySelector("[name=csrfmiddlewaretoken]").value);
      return fetch(address, { method: "POST", body: fields, credentials: "same-origin", ...more });
    };
    const answer = await send();
    return answer.status === 403 && (await renew()) ? send() : answer;
  }

  // Whoever signed in again in another tab has new tokens, and this page the old ones.
  async function renew() {
    const answer = await fetch(location.pathname, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return false;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-lease] [name=csrfmiddlewaretoken]");
    if (!fresh) return false;
    for (const old of document.querySelectorAll("[name=csrfmiddlewaretoken]")) old.value = fresh.value;
    return true;
  }

  function look() {
    if (document.hidden) return;
    again = Boolean(asking);
    asking ??= ask();
    return asking;
  }

  async function ask() {
    const prolongs = holds && used && (isEnding() || Date.now() - prolonged >= PROLONG);
    const fields = new URLSearchParams({ lease: token });
    if (prolongs) fields.set("used", "1");
    try {
      const answer = await post(url, fields);
      if (!answer.ok || answer.redirected) throw new TypeError("no answer of ours");
      const standing = await answer.json();
      if (prolongs) [used, prolonged] = [false, Date.now()];
      heard = Date.now();
      show("away", false);
      show("not-sent", false);
      if (changed) keep();
      hear(standing);
    } catch (lost) {
      if (!(lost instanceof TypeError || lost instanceof SyntaxError)) throw lost;
      show("away", find("not-sent").hidden);
    } finally {
      asking = null;
    }
    if (again) {
      again = false;
      look();
    }
  }

  function hear(standing) {
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
      if (kept) heard = Date.now();
      else changed = answer.redirected || answer.status === 403; // signed out: again once somebody is signed in
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
  // A form that is sent into nothing, or to the page for signing in, takes its text with it. So where the server has not
  // answered lately it is asked first, and the vote stays here with what to do.
  form?.addEventListener("submit", async (event) => {
    if (Date.now() - heard > FRESH && holds) {
      event.preventDefault();
      const [begun, by] = [Date.now(), event.submitter];
      await asking;
      await look();
      if (frozen) return;
      if (heard >= begun) return form.requestSubmit(by);
      changed = true;
      show("away", false);
      show("not-sent", true);
      find("not-sent").scrollIntoView({ block: "nearest" });
      return;
    }
    cast = true;
    clearTimeout(timer);
    saving?.abort();
  });
  window.addEventListener("pageshow", (event) => event.persisted && (cast || !changed) && location.reload());
  window.addEventListener("pagehide", () => keep(true));
  window.addEventListener("online", () => keep());
})();
