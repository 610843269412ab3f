// Crosshair and tooltip: by mouse, by touch and by arrow keys, at the same moment on all time charts of the page.
(function () {
  "use strict";
  const charts = (window.tammaCharts = window.tammaCharts || {});
  const TAP_PX = 10; // a finger that moves further drags
  const SAID_AFTER_MS = 200; // so that held arrow keys say only where they end
  const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
  let at = null; // {gd, x, y, ms, by}: where the reader is
  let frame = 0;
  let down = null; // where a finger touched
  let saying = 0;
  let region = null;

  function chartOf(target) {
    const gd = target instanceof Element ? target.closest(".js-plotly-plot") : null;
    return gd && charts.stateOf(gd) ? gd : null;
  }

  function isOn(gd) {
    return at !== null && at.gd === gd;
  }

  function follow(event) {
    if (event.pointerType === "touch" || charts.tip.holds(event.target)) return;
    if (event.buttons) return charts.tip.hide(); // a drag: plotly.js has the pointer
    const gd = chartOf(event.target);
    if (!gd && (!at || at.by === "keys" || at.by === "touch")) return;
    move(gd ? { gd: gd, x: event.clientX, y: event.clientY, flag: charts.marks.flagOf(event.target), by: "mouse" } : null);
  }

  function move(next) {
    const left = at && (!next || next.gd !== at.gd) ? at.gd : null;
    at = next;
    if (!frame) frame = window.requestAnimationFrame(show);
    if (left) charts.hold.release(left);
  }

  function show() {
    frame = 0;
    if (!at || !at.gd.isConnected || !charts.stateOf(at.gd)) return clear();
    if (at.flag && at.flag.isConnected) return charts.marks.tell(at.flag, at.x, at.y);
    if (charts.tip.isPinned()) return;
    if (at.by === "keys") return showAt(at.gd, at.ms, null);
    const box = at.gd.getBoundingClientRect();
    const [px, py] = [at.x - box.left, at.y - box.top];
    const area = charts.frameOf(at.gd);
    const inside = px >= area.left && px <= area.left + area.width && py >= area.top && py <= area.top + area.height;
    const ms = inside ? charts.values.snapped(at.gd, charts.msAt(at.gd, px)) : null;
    if (ms === null) return clear();
    showAt(at.gd, ms, Math.round(charts.rowAt(at.gd, py)));
  }

  function showAt(gd, ms, row) {
    cross(ms);
    const zone = charts.time.zone();
    const heat = charts.stateOf(gd).data.some((trace) => trace.type === "heatmap");
    const id = [charts.legend.keyOf(gd), ms, heat ? row : "", charts.stateOf(gd).drawings, zone].join(" ");
    const age = charts.time.agoWords(ms, window.tammaNow());
    charts.tip.fill(id, () => charts.tip.values(charts.time.words(ms, zone), age, charts.values.rowsAt(gd, ms, row)));
    charts.tip.place(...pointOf(gd, ms));
  }

  function pointOf(gd, ms) {
    if (at.by !== "keys") return [at.x, at.y];
    const box = gd.getBoundingClientRect();
    return [box.left + charts.pxAt(gd, ms), box.top + charts.frameOf(gd).top];
  }

  function cross(ms) {
    for (const gd of charts.all()) crossOne(gd, ms);
  }

  function crossOne(gd, ms) {
    const line = charts.stateOf(gd).overlay.children[1];
    const area = charts.frameOf(gd);
    const px = ms === null ? -1 : charts.pxAt(gd, ms);
    const visible = px >= area.left - 1 && px <= area.left + area.width + 1;
    line.style.display = visible ? "block" : "none";
    if (!visible) return;
    line.style.transform = "translate(" + px.toFixed(1) + "px, " + area.top + "px)";
    line.style.height = area.height + "px";
  }

  function clear() {
    cross(null);
    if (!charts.tip.isPinned()) charts.tip.hide();
  }

  function leave() {
    move(null);
  }

  function leaveOnScroll() {
    if (at && at.by !== "mouse") return leave();
    cross(null);
    charts.tip.hide();
  }

  function redrawn(gd) {
    if (isOn(gd) && !frame) frame = window.requestAnimationFrame(show);
  }

  function press(event) {
    if (charts.tip.isPinned() && !charts.tip.holds(event.target)) charts.tip.hide();
    if (event.pointerType !== "touch") return;
    down = { x: event.clientX, y: event.clientY };
    const gd = chartOf(event.target);
    if (at && gd !== at.gd && !charts.tip.holds(event.target)) leave();
  }

  function touchUp(event) {
    if (event.pointerType !== "touch" || !down) return;
    const moved = Math.hypot(event.clientX - down.x, event.clientY - down.y);
    down = null;
    const gd = chartOf(event.target);
    if (!gd || charts.marks.flagOf(event.target)) return;
    if (moved > TAP_PX) leave();
    else move({ gd: gd, x: event.clientX, y: event.clientY, by: "touch" });
  }

  function pressKey(event) {
    if (event.key === "Escape") return charts.tip.isPinned() ? charts.tip.hide() : leave();
    const gd = chartOf(event.target);
    if (!gd || event.altKey || event.ctrlKey || event.metaKey || event.target !== gd) return;
    if (event.key === "m" && charts.marks.focusAfter(gd, at && at.gd === gd ? at.ms : null)) event.preventDefault();
    if (!(event.key in STEPS)) return;
    event.preventDefault();
    step(gd, STEPS[event.key] * (event.shiftKey ? 10 : 1));
  }

  function step(gd, steps) {
    const here = isOn(gd) && at.by === "keys" ? at.ms : null;
    // The first press shows the newest sample.
    const ms = charts.values.stepped(gd, here === null ? Infinity : here, here === null ? Math.min(steps, 0) + 1 : steps);
    if (ms === null) return;
    move({ gd: gd, ms: ms, by: "keys" });
    sayLater(gd, ms);
  }

  function sayLater(gd, ms) {
    window.clearTimeout(saying);
    saying = window.setTimeout(() => say(spoken(gd, ms)), SAID_AFTER_MS);
  }

  function spoken(gd, ms) {
    const rows = charts.values.rowsAt(gd, ms, null).slice(0, charts.tip.MOST_ROWS);
    const said = rows.map(rowWords);
    return [charts.time.words(ms, charts.time.zone()), ...said].join(", ");
  }

  function rowWords(row) {
    const value = row.text === "–" ? "no value" : row.text;
    return [row.name, value, row.usual, row.before].filter(Boolean).join(" ");
  }

  function say(text) {
    if (!region) {
      region = charts.tip.part("div", "visually-hidden chart-said");
      region.setAttribute("aria-live", "polite");
      document.body.append(region);
    }
    region.textContent = text;
  }

  function leaveOnFocusOut(event) {
    const gd = chartOf(event.target);
    if (gd && isOn(gd) && at.by === "keys" && !gd.contains(event.relatedTarget)) leave();
  }

  document.addEventListener("pointermove", follow, { passive: true });
  document.addEventListener("pointerdown", press, { passive: true });
  document.addEventListener("pointerup", touchUp, { passive: true });
  document.documentElement.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && leave());
  document.addEventListener("scroll", leaveOnScroll, { capture: true, passive: true });
  document.addEventListener("keydown", pressKey);
  document.addEventListener("focusout", leaveOnFocusOut);
  charts.hover = { isOn, redrawn };
})();
