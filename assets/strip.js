// Strips of health: the words of the cell under pointer, finger or focus stand below the strip; arrow keys walk its cells.
(function () {
  "use strict";
  const STEPS = { ArrowLeft: -1, ArrowRight: 1 };
  const HINT = "Point at a cell, or walk with the arrow keys, to read what happened.";

  function cellsOf(strip) {
    return Array.from(strip.querySelectorAll(".strip-cell"));
  }

  // Words move from the title to a label: a browser's own tooltip is seen by neither keyboard nor finger.
  function prepare(strip) {
    const cells = cellsOf(strip);
    for (const cell of cells) {
      const words = cell.getAttribute("title");
      if (words) {
        cell.setAttribute("aria-label", words);
        cell.removeAttribute("title");
      }
      cell.setAttribute("role", "img");
      if (!cell.hasAttribute("tabindex")) cell.tabIndex = -1;
    }
    if (strip.getAttribute("role") !== "group") strip.setAttribute("role", "group");
    if (cells.length && !cells.some((cell) => cell.tabIndex === 0)) cells[cells.length - 1].tabIndex = 0;
    const shown = strip.querySelector(".strip-shown");
    if (shown) tell(shown);
  }

  // It stands behind what the tick replaces, or a new picture would leave it where it does not belong.
  function lineOf(strip) {
    const area = strip.closest(".card-body-area");
    let line = area.querySelector(":scope > .strip-words");
    if (!line) {
      line = document.createElement("p");
      line.className = "strip-words";
      line.textContent = HINT;
      area.append(line);
    }
    return line;
  }

  function tell(cell) {
    const strip = cell.closest(".strip");
    const strips = strip.closest(".strips");
    for (const other of strips.querySelectorAll(".strip-shown")) if (other !== cell) other.classList.remove("strip-shown");
    cell.classList.add("strip-shown");
    const name = strip.parentElement.querySelector(".strip-name").textContent;
    const text = name + ", " + (cell.getAttribute("aria-label") || cell.title);
    const line = lineOf(strip);
    if (line.textContent !== text) line.textContent = text;
  }

  function cellAt(event) {
    const under = document.elementFromPoint(event.clientX, event.clientY);
    return under && under.closest ? under.closest(".strip-cell") : null;
  }

  // A finger slides over cells that are narrower than it is: the one below its middle counts.
  function point(event) {
    const cell = cellAt(event);
    if (cell) tell(cell);
  }

  function walk(event) {
    const cell = event.target.closest && event.target.closest(".strip-cell");
    if (!cell || event.ctrlKey || event.altKey || event.metaKey) return;
    const cells = cellsOf(cell.closest(".strip"));
    const ends = { Home: 0, End: cells.length - 1 };
    const at = event.key in ends ? ends[event.key] : cells.indexOf(cell) + STEPS[event.key];
    if (!(at >= 0 && at < cells.length)) return;
    event.preventDefault();
    event.stopPropagation();
    for (const one of cells) one.tabIndex = -1;
    cells[at].tabIndex = 0;
    cells[at].focus();
  }

  function prepareAll() {
    for (const strip of document.querySelectorAll(".strip")) {
      prepare(strip);
      lineOf(strip);
    }
  }

  document.addEventListener("pointermove", point);
  document.addEventListener("pointerdown", point);
  document.addEventListener("keydown", walk, { capture: true });
  document.addEventListener("focusin", (event) => {
    const cell = event.target.closest && event.target.closest(".strip-cell");
    if (cell) tell(cell);
  });
  new MutationObserver(prepareAll).observe(document.documentElement, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["title"],
  });
})();
