// Which kinds of marks are shown: a toggle each, kept in the address and as this browser's usual choice.
(function () {
  "use strict";
  const charts = (window.tammaCharts = window.tammaCharts || {});
  const KINDS = {
    deploy: { letter: "D", word: "deploy", plural: "Deploys" },
    workflow: { letter: "W", word: "failed workflow", plural: "Failed workflows" },
    alert: { letter: "A", word: "alert", plural: "Alerts" },
    maintenance: { letter: "M", word: "maintenance", plural: "Maintenance" },
  };
  const ALL = Object.keys(KINDS);
  const NONE = "none"; // the address when no kind is shown
  let shown = null;

  function choice() {
    shown = shown || kindsIn(fromAddress()) || kindsIn(window.localStorage.getItem("marks")) || new Set(ALL);
    return shown;
  }

  function fromAddress() {
    return new URLSearchParams(window.location.search).get("marks");
  }

  // The kinds that a list names; null when it names nothing that exists.
  function kindsIn(list) {
    if (list === NONE) return new Set();
    const kinds = (list || "").split(",").filter((kind) => ALL.includes(kind));
    return kinds.length ? new Set(kinds) : null;
  }

  function listOf(kinds) {
    return ALL.filter((kind) => kinds.has(kind)).join(",") || NONE;
  }

  function chooseOnClick(event) {
    const button = event.target.closest("[data-mark-kind]");
    if (!button) return;
    const kinds = new Set(choice());
    if (!kinds.delete(button.dataset.markKind)) kinds.add(button.dataset.markKind);
    shown = kinds;
    window.localStorage.setItem("marks", listOf(kinds));
    writeAddress();
    charts.marks.drawAll();
  }

  // A copied address shows the same marks, and a new page of ours keeps them.
  function writeAddress() {
    const wanted = choice().size === ALL.length ? null : listOf(choice());
    if (fromAddress() === wanted) return;
    const query = new URLSearchParams(window.location.search);
    if (wanted === null) query.delete("marks");
    else query.set("marks", wanted);
    const text = query.toString().replace(/%2C/g, ",").replace(/%3A/g, ":");
    const address = window.location.pathname + (text ? "?" + text : "") + window.location.hash;
    window.history.replaceState(window.history.state, "", address);
  }

  function drawToggles() {
    const place = document.getElementById("marks-toggles");
    if (!place) return;
    if (!place.firstChild) place.append(...toggles());
    const gd = charts.all()[0];
    place.hidden = !gd || !charts.marks.any();
    if (!gd) return;
    const remark = place.querySelector(".mark-remark");
    if (remark.textContent !== charts.marks.remark()) remark.textContent = charts.marks.remark();
    for (const button of place.querySelectorAll("[data-mark-kind]")) {
      drawToggle(button, charts.marks.countOf(gd, button.dataset.markKind));
    }
  }

  function drawToggle(button, count) {
    const counter = button.querySelector(".mark-count");
    if (counter.textContent !== String(count)) counter.textContent = count;
    button.setAttribute("aria-pressed", String(choice().has(button.dataset.markKind)));
  }

  function toggles() {
    const group = charts.tip.part("div", "mark-toggles");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "Marks");
    group.append(charts.tip.part("span", "mark-title", "Marks"), ...ALL.map(toggleFor), charts.tip.part("span", "mark-remark"));
    return [group];
  }

  function toggleFor(kind) {
    const button = charts.tip.part("button", "mark-toggle mark-" + kind);
    button.type = "button";
    button.dataset.markKind = kind;
    const texts = [["mark-glyph", KINDS[kind].letter], ["", KINDS[kind].plural], ["mark-count", ""]];
    button.append(...texts.map(([name, text]) => charts.tip.part("span", name, text)));
    return button;
  }

  function beat() {
    if (charts.all().length) writeAddress();
    drawToggles();
  }

  document.addEventListener("click", chooseOnClick);
  charts.kinds = { KINDS, ALL, choice, drawToggles, beat };
})();
