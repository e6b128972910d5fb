"use strict";
/* New letter: a further row of accounts without a round trip, so that chosen files stay chosen. */
(() => {
  const rows = document.querySelector("[data-rows]");
  const add = document.querySelector("[data-add-row]");
  const blank = document.querySelector("template[data-row]");
  if (!rows || !add || !blank) return;
  const numbered = (node, number) => {
    for (const one of node.querySelectorAll("*")) {
      for (const { name, value } of [...one.attributes]) {
        if (value.includes("__N__")) one.setAttribute(name, value.replaceAll("__N__", number));
      }
    }
    const legend = node.querySelector("legend");
    legend.textContent = legend.textContent.replace("__N__", number);
    return node;
  };
  add.addEventListener("click", (event) => {
    event.preventDefault();
    const number = rows.querySelectorAll(".order-row").length + 1;
    rows.append(numbered(blank.content.cloneNode(true), String(number)));
    rows.lastElementChild.querySelector("input").focus();
    add.hidden = number >= Number(rows.dataset.most);
  });
})();
