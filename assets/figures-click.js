// Clicks on figures: a cell of a heat map is a range of the page, a part of the architecture is looked at.
(function () {
  "use strict";
  const charts = window.tammaCharts;
  const QUARTER_MS = 900000; // every zone's offset is a multiple of it
  const LOOK_BACK = 15 * 96; // quarters: an hour that a change of clocks leaves out was there a week before
  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const [MARK_PX, NAME_PX, BELOW_PX, TAP_PX] = [18, 40, 46, 10];
  let pressed = null; // {part, x, y}: where the pointer went down on the graph
  const wired = new WeakMap(); // by chart, the listeners of plotly.js that are ours
  const cursors = new WeakMap(); // by chart, the hour that the arrow keys are on

  function kindOf(gd) {
    const layout = gd.layout || {};
    return layout.meta ? layout.meta.click : undefined;
  }

  function chartOf(target) {
    return target instanceof Element ? target.closest(".js-plotly-plot") : null;
  }

  // plotly.js drops its listeners with each chart it purges; the pointer comes before any click.
  function wire(event) {
    const gd = chartOf(event.target);
    if (!gd || !gd.on || !["hour", "slot"].includes(kindOf(gd)) || wired.get(gd) === gd._ev) return;
    wired.set(gd, gd._ev);
    gd.on("plotly_click", (clicked) => act(gd, clicked));
  }

  function act(gd, clicked) {
    const point = clicked.points && clicked.points[0];
    if (!point || (clicked.event && clicked.event.detail > 1)) return; // a double-click goes out of a range
    if (kindOf(gd) === "hour") showHour(point.y, point.x);
    else showSlot(point);
  }

  // The part of the graph whose mark or name is there. plotly.js knows no names, and no taps either.
  function partAt(event) {
    const gd = chartOf(event.target);
    const nodes = gd && kindOf(gd) === "node" && gd._fullLayout ? (gd.data || []).find((trace) => trace.customdata) : null;
    if (!nodes) return null;
    const { xaxis, yaxis } = gd._fullLayout;
    const box = gd.getBoundingClientRect();
    const found = nodes.customdata.findIndex((_, at) => {
      const dx = event.clientX - box.left - xaxis._offset - xaxis.l2p(nodes.x[at]);
      const dy = event.clientY - box.top - yaxis._offset - yaxis.l2p(nodes.y[at]);
      return Math.abs(dx) <= (dy > MARK_PX ? NAME_PX : MARK_PX) && dy >= -MARK_PX && dy <= BELOW_PX;
    });
    return found < 0 ? null : nodes.customdata[found];
  }

  function press(event) {
    pressed = event.isPrimary && event.button === 0 ? { part: partAt(event), x: event.clientX, y: event.clientY } : null;
  }

  // While a button is down plotly.js covers the page, so that the chart is not what the pointer is over.
  function release(event) {
    const begun = pressed;
    pressed = null;
    if (!begun || begun.part === null || Math.hypot(event.clientX - begun.x, event.clientY - begun.y) > TAP_PX) return;
    window.setTimeout(() => choose(begun.part), 0); // once plotly.js is done with it
  }

  function forget() {
    pressed = null; // the finger scrolls
  }

  function showHand(event) {
    const gd = chartOf(event.target);
    if (gd && kindOf(gd) === "node") gd.dataset.over = partAt(event) === null ? "" : "part";
  }

  // The link beside the graph does what a click on it does: a name that has none is not shown.
  function choose(name) {
    if (typeof name !== "string") return;
    const wanted = name === window.tammaState.get("about") ? null : name; // pressed again, it is let go
    const links = document.querySelectorAll('[data-widget^="architecture."] a[href^="/architecture"]');
    const found = Array.from(links).find((link) => new URL(link.href).searchParams.get("about") === wanted);
    if (found) found.click();
  }

  function showSlot(point) {
    const map = point.data;
    const middle = charts.values.msOf(point.x);
    if (Number.isFinite(middle)) window.tammaTime.zoomTo(middle - map.dx / 2, middle + map.dx / 2);
  }

  // The last hour of that name that is over, in the page's zone; weekdays from Monday as 0.
  function showHour(weekday, hour) {
    const span = lastHour(weekday, hour, Date.now(), charts.time.zone());
    if (span) window.tammaTime.zoomTo(span[0], span[1]);
  }

  function lastHour(weekday, hour, now, zone) {
    const fits = (ms) => {
      const clock = charts.time.wall(ms, zone);
      return (clock.getUTCDay() + 6) % 7 === weekday && clock.getUTCHours() === hour;
    };
    let quarter = Math.floor(now / QUARTER_MS);
    while (fits(quarter * QUARTER_MS)) quarter -= 1; // it is not over
    for (const last = quarter - LOOK_BACK; quarter > last; quarter -= 1) {
      if (!fits(quarter * QUARTER_MS)) continue;
      const end = quarter + 1;
      while (fits((quarter - 1) * QUARTER_MS)) quarter -= 1;
      return [quarter * QUARTER_MS, end * QUARTER_MS];
    }
    return null;
  }

  // Hours of the week by keyboard: arrows move, Enter shows the hour.
  function offerKeys(event) {
    const gd = chartOf(event.target);
    if (gd && kindOf(gd) === "hour" && event.target === gd) point(gd, cursors.get(gd) || [0, 0]);
  }

  function pressKey(event) {
    const gd = chartOf(event.target);
    if (!gd || event.target !== gd || kindOf(gd) !== "hour" || event.altKey || event.ctrlKey || event.metaKey) return;
    const [x, y] = cursors.get(gd) || [0, 0];
    if (event.key === "Enter") return showHour(y, x);
    const move = MOVES[event.key];
    if (!move) return;
    event.preventDefault();
    point(gd, [(x + move[0] + 24) % 24, (y + move[1] + 7) % 7]);
  }

  function point(gd, cursor) {
    cursors.set(gd, cursor);
    window.Plotly.Fx.hover(gd, { xval: cursor[0], yval: cursor[1] }, "xy");
    gd.setAttribute("aria-label", spoken(gd, cursor));
  }

  function spoken(gd, [x, y]) {
    const title = gd.closest("[data-title]")?.dataset.title || "Heat map";
    const text = gd.data[0].text[y][x].replace(/<br>/g, ", ").replace(/<[^>]*>/g, "");
    return title + ": " + (text || "no data");
  }

  function leave(event) {
    const gd = chartOf(event.target);
    if (gd && kindOf(gd) === "hour") window.Plotly.Fx.unhover(gd);
  }

  document.addEventListener("pointermove", wire, { capture: true, passive: true });
  document.addEventListener("pointerdown", wire, { capture: true, passive: true });
  document.addEventListener("pointermove", showHand, { passive: true });
  document.addEventListener("pointerdown", press, { capture: true, passive: true });
  document.addEventListener("pointerup", release, { capture: true, passive: true });
  document.addEventListener("pointercancel", forget, { capture: true, passive: true });
  document.addEventListener("focusin", offerKeys);
  document.addEventListener("focusout", leave);
  document.addEventListener("keydown", pressKey);
  window.tammaFigures = { lastHour: lastHour };
})();
