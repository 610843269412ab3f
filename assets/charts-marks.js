// What happened, as flags on the time axis of every time chart: deploys, failed workflows, alerts, maintenance.
(function () {
  "use strict";
  const charts = (window.tammaCharts = window.tammaCharts || {});
  const clientside = (window.dash_clientside = window.dash_clientside || {});
  const CLUSTER_PX = 24; // closer ones could not be pressed apart
  const MOST_LISTED = 12;
  const groups = new WeakMap(); // the marks of a flag
  let items = [];
  let remark = ""; // what of them is left out

  function isMark(item) {
    return item && typeof item === "object" && Object.hasOwn(charts.kinds.KINDS, item.kind) && Number.isFinite(item.at);
  }

  // ``given``: {at, end, kind, text, href} with epoch milliseconds; texts are shown as text only.
  function show(given) {
    const told = Array.isArray(given) ? given : [];
    remark = String((told.find((item) => item && item.kind === "remark") || { text: "" }).text);
    items = told.filter(isMark).sort((one, other) => one.at - other.at);
    drawAll();
    return clientside.no_update;
  }

  function drawAll() {
    for (const gd of charts.all()) draw(gd);
    charts.kinds.drawToggles();
  }

  function endOf(item) {
    return Number.isFinite(item.end) ? Math.max(item.end, item.at) : item.at;
  }

  function isSpan(item) {
    return endOf(item) > item.at;
  }

  function within(start, end, kinds) {
    return items.filter((item) => kinds.has(item.kind) && item.at <= end && endOf(item) >= start);
  }

  function any() {
    return items.length > 0;
  }

  function countOf(gd, kind) {
    return within(...rangeOf(gd), new Set([kind])).length;
  }

  // Marks of one flag: {px, items}, no two flags closer than a fingertip.
  function clusters(marks, pxOf) {
    const found = [];
    for (const item of marks) {
      const px = pxOf(item.at);
      const last = found[found.length - 1];
      if (last && px - last.px < CLUSTER_PX) last.items.push(item);
      else found.push({ px: px, items: [item] });
    }
    return found;
  }

  function rangeOf(gd) {
    return gd._fullLayout.xaxis.range.map((value) => charts.values.msOf(value));
  }

  function draw(gd) {
    const state = charts.stateOf(gd);
    if (!state || !gd._fullLayout) return;
    const [start, end] = rangeOf(gd);
    const marks = within(start, end, charts.kinds.choice());
    const area = charts.frameOf(gd);
    const pxOf = (ms) => charts.pxAt(gd, Math.max(start, Math.min(end, ms)));
    const found = clusters(marks, pxOf);
    const sketch = JSON.stringify([found.map((one) => [Math.round(one.px), one.items]), area, charts.time.zone()]);
    if (state.marks === sketch) return;
    state.marks = sketch;
    const [spans, , flags] = state.overlay.children;
    const focused = Array.from(flags.children).indexOf(document.activeElement);
    spans.replaceChildren(...marks.filter(isSpan).map((item) => spanOf(pxOf(item.at), pxOf(endOf(item)), area)));
    flags.replaceChildren(...found.map((one) => flagFor(one, area)));
    if (focused >= 0 && flags.children.length) flags.children[Math.min(focused, flags.children.length - 1)].focus();
  }

  function spanOf(left, right, area) {
    const span = document.createElement("div");
    span.className = "chart-span";
    Object.assign(span.style, { left: left + "px", width: Math.max(2, right - left) + "px" });
    Object.assign(span.style, { top: area.top + "px", height: area.height + "px" });
    return span;
  }

  function flagFor(cluster, area) {
    const href = cluster.items.length === 1 ? safeHref(cluster.items[0].href) : null;
    const flag = document.createElement(href ? "a" : "button");
    if (href) flag.href = href;
    else flag.type = "button";
    flag.className = "chart-flag mark-" + kindOf(cluster.items);
    flag.tabIndex = -1; // by arrow keys and m from the chart: a tab stop for each would be hundreds
    flag.setAttribute("aria-label", cluster.items.slice(0, MOST_LISTED).map(words).join(", "));
    const glyph = charts.tip.part("span", "mark-glyph", glyphOf(cluster.items));
    flag.append(glyph);
    Object.assign(flag.style, { left: cluster.px + "px", top: area.top + area.height + "px" });
    flag.style.setProperty("--reach", area.height + "px");
    groups.set(flag, cluster.items);
    return flag;
  }

  function kindOf(marks) {
    return marks.every((item) => item.kind === marks[0].kind) ? marks[0].kind : "several";
  }

  function glyphOf(marks) {
    if (marks.length > 1) return marks.length > 99 ? "99+" : String(marks.length);
    return charts.kinds.KINDS[marks[0].kind].letter;
  }

  // Only places of this site are followed.
  function safeHref(href) {
    if (typeof href !== "string" || !href) return null;
    try {
      const place = new URL(href, window.location.href);
      const own = place.origin === window.location.origin && place.protocol.startsWith("http");
      return own ? place.pathname + place.search + place.hash : null;
    } catch {
      return null;
    }
  }

  // "deploy api 1.8.1 at 14:02 (12 min ago)"
  function words(item) {
    const zone = charts.time.zone();
    const clock = (ms) => charts.time.stamp(ms, zone).slice(isToday(ms, zone) ? 11 : 0, 16);
    const text = String(item.text || "").trim();
    const what = text.toLowerCase().includes(item.kind) ? text : charts.kinds.KINDS[item.kind].word + " " + text;
    const when = isSpan(item) ? "from " + clock(item.at) + " to " + clock(endOf(item)) : "at " + clock(item.at);
    return what.trim() + " " + when + " (" + charts.time.agoWords(item.at, window.tammaNow()) + ")";
  }

  function isToday(ms, zone) {
    return charts.time.stamp(ms, zone).slice(0, 10) === charts.time.stamp(window.tammaNow(), zone).slice(0, 10);
  }

  function flagOf(target) {
    return target instanceof Element ? target.closest(".chart-flag") : null;
  }

  function tell(flag, x, y) {
    const marks = groups.get(flag) || [];
    charts.tip.fill("marks " + JSON.stringify(marks), () => listed(marks));
    charts.tip.place(x, y);
  }

  function listed(marks) {
    const rows = marks.slice(0, MOST_LISTED).map(line);
    const more = marks.length - MOST_LISTED;
    return more > 0 ? [...rows, charts.tip.part("div", "tip-more", "and " + more + " more")] : rows;
  }

  function line(item) {
    const row = charts.tip.part("div", "tip-mark mark-" + item.kind);
    const href = safeHref(item.href);
    const text = charts.tip.part(href ? "a" : "span", "tip-mark-text", words(item));
    if (href) text.href = href;
    row.append(charts.tip.part("span", "mark-glyph", charts.kinds.KINDS[item.kind].letter), text);
    return row;
  }

  function tellAtFlag(flag) {
    const box = flag.getBoundingClientRect();
    tell(flag, box.right, box.top);
  }

  function tellOnFocus(event) {
    const flag = flagOf(event.target);
    if (flag && flag.matches(":focus-visible")) tellAtFlag(flag);
  }

  // A flag without a place to go to, and one of several marks, opens what it says for good.
  function openOnClick(event) {
    const flag = flagOf(event.target);
    if (!flag || flag.href) return;
    tellAtFlag(flag);
    charts.tip.pin(true);
  }

  function moveOnKey(event) {
    const flag = flagOf(event.target);
    if (!flag) return;
    const next = { ArrowLeft: flag.previousElementSibling, ArrowRight: flag.nextElementSibling }[event.key];
    if (next) next.focus();
    if (event.key === "Escape") flag.closest(".js-plotly-plot").focus();
    if (event.key.startsWith("Arrow")) event.preventDefault();
  }

  // The first flag after a moment, or the first of all; whether there is one.
  function focusAfter(gd, ms) {
    const flags = Array.from(charts.stateOf(gd).overlay.children[2].children);
    const flag = flags.find((one) => ms === null || groups.get(one)[0].at > ms) || flags[0];
    if (flag) flag.focus();
    return Boolean(flag);
  }

  // For an image: a line and a letter each, spans as shades, and what the letters mean.
  function forImage(start, end, widthPx, colours) {
    const marks = within(start, end, charts.kinds.choice());
    const pxOf = (ms) => (Math.max(start, ms) - start) * (widthPx / (end - start));
    const found = clusters(marks, pxOf);
    const moment = (px) => start + px * ((end - start) / widthPx);
    const spans = marks.filter(isSpan).map((item) => shade(item, start, end, colours));
    return {
      shapes: spans.concat(found.map((one) => stroke(moment(one.px), colours))),
      annotations: found.map((one) => badge(moment(one.px), glyphOf(one.items), colours)),
      words: letterWords(new Set(marks.map((item) => item.kind))),
    };
  }

  function letterWords(kinds) {
    const named = charts.kinds.ALL.filter((kind) => kinds.has(kind)).map((kind) => charts.kinds.KINDS[kind]);
    return named.map((kind) => kind.letter + " " + kind.word).join(", ");
  }

  function shade(item, start, end, colours) {
    const place = { xref: "x", yref: "paper", y0: 0, y1: 1, layer: "below" };
    const ends = { x0: charts.moment(Math.max(start, item.at)), x1: charts.moment(Math.min(end, endOf(item))) };
    return Object.assign({ type: "rect", fillcolor: colours.line, opacity: 0.6, line: { width: 0 } }, place, ends);
  }

  function stroke(ms, colours) {
    const line = { color: colours.quiet, width: 1, dash: "dot" };
    const at = charts.moment(ms);
    return { type: "line", xref: "x", yref: "paper", x0: at, x1: at, y0: 0, y1: 1, line: line };
  }

  function badge(ms, text, colours) {
    const look = { showarrow: false, font: { size: 12, color: colours.card }, bgcolor: colours.quiet, borderpad: 3 };
    const place = { x: charts.moment(ms), xref: "x", y: 0, yref: "paper", yanchor: "bottom" };
    return Object.assign({ text: text }, place, look);
  }

  document.addEventListener("click", openOnClick);
  document.addEventListener("keydown", moveOnKey);
  document.addEventListener("focusin", tellOnFocus);
  clientside.marks = { show: show };
  charts.marks = { draw, drawAll, any, countOf, flagOf, tell, focusAfter, forImage, remark: () => remark };
})();
