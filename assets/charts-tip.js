// The one tooltip of all charts: text at a place of the window, kept inside of it.
(function () {
  "use strict";
  const { part } = window.tammaElements;
  const charts = (window.tammaCharts = window.tammaCharts || {});
  const MOST_ROWS = 12;
  const GAP_PX = 16;
  const EDGE_PX = 8;
  let box = null;
  let filledWith = "";

  function element() {
    if (box) return box;
    box = document.createElement("div");
    box.className = "chart-tip";
    box.hidden = true;
    document.body.append(box);
    return box;
  }

  // Fills the tooltip unless it says the same already, which ``id`` tells.
  function fill(id, children) {
    if (id === filledWith && !element().hidden) return;
    filledWith = id;
    element().replaceChildren(...children());
  }

  // Beside the point where there is room, else on its other side; never outside of the window.
  function place(x, y) {
    const tip = element();
    tip.hidden = false;
    const [width, height] = [tip.offsetWidth, tip.offsetHeight];
    const [roomX, roomY] = [document.documentElement.clientWidth, window.innerHeight];
    const left = x + GAP_PX + width > roomX - EDGE_PX ? x - GAP_PX - width : x + GAP_PX;
    const top = y + GAP_PX + height > roomY - EDGE_PX ? y - GAP_PX - height : y + GAP_PX;
    tip.style.left = Math.max(EDGE_PX, Math.min(left, roomX - width - EDGE_PX)) + "px";
    tip.style.top = Math.max(EDGE_PX, Math.min(top, roomY - height - EDGE_PX)) + "px";
  }

  function hide() {
    if (!box || box.hidden) return;
    box.hidden = true;
    pin(false);
  }

  // A pinned tooltip stays, and what is in it can be pressed.
  function pin(pinned) {
    element().classList.toggle("chart-tip-pinned", pinned);
  }

  function isPinned() {
    return Boolean(box && !box.hidden && box.classList.contains("chart-tip-pinned"));
  }

  function holds(target) {
    return Boolean(box && target instanceof Node && box.contains(target));
  }

  // The values at a moment: time, age, a row a series, and how many more there are.
  function values(heading, age, rows) {
    const head = part("div", "tip-head", heading);
    head.append(part("span", "tip-age", age));
    const list = part("div", "tip-rows");
    for (const row of rows.slice(0, MOST_ROWS)) list.append(...cells(row));
    const more = rows.length - MOST_ROWS;
    return more > 0 ? [head, list, part("div", "tip-more", "and " + more + " more")] : [head, list];
  }

  function cells(row) {
    const swatch = part("span", "tip-swatch tip-" + (row.dash || "none"));
    swatch.style.setProperty("--series", row.colour || "transparent");
    const notes = [row.usual, row.before].filter(Boolean).join(", ");
    const made = [swatch, part("span", "tip-name", row.name), part("span", "tip-value", row.text)];
    return notes ? made.concat(part("span", "tip-note", notes)) : made;
  }

  charts.tip = { part, fill, place, hide, pin, isPinned, holds, values, MOST_ROWS };
})();
