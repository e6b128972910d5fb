/* The dashboard's chart of arrivals, larger and with numbers under the pointer (uPlot, in vendor/). The server's SVG stays
   until somebody points at it or tabs to it, so that the page itself stays light; without scripts it stays for good. */
"use strict";

(function () {
  var card = document.querySelector("[data-load-chart]");
  var source = document.getElementById("load-data");
  if (!card || !source) { return; }

  function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

  function day(seconds) {
    return new Intl.DateTimeFormat(document.documentElement.lang, {day: "numeric", month: "short", timeZone: "UTC"})
      .format(new Date(seconds * 1000));
  }

  function draw() {
    var svg = card.querySelector("svg.load"), data = JSON.parse(source.textContent), place = document.createElement("div");
    place.className = "load-chart";
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", svg.querySelector("title").textContent);
    svg.before(place);
    var axis = {stroke: colour("--muted"), grid: {stroke: colour("--line"), width: 1}, ticks: {stroke: colour("--line")}};
    var chart = new window.uPlot({
      width: place.clientWidth, height: 260, cursor: {drag: {x: false, y: false}},
      tzDate: function (seconds) { return window.uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"); },
      scales: {y: {range: function (self, least, most) { return [0, Math.max(1, most * 1.1)]; }}},
      axes: [Object.assign({values: function (self, at) { return at.map(day); }}, axis), Object.assign({}, axis)],
      series: [
        {value: function (self, at) { return at === null ? "–" : day(at); }, label: card.dataset.day},
        {label: card.dataset.opened, stroke: colour("--info"), width: 2},
        {label: card.dataset.decided, stroke: colour("--ok"), width: 2},
        {label: card.dataset.expected, stroke: colour("--info"), width: 2, dash: [5, 4]},
        {label: card.dataset.capacity, stroke: colour("--warn"), width: 2, dash: [2, 4], points: {show: false}}
      ]
    }, [data.at, data.opened, data.decided, data.expected, data.capacity], place);
    svg.setAttribute("hidden", "");
    card.querySelector("[data-load-days]").setAttribute("hidden", "");
    new ResizeObserver(function () { chart.setSize({width: place.clientWidth, height: 260}); }).observe(place);
  }

  function load() {
    var style = document.createElement("link"), script = document.createElement("script");
    style.rel = "stylesheet";
    style.href = card.dataset.style;
    script.src = card.dataset.library;
    script.addEventListener("load", draw);
    document.head.append(style, script);
    card.removeEventListener("pointerenter", load);
    card.removeEventListener("focusin", load);
  }

  card.addEventListener("pointerenter", load);
  card.addEventListener("focusin", load);
}());
