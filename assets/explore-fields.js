// The fields of the explorer's form, and how they are laid out.
(function () {
  "use strict";
  const explore = (window.tammaExplore = window.tammaExplore || {});
  const KINDS = [["", "By its name"], ["counter", "Counter, per second"], ["gauge", "Gauge, as it is"],
    ["histogram", "Histogram, per second"], ["summary", "Summary, as it is"], ["unknown", "As it is"]];
  const AGGREGATIONS = [["none", "None, every series"], ["sum", "Sum"], ["avg", "Average"], ["min", "Minimum"], ["max", "Maximum"],
    ["count", "Number of series"], ["p50", "p50"], ["p90", "p90"], ["p95", "p95"], ["p99", "p99"]];

  // What the other modules read, fill and ask with; `page` holds the limits of the role.
  function fields(page) {
    const { make, text, select } = explore.parts;
    const metric = text("explorer-metric", { maxlength: 200, placeholder: "Type a part of its name or help" });
    const labels = labelsOf(() => metric.value.trim());
    const one = {
      page: page,
      metric: metric,
      kind: select("explorer-kind", KINDS),
      agg: select("explorer-agg", AGGREGATIONS),
      top: text("explorer-top", { type: "number", min: 1, max: page.top, inputmode: "numeric" }),
      promql: make("textarea", { id: "explorer-promql", class: "explorer-input explorer-promql", rows: 4, maxlength: page.promql, spellcheck: "false", "aria-describedby": "explorer-promql-hint" }),
      labels: labels,
      by: explore.groups(page),
      where: explore.filters(page, () => metric.value.trim(), labels),
      error: make("p", { class: "explorer-error", role: "alert" }),
      told: make("span", { class: "explorer-told", role: "status" }),
      link: text("explorer-link", { readonly: true, hidden: true, "aria-label": "Link to this exploration" }),
      asking: 0, // of two answers the later one counts
      applied: null, // the text of the form's own making: it stays as it was typed
      learning: Promise.resolve(), // what kind of metric was typed
    };
    one.inputs = { metric: metric, kind: one.kind, agg: one.agg, by: one.by.element, top: one.top, promql: one.promql };
    one.modes = explore.modes(() => {
      explore.reading.showMode(one);
      explore.asking.translate(one);
    });
    explore.choices(metric, suggestMetrics, (option) => explore.asking.picked(one, option));
    return one;
  }

  // `buttons` stand in the foot, before what is said.
  function layOut(one, buttons) {
    const { make, field } = explore.parts;
    one.builder = make("div", { class: "explorer-builder" },
      make("div", { class: "explorer-line" },
        field("Metric", one.metric, "explorer-wide"), field("Read as", one.kind), field("Aggregation", one.agg), field("Series at most", one.top, "explorer-narrow")),
      one.by.element, one.where.element);
    one.raw = make("div", { class: "explorer-raw", hidden: true }, field("PromQL", one.promql),
      make("p", { class: "explorer-hint", id: "explorer-promql-hint" }, "$rate, $step and $range are filled in. Enter applies, Shift and Enter begins a line."));
    return make("form", { class: "explorer-fields", novalidate: true, "aria-label": "Exploration" },
      ...(one.page.raw ? [one.modes.element] : []), one.builder, ...(one.page.raw ? [one.raw] : []), foot(one, buttons));
  }

  function foot(one, buttons) {
    const { make } = explore.parts;
    const most = one.page.top + " series over " + one.page.days + " days at most; developers may ask for more.";
    return make("div", { class: "explorer-foot" }, make("button", { type: "submit", class: "range-apply" }, "Apply"), ...buttons, one.told,
      ...(one.page.days ? [make("span", { class: "explorer-hint" }, most)] : []), one.link, one.error);
  }

  function suggestMetrics(typed, signal) {
    return explore.server.get("/explore/metrics", { search: typed }, signal).then((found) => ({
      options: found.metrics.map((one) => ({ value: one.name, kind: one.type, help: one.help, note: noteOf(one) })),
      told: found.metrics.length < found.total ? found.metrics.length + " of " + found.total + " shown; type to narrow them down." : found.total ? "" : "No metric has these words in its name or help.",
    }));
  }

  function noteOf(metric) {
    return [metric.type === "unknown" ? "" : metric.type, metric.unit === "count" ? "" : metric.unit].filter(Boolean).join(", ");
  }

  // Remembers the labels of the last metric.
  function labelsOf(metric) {
    let of = "";
    let found = null;
    return () => {
      if (!metric()) return Promise.resolve([]);
      if (of !== metric() || !found) {
        of = metric();
        found = explore.server.get("/explore/labels", { metric: of }).then((answer) => answer.labels);
        found.catch(() => { found = null; });
      }
      return found;
    };
  }

  explore.fields = fields;
  explore.layOut = layOut;
})();
