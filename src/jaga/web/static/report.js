/* The report form works without this. With it: drafts on this device, a way out that leaves none, and fingerprints
   of pictures that stay on the device. Written for old phones. */
(function () {
  "use strict";
  var KEY = "jaga-draft", DAY = 86400000, FIELDS = ["account", "text", "links", "conduct_on"];
  var form = document.getElementById("report");

  function one(selector) { return document.querySelector(selector); }
  function each(selector, act) { Array.prototype.forEach.call(document.querySelectorAll(selector), act); }
  function field(name) { return form.elements[name]; }
  function show(selector) { each(selector, function (found) { found.hidden = false; }); }

  /* Storage may be forbidden or full: then there is simply no draft. */
  function stored(act) { try { return act(window.localStorage); } catch (refused) { return null; } }
  function forget() { stored(function (kept) { kept.removeItem(KEY); }); }
  function draft() {
    return stored(function (kept) {
      var found = JSON.parse(kept.getItem(KEY) || "null");
      if (found && Date.now() - found.at < DAY) { return found; }
      kept.removeItem(KEY);
      return null;
    });
  }

  each(".exit a", function (link) {
    link.addEventListener("click", function (tap) {
      tap.preventDefault();
      forget();
      window.location.replace(link.href);
    });
  });
  each("[data-forget]", function (button) {
    button.addEventListener("click", function () { forget(); button.parentNode.hidden = true; keeping = false; });
  });

  /* The page of the receipt: what was sent needs no draft any more. */
  if (one("[data-receipt]")) {
    forget();
    show("[data-receipt]");
    var copy = one("[data-copy]"), print = one("[data-print]");
    copy.hidden = !(navigator.clipboard && navigator.clipboard.writeText);
    copy.addEventListener("click", function () {
      navigator.clipboard.writeText(copy.getAttribute("data-copy")).then(function () {
        copy.textContent = copy.getAttribute("data-done");
      });
    });
    print.addEventListener("click", function () { window.print(); });
  }
  if (!form) { return; }

  var keeping = form.hasAttribute("data-draft"), kept = draft(), first = field("page").value === "choose";
  if (first && kept && kept.account + kept.text + kept.links) {
    show("[data-restored]");
    each("[name=platform], [name=category]", function (choice) {
      if (choice.value === kept[choice.name] && !one("[name=" + choice.name + "]:checked")) { choice.checked = true; }
    });
  }
  if (keeping) {
    show("[data-kept]");
    if (kept) {
      FIELDS.forEach(function (name) { if (!field(name).value) { field(name).value = kept[name] || ""; } });
    }
    form.addEventListener("input", function () {
      if (!keeping) { return; }
      stored(function (store) {
        var said = { at: Date.now(), platform: field("platform").value, category: field("category").value };
        FIELDS.forEach(function (name) { said[name] = field(name).value; });
        store.setItem(KEY, JSON.stringify(said));
      });
    });
  }

  /* A browser that says "offline" may still reach us (a server on the same machine, an odd network): so we ask. */
  var reached = false;
  function offline() {
    show("[data-offline]");
    one("[data-offline]").scrollIntoView();
  }
  form.addEventListener("submit", function (sent) {
    if (navigator.onLine !== false || reached) return;
    sent.preventDefault();
    if (!window.fetch || !form.requestSubmit) { offline(); return; }
    fetch("/health/live", { cache: "no-store" }).then(function () {
      reached = true;
      form.requestSubmit(sent.submitter);
    }, offline);
  });

  /* A chat export is read on the device: only what is ticked is ever sent. What is not understood here is left to the
     button that sends the file, whose answer says what is wrong with it. */
  var chat = document.getElementById("chat"), said = [];
  var HEAD = /^\[?(\d{1,4}[\/.\-]\d{1,2}[\/.\-]\d{1,4},?\s+(?:\w{1,6}\s+)?\d{1,2}[.:]\d{2}(?:[.:]\d{2})?(?:\s?[ap]\.?\s?m\.?)?)\]?\s*(?:[-\u2013]\s)?(.*)/i;
  function plain(text) {
    return text.map ? text.map(function (part) { return part.text || part; }).join("") : String(text);
  }
  function messages(text) {
    var found = [], last = -1;
    if (/^\s*\{/.test(text)) {
      JSON.parse(text).messages.forEach(function (one) {
        if (one.from && one.text) { found.push(one.date + " " + one.from + ": " + plain(one.text)); }
      });
    } else {
      text.replace(/[\u200e\u200f\u202a\u202c\ufeff]/g, "").split(/\r?\n/).forEach(function (line) {
        var head = HEAD.exec(line);
        if (!head) {
          if (last >= 0) { found[last] += " " + line; }
        } else {
          last = head[2].indexOf(": ") > 0 ? found.push(head[1] + " " + head[2]) - 1 : -1;
        }
      });
    }
    return found.map(function (line) { return line.replace(/\s+/g, " ").slice(0, 1000); });
  }
  function list() {
    var box = one("[data-lines]"), wanted = field("words").value.toLowerCase(), ticked = [];
    each("[name=picked]:checked", function (tick) { ticked.push(tick.value); });
    var fitting = said.filter(function (line) {
      return ticked.indexOf(line) < 0 && line.toLowerCase().indexOf(wanted) >= 0;
    });
    box.textContent = "";
    ticked.concat(fitting.slice(-60)).forEach(function (line, at) {
      var label = document.createElement("label"), tick = document.createElement("input");
      label.className = "choice";
      tick.type = "checkbox";
      tick.name = "picked";
      tick.value = line;
      tick.checked = at < ticked.length;
      label.appendChild(tick);
      label.appendChild(document.createElement("span")).textContent = line;
      box.appendChild(label);
    });
    one("#picked").hidden = false;
  }
  if (chat && window.FileReader) {
    chat.addEventListener("change", function () {
      var reader = new FileReader();
      chat.name = "chat";
      one("[data-read]").hidden = false;
      reader.onload = function () {
        try { said = messages(reader.result); } catch (unknown) { said = []; }
        if (said.length) {
          chat.removeAttribute("name");
          one("[data-read]").hidden = true;
          list();
        }
      };
      reader.readAsText(chat.files[0]);
    });
    field("words").addEventListener("input", function () { if (said.length) { list(); } });
  }

  var address = form.getAttribute("data-worker");
  if (!address || !window.Worker) { return; }
  var pictures = document.getElementById("on-device"), told = document.getElementById("on-device-status");
  if (!pictures) { return; }
  show("[data-hashes]");
  pictures.addEventListener("change", function () {
    var hashes = [], hasher = new Worker(address), waiting = pictures.files.length;
    field("device_hashes").value = told.textContent = "";
    hasher.onerror = function () { told.textContent = told.getAttribute("data-none"); };
    hasher.onmessage = function (done) {
      hashes.push(done.data.hash);
      field("device_hashes").value = hashes.join(" ");
      told.textContent = told.getAttribute("data-one") + " " + hashes.length;
      if (!--waiting) { hasher.terminate(); }
    };
    Array.prototype.slice.call(pictures.files, 0, 20).forEach(function (file) {
      var reader = new FileReader();
      reader.onload = function () { hasher.postMessage({ picture: reader.result }); };
      reader.onerror = hasher.onerror;
      reader.readAsArrayBuffer(file);
    });
  });
}());
