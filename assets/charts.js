// Every figure on its way to plotly.js: time charts get their zone's ticks, an overlay for crosshair and marks, a name.
(function () {
  "use strict";
  const charts = (window.tammaCharts = window.tammaCharts || {});
  const USUAL_WIDTH_PX = 600; // of a chart that is not laid out yet
  const states = new WeakMap(); // what is known of a chart, gone with its element
  const plotly = { react: window.Plotly.react, newPlot: window.Plotly.newPlot };
  let shownZone = "";

  function stateOf(gd) {
    return states.get(gd);
  }

  // The time charts that are on the page now.
  function all() {
    return Array.from(document.querySelectorAll(".js-plotly-plot")).filter((gd) => states.has(gd) && gd._fullLayout);
  }

  function isTimeChart(layout) {
    const axis = layout && layout.xaxis;
    return Boolean(axis && axis.type === "date" && axis.visible !== false);
  }

  function figureOf(data, layout, config) {
    return Array.isArray(data) || !data ? { data: data || [], layout: layout || {}, config: config } : data;
  }

  function take(plot) {
    return function (target, data, layout, config) {
      const gd = typeof target === "string" ? document.getElementById(target) : target;
      const figure = figureOf(data, layout, config);
      if (charts.hold.keeps(gd, figure)) return Promise.resolve(gd);
      return draw(gd, figure, plot);
    };
  }

  function draw(gd, figure, plot) {
    if (!isTimeChart(figure.layout)) return Promise.resolve((plot || plotly.react)(gd, forgotten(gd, figure)));
    remember(gd, figure);
    return Promise.resolve((plot || plotly.react)(gd, prepared(gd, figure))).then(() => dress(gd));
  }

  function forgotten(gd, figure) {
    const state = states.get(gd);
    if (state) {
      state.overlay.remove();
      states.delete(gd);
    }
    return figure;
  }

  function remember(gd, figure) {
    const state = states.get(gd) || { overlay: overlay(), waiting: null };
    const [start, end] = rangeOf(figure);
    const known = { figure: figure, data: figure.data || [], start: start, end: end, asked: charts.hold.asked() };
    states.set(gd, Object.assign(state, known));
  }

  function overlay() {
    const element = document.createElement("div");
    element.className = "chart-overlay";
    for (const part of ["chart-spans", "chart-line", "chart-flags", "chart-held"]) {
      const child = document.createElement("div");
      child.className = part;
      element.append(child);
    }
    return element;
  }

  // What Dash holds stays as it is: layout, axis and traces are copies, the values' arrays are shared.
  function prepared(gd, figure) {
    const layout = figure.layout;
    const heat = (figure.data || []).some((trace) => trace.type === "heatmap");
    return Object.assign({}, figure, {
      config: Object.assign({}, figure.config, { doubleClick: false }), // plotly's own way back is to the first picture's range
      data: (figure.data || []).map((trace) => dressed(gd, trace)),
      layout: Object.assign({}, layout, copies(layout), drawnThings(layout), {
        hovermode: heat ? "closest" : false, // the hover is charts-hover.js; a heat map's clicks need plotly's
        xaxis: Object.assign({}, layout.xaxis, fixedRange(layout.xaxis.range), ticksFor(gd, layout, rangeOf(figure))),
      }),
    });
  }

  function dressed(gd, trace) {
    const looks = trace.type === "heatmap" ? { hoverinfo: "none", hovertemplate: "" } : {};
    if (!charts.legend.isShown(gd, trace)) looks.visible = "legendonly";
    if (trace.x0 !== undefined) looks.x0 = moment(trace.x0);
    if (Array.isArray(trace.x)) looks.x = trace.x.map(moment);
    return Object.assign({}, trace, looks);
  }

  // plotly.js takes a number for a wall time of the browser's zone, which skips and repeats hours; text is UTC.
  function moment(value) {
    return typeof value === "number" ? new Date(value).toISOString() : value;
  }

  function fixedRange(range) {
    return range ? { range: range.map(moment) } : {};
  }

  // plotly.js writes what it finds out into the axes it is given.
  function copies(layout) {
    const axes = Object.keys(layout).filter((name) => /^[xy]axis\d*$|^legend$/.test(name));
    return Object.fromEntries(axes.map((name) => [name, Object.assign({}, layout[name])]));
  }

  function drawnThings(layout) {
    const things = {};
    for (const list of ["shapes", "annotations"]) if (layout[list]) things[list] = layout[list].map(atMoments);
    return things;
  }

  function atMoments(thing) {
    if (String(thing.xref || "x") !== "x") return thing;
    const ends = ["x", "x0", "x1"].filter((name) => typeof thing[name] === "number");
    return Object.assign({}, thing, Object.fromEntries(ends.map((name) => [name, moment(thing[name])])));
  }

  function rangeOf(figure) {
    const range = figure.layout.xaxis.range;
    if (range) return range.map(charts.values.msOf);
    const ends = (figure.data || []).flatMap((trace) => charts.values.ends(trace));
    return ends.length ? [Math.min(...ends), Math.max(...ends)] : [null, null];
  }

  function ticksFor(gd, layout, [start, end], widthPx) {
    if (start === null || !(end > start)) return {};
    const margin = layout.margin || { l: 80, r: 80 };
    const width = widthPx || (gd.clientWidth || USUAL_WIDTH_PX) - (margin.l || 0) - (margin.r || 0);
    const ticks = charts.time.ticks(start, end, width, charts.time.zone());
    return { tickmode: "array", tickvals: ticks.at.map(moment), ticktext: ticks.text };
  }

  function dress(gd) {
    const state = states.get(gd);
    if (!state) return gd;
    if (state.overlay.parentNode !== gd) gd.append(state.overlay);
    if (!gd.hasAttribute("tabindex")) label(gd);
    if (gd.on && state.wired !== gd._ev) wire(gd, state);
    state.drawn = state.data.length > 0;
    state.drawings = (state.drawings || 0) + 1;
    charts.marks.draw(gd);
    charts.hover.redrawn(gd);
    return gd;
  }

  function label(gd) {
    const title = gd.closest("[data-title]")?.dataset.title || "Chart";
    gd.setAttribute("tabindex", "0");
    gd.setAttribute("role", "group");
    gd.setAttribute("aria-roledescription", "chart");
    gd.setAttribute("aria-label", title + ". Arrow keys move through time, m goes to the next mark.");
  }

  function wire(gd, state) {
    state.wired = gd._ev;
    gd.on("plotly_beforeplot", (given) => retick(gd, given && given[1]));
    gd.on("plotly_afterplot", () => charts.marks.draw(gd));
    gd.on("plotly_legendclick", (event) => charts.legend.click(gd, event));
    gd.on("plotly_legenddoubleclick", () => false);
    gd.on("plotly_doubleclick", () => window.tammaTime.unzoom());
  }

  // A chart whose width changes gets as many ticks as have room now. The layout is our copy.
  function retick(gd, layout) {
    if (!layout || !isTimeChart(layout) || !layout.xaxis.range) return;
    Object.assign(layout.xaxis, ticksFor(gd, layout, layout.xaxis.range.map(charts.values.msOf)));
  }

  function redraw(gd) {
    return draw(gd, states.get(gd).figure);
  }

  // The plot's place within its chart, in pixels, without asking the browser for its layout.
  function frameOf(gd) {
    const axis = gd._fullLayout.xaxis;
    const size = gd._fullLayout._size;
    return { left: axis._offset, width: axis._length, top: size.t, height: size.h };
  }

  function pxAt(gd, ms) {
    const axis = gd._fullLayout.xaxis;
    return axis._offset + axis.l2p(ms);
  }

  function msAt(gd, px) {
    const axis = gd._fullLayout.xaxis;
    return axis.p2l(px - axis._offset);
  }

  function rowAt(gd, px) {
    const axis = gd._fullLayout.yaxis;
    return axis.p2l(px - axis._offset);
  }

  // Figures are shared by all zones, so another zone comes with no new picture.
  function rezone() {
    const zone = charts.time.zone();
    if (zone === shownZone) return;
    const first = shownZone === "";
    shownZone = zone;
    if (!first) for (const gd of all()) redraw(gd);
  }

  function beat() {
    rezone();
    charts.hold.beat();
    charts.kinds.beat();
  }

  Object.assign(charts, { stateOf, all, draw, redraw, frameOf, pxAt, msAt, rowAt, ticksFor, moment, rezone });
  window.Plotly.react = take(plotly.react);
  window.Plotly.newPlot = take(plotly.newPlot);
  window.setInterval(beat, 1000);
})();
