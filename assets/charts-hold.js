// A chart that somebody is reading keeps its picture: newer ones wait until the pointer or the focus leaves.
(function () {
  "use strict";
  const charts = (window.tammaCharts = window.tammaCharts || {});
  const LONGEST_MS = 300000; // nobody reads one picture for longer
  const SPAN_SLACK = 0.05; // a live range moves by its step and is the same range

  let keyed = null; // the chart that the keyboard is on

  // The range the page asks for: another one is a wish of the reader, and never waits.
  function asked() {
    const range = window.tammaRange ? window.tammaRange() : {};
    return [range.from, range.to, range.compare].join(" ");
  }

  // Whether the figure has to wait; it is kept, and an older one that waited is dropped.
  function keeps(gd, figure) {
    const state = gd && charts.stateOf(gd);
    if (!state) return false;
    if (!state.drawn || !isRead(gd) || state.overdue || !isNewer(state, figure)) {
      drop(state);
      return false;
    }
    state.waiting = figure;
    state.heldSince = state.heldSince || Date.now();
    showChip(state);
    return true;
  }

  function isRead(gd) {
    return charts.hover.isOn(gd) || gd === keyed;
  }

  // Whether it shows the same live range, a little later.
  function isNewer(state, figure) {
    const range = figure.layout && figure.layout.xaxis && figure.layout.xaxis.range;
    const live = window.tammaRange && String(window.tammaRange().to).startsWith("now");
    if (!range || !live || state.asked !== asked()) return false;
    const [start, end] = range.map(charts.values.msOf);
    const span = state.end - state.start;
    return Math.abs(end - start - span) <= SPAN_SLACK * span;
  }

  function release(gd) {
    const state = charts.stateOf(gd);
    if (!state) return;
    state.overdue = false;
    drawWaiting(gd, state);
  }

  // A picture of a range that nobody asks for any more is not drawn late.
  function drawWaiting(gd, state) {
    const figure = state.waiting;
    drop(state);
    if (figure && state.asked === asked() && gd.isConnected) charts.draw(gd, figure);
  }

  function drop(state) {
    state.waiting = null;
    state.heldSince = 0;
    showChip(state);
  }

  function showChip(state) {
    const chip = state.overlay.querySelector(".chart-held");
    const text = state.waiting ? "held " + Math.round((Date.now() - state.heldSince) / 1000) + " s" : "";
    if (chip.textContent !== text) chip.textContent = text;
  }

  function beat() {
    for (const gd of charts.all()) {
      const state = charts.stateOf(gd);
      if (!state.waiting) continue;
      if (!isRead(gd)) release(gd);
      else if (Date.now() - state.heldSince > LONGEST_MS) letGo(gd, state);
      else showChip(state);
    }
  }

  // Until the pointer leaves, this chart refreshes again.
  function letGo(gd, state) {
    state.overdue = true;
    drawWaiting(gd, state);
  }

  function chartOf(target) {
    return target instanceof Element ? target.closest(".js-plotly-plot") : null;
  }

  // Decided when the focus comes: a browser also shows it later, when Shift is pressed for a click.
  function noteFocus(event) {
    keyed = event.target.matches(":focus-visible") ? chartOf(event.target) : null;
  }

  function noteFocusOut(event) {
    const left = keyed;
    if (!left || left.contains(event.relatedTarget)) return;
    keyed = null;
    if (!charts.hover.isOn(left)) release(left);
  }

  function notePress() {
    keyed = null;
  }

  document.addEventListener("focusin", noteFocus);
  document.addEventListener("focusout", noteFocusOut);
  document.addEventListener("pointerdown", notePress, { passive: true });
  charts.hold = { asked, keeps, release, beat };
})();
