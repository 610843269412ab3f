// What a chart shows at a moment: the values of its series with their units, as rows of plain text.
(function () {
  "use strict";
  const charts = (window.tammaCharts = window.tammaCharts || {});
  const MISSING = "–";
  const FINE = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
  const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
  const MARKUP = { "&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"', "&#x27;": "'", "&#39;": "'" };

  // Figures carry their texts escaped for plotly.js; shown as text they are themselves again.
  function plain(text) {
    return String(text ?? "").replace(/&(lt|gt|amp|quot|#x27|#39);/g, (found) => MARKUP[found]);
  }

  // plotly.js says moments as milliseconds, or in UTC without a zone.
  function msOf(value) {
    if (typeof value === "number") return value;
    const text = String(value).replace(" ", "T");
    if (/T.*(Z|[+-]\d\d:?\d\d)$/.test(text)) return Date.parse(text);
    return Date.parse((text.length <= 10 ? text + "T00:00:00" : text.slice(0, 23)) + "Z");
  }

  function lengthOf(trace) {
    const along = trace.type === "heatmap" ? (trace.z || [])[0] : trace.y;
    return along ? along.length : 0;
  }

  function momentAt(trace, index) {
    return trace.x ? msOf(trace.x[index]) : msOf(trace.x0 ?? 0) + index * (trace.dx ?? 1);
  }

  // First and last moment of a series, none of an empty one.
  function ends(trace) {
    const length = lengthOf(trace);
    return length ? [momentAt(trace, 0), momentAt(trace, length - 1)] : [];
  }

  // The sample nearest to a moment, -1 when there is none within half a step's reach of the series' ends.
  function indexAt(trace, ms) {
    const length = lengthOf(trace);
    if (!length) return -1;
    if (trace.x) return searched(trace, ms, length);
    const index = Math.round((ms - momentAt(trace, 0)) / (trace.dx || 1));
    return index >= 0 && index < length ? index : -1;
  }

  function searched(trace, ms, length) {
    let [low, high] = [0, length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (momentAt(trace, middle) <= ms) low = middle;
      else high = middle;
    }
    return ms - momentAt(trace, low) <= momentAt(trace, high) - ms ? low : high;
  }

  // Everything that is a series to people: not the bands behind it.
  function series(gd) {
    const state = charts.stateOf(gd);
    return state ? state.data.filter((trace) => trace.hoverinfo !== "skip") : [];
  }

  // The moment of the sample nearest to where the pointer is, so that all rows are true for the time above them.
  function snapped(gd, ms) {
    let best = null;
    for (const trace of series(gd).filter((one) => !isBefore(one))) {
      const length = lengthOf(trace);
      if (!length) continue;
      const near = Math.max(momentAt(trace, 0), Math.min(ms, momentAt(trace, length - 1)));
      const at = momentAt(trace, indexAt(trace, near));
      if (best === null || Math.abs(at - ms) < Math.abs(best - ms)) best = at;
    }
    return best;
  }

  // The sample so many steps further, for the arrow keys.
  function stepped(gd, ms, steps) {
    const trace = series(gd).find((one) => !isBefore(one) && lengthOf(one));
    if (!trace) return null;
    const last = lengthOf(trace) - 1;
    const from = indexAt(trace, Math.max(momentAt(trace, 0), Math.min(ms, momentAt(trace, last))));
    return momentAt(trace, Math.max(0, Math.min(last, from + steps)));
  }

  function isBefore(trace) {
    return Boolean(trace.meta && trace.meta.before);
  }

  // Rows of {name, value, text, usual, before, colour, dash, bar}, the largest value first, unknown ones last.
  function rowsAt(gd, ms) {
    const all = series(gd).filter((trace) => charts.legend.isShown(gd, trace));
    const before = all.filter(isBefore);
    const rows = all.filter((trace) => !isBefore(trace)).map((trace) => rowOf(gd, trace, ms, before));
    for (const trace of before) if (!rows.some((one) => one.pair === trace)) rows.push(rowOf(gd, trace, ms, []));
    return rows.filter(Boolean).sort((one, other) => rank(other.value) - rank(one.value));
  }

  function rank(value) {
    return value === null ? -Infinity : value;
  }

  function rowOf(gd, trace, ms, before) {
    if (trace.type === "heatmap") return null; // figures-cells.js
    const unit = unitOf(trace);
    const value = known(trace.y, indexAt(trace, ms));
    const pair = before.find((one) => owner(one) === owner(trace));
    return Object.assign(looks(gd, trace), {
      name: plain(trace.name),
      value: value,
      text: worded(value, unit),
      usual: usualText(trace, indexAt(trace, ms), unit),
      before: pair ? "before " + worded(known(pair.y, indexAt(pair, ms)), unitOf(pair)) : "",
      pair: pair,
    });
  }

  // The series that a trace belongs to: a comparison and rings around what is unusual are named after it.
  function owner(trace) {
    const meta = trace.meta || {};
    const name = String(trace.legendgroup || trace.name || "");
    return meta.before || meta.unusual ? name.replace(/ (before|unusual)$/, "") : name;
  }

  function known(values, index) {
    const value = values && index >= 0 ? values[index] : null;
    return typeof value === "number" && Number.isFinite(value) ? value : null;
  }

  // What the hover text says behind the number.
  function unitOf(trace) {
    const template = String(trace.hovertemplate || "").replace(/<extra>[^]*<\/extra>/, "");
    const end = template.lastIndexOf("}");
    return end < 0 ? "" : plain(template.slice(end + 1));
  }

  function worded(value, unit) {
    return value === null ? MISSING : numberText(value) + unit;
  }

  function numberText(value) {
    return (Math.abs(value) < 1000 ? FINE : WHOLE).format(value);
  }

  function usualText(trace, index, unit) {
    const band = trace.meta && trace.meta.usual;
    if (!band || index < 0) return "";
    const [low, high] = [known(band[0], index), known(band[1], index)];
    return low === null || high === null ? "" : "usual " + numberText(low) + " to " + numberText(high) + unit;
  }

  function looks(gd, trace) {
    const full = (gd._fullData || []).find((one) => one.index === charts.stateOf(gd).data.indexOf(trace)) || trace;
    const bar = trace.type === "bar";
    const colour = bar ? (full.marker || {}).color : (full.line || {}).color;
    return { colour: typeof colour === "string" ? colour : "", dash: bar ? "bar" : (full.line || {}).dash || "solid" };
  }

  charts.values = { plain, msOf, ends, owner, snapped, stepped, rowsAt };
})();
