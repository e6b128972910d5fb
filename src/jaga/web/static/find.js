// The palette (Ctrl+K) and the completion of the search box: two comboboxes. Pages and search work without them.
"use strict";

(() => {
  // A combobox over a list of groups of options. `offer(text)` returns or promises groups [{label, options}];
  // `choose(option)` acts on one. The first option is active from the start if `first` is set.
  function combobox(input, list, { offer, choose, first, wait, said }) {
    let options = [];
    let active = -1;
    let asked = 0;
    let timer = 0;
    let shownFor = null;

    function show(groups) {
      options = [];
      list.replaceChildren();
      groups.forEach((group, number) => {
        const box = document.createElement(group.label ? "div" : "ul");
        if (group.label) {
          const heading = document.createElement("span");
          heading.id = `${list.id}-group-${number}`;
          heading.className = "options__group";
          heading.textContent = group.label;
          box.setAttribute("role", "group");
          box.setAttribute("aria-labelledby", heading.id);
          box.append(heading);
        }
        group.options.forEach((option) => {
          const row = document.createElement(group.label ? "div" : "li");
          row.id = `${list.id}-${options.length}`;
          row.className = "options__one";
          row.setAttribute("role", "option");
          row.setAttribute("aria-selected", "false");
          const label = document.createElement("span");
          label.textContent = option.label;
          row.append(label);
          if (option.hint) {
            const hint = document.createElement("span");
            hint.className = "options__hint";
            hint.textContent = option.hint;
            row.append(" ", hint);
          }
          row.addEventListener("mousedown", (event) => event.preventDefault());
          row.addEventListener("click", () => choose(option));
          (group.label ? box : list).append(row);
          options.push([row, option]);
        });
        if (group.label) list.append(box);
      });
      list.hidden = !options.length;
      input.setAttribute("aria-expanded", String(!list.hidden));
      mark(first && options.length ? 0 : -1);
    }

    function mark(number) {
      if (options[active]) options[active][0].setAttribute("aria-selected", "false");
      active = number;
      if (!options[active]) return input.removeAttribute("aria-activedescendant");
      const row = options[active][0];
      row.setAttribute("aria-selected", "true");
      row.scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", row.id);
    }

    async function ask() {
      const question = ++asked;
      const groups = await offer(input.value, input.selectionStart);
      if (question !== asked || !groups) return;
      show(groups);
      shownFor = input.value;
      said?.(options.length);
    }

    const close = () => {
      asked++;
      clearTimeout(timer);
      shownFor = null;
      show([]);
    };
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(ask, wait);
    });
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) return ask();
        const step = event.key === "ArrowDown" ? 1 : -1;
        mark(active < 0 && step < 0 ? options.length - 1 : (active + step + options.length) % options.length);
      } else if (event.key === "Enter" && first) {
        event.preventDefault();
        clearTimeout(timer);
        const pick = () => options[active] && choose(options[active][1]);
        if (shownFor === input.value) pick();
        else ask().then(pick); // typed faster than the answer came
      } else if (event.key === "Enter" && options[active]) {
        event.preventDefault();
        choose(options[active][1]);
      } else if (event.key === "Escape" && !list.hidden && !first) {
        event.preventDefault();
        close();
      }
    });
    return { ask, close };
  }

  const dialog = document.querySelector("[data-palette]");
  if (dialog) {
    const input = dialog.querySelector("[role=combobox]");
    const status = dialog.querySelector("[data-said]");
    let nothing = "";
    const palette = combobox(input, dialog.querySelector("[role=listbox]"), {
      first: true,
      wait: 180,
      said: (number) => (status.textContent = number ? String(number) : nothing),
      async offer(text) {
        const answer = await fetch(`${dialog.dataset.palette}?${new URLSearchParams({ q: text })}`, {
          credentials: "same-origin",
        });
        if (!answer.ok || !answer.headers.get("Content-Type").startsWith("application/json")) {
          location.reload(); // the session has ended
          return null;
        }
        const found = await answer.json();
        nothing = found.nothing;
        const answered = (option) => !option.action || document.dispatchEvent(
          new CustomEvent("jaga:answers", { cancelable: true, detail: option.action })) === false;
        return found.groups
          .map((group) => ({ ...group, options: group.options.filter(answered) }))
          .filter((group) => group.options.length);
      },
      choose(option) {
        dialog.close();
        if (option.href) location.assign(option.href);
        else document.dispatchEvent(new CustomEvent("jaga:perform", { detail: option.action }));
      },
    });
    new MutationObserver(() => {
      if (!dialog.open) return palette.close();
      input.select();
      palette.ask();
    }).observe(dialog, { attributeFilter: ["open"] });
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    document.querySelectorAll("[data-palette-open]").forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", () => dialog.showModal());
    });
  }

  // The search box: the word before the cursor is completed to a key, or to a value of a key.
  const form = document.querySelector("[data-complete]");
  if (form) {
    const input = form.querySelector("#q");
    const list = form.querySelector("#q-options");
    const keys = JSON.parse(form.dataset.complete);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", list.id);
    list.setAttribute("role", "listbox");
    const small = (text) => text.toLowerCase().replaceAll('"', "");
    const box = combobox(input, list, {
      wait: 0,
      offer(text, cursor) {
        const typed = text.slice(0, cursor).match(/(?:[^\s"]|"[^"]*"?)*$/)[0];
        if (typed.length < 2) return [];
        const [key, value] = typed.includes(":") ? typed.split(/:(.*)/s) : ["", typed];
        const put = (label, hint, written) => ({ label, hint, from: cursor - typed.length, until: cursor, written });
        const options = keys.flatMap(([name, values]) =>
          key
            ? name === `${small(key)}:`
              ? values.filter((one) => one.some((word) => small(word).includes(small(value))))
                  .map(([written, label]) => put(`${name}${written}`, small(written) === small(label) ? "" : label, `${name}${written} `))
              : []
            : [
                ...(name.startsWith(small(typed)) ? [put(name, "", values.length ? name : name.endsWith(":") ? name : `${name} `)] : []),
                ...values.filter((one) => one.some((word) => small(word).startsWith(small(value))))
                  .map(([written]) => put(`${name}${written}`, "", `${name}${written} `)),
              ]);
        return options.length ? [{ options: options.slice(0, 8) }] : [];
      },
      choose(option) {
        // What was typed on while the options were shown belongs to the same word.
        const since = input.value.slice(option.until, input.selectionStart);
        const until = /\s/.test(since) ? option.until : Math.max(option.until, input.selectionStart);
        input.setRangeText(option.written, option.from, until, "end");
        input.focus();
        box.close();
        if (option.written.endsWith(":")) box.ask();
      },
    });
    input.addEventListener("blur", () => box.close());
  }
})();
