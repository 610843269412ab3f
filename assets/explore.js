// The explorer's form: the address holds what is asked, the form is how it comes to be.
(function () {
  "use strict";
  const explore = (window.tammaExplore = window.tammaExplore || {});
  const clientside = (window.dash_clientside = window.dash_clientside || {});
  const NAME = "q"; // of the exploration in the address
  const KINDS = [["", "By its name"], ["counter", "Counter, per second"], ["gauge", "Gauge, as it is"],
    ["histogram", "Histogram, per second"], ["summary", "Summary, as it is"], ["unknown", "As it is"]];
  const AGGREGATIONS = [["none", "None, every series"], ["sum", "Sum"], ["avg", "Average"], ["min", "Minimum"], ["max", "Maximum"],
    ["count", "Number of series"], ["p50", "p50"], ["p90", "p90"], ["p95", "p95"], ["p99", "p99"]];
  const KEY = "explore.chart:"; // of the card, before the exploration
  const BUCKETS = "_bucket"; // percentiles are made of them
  let form = null; // the one on screen
  let hearing = false;

  function open(page) {
    const room = document.getElementById("explorer-form");
    if (!page || !room || room.firstChild) return clientside.no_update;
    if (!hearing) window.tammaState.onChange(NAME, changed);
    hearing = true;
    form = formOf(page);
    room.append(form.element, form.saved.section);
    form.fill(here());
    form.saved.load("");
    return here() === page.text ? clientside.no_update : here();
  }

  function here() {
    return window.tammaState.get(NAME);
  }

  function show(text) {
    clientside.set_props("explorer-asked", { data: text });
  }

  // By the form, by Back and Forward, by a link on this page.
  function changed(text) {
    if (!form || !form.element.isConnected) return;
    if (text !== form.applied()) form.fill(text);
    show(text);
  }

  function formOf(page) {
    const { make, button, text, select } = explore.parts;
    const field = explore.parts.field;
    const metric = text("explorer-metric", { maxlength: 200, placeholder: "Type a part of its name or help" });
    const kind = select("explorer-kind", KINDS);
    const agg = select("explorer-agg", AGGREGATIONS);
    const top = text("explorer-top", { type: "number", min: 1, max: page.top, inputmode: "numeric" });
    const promql = make("textarea", { id: "explorer-promql", class: "explorer-input explorer-promql", rows: 4, maxlength: page.promql, spellcheck: "false", "aria-describedby": "explorer-promql-hint" });
    const error = make("p", { class: "explorer-error", role: "alert" });
    const told = make("span", { class: "explorer-told", role: "status" });
    const link = text("explorer-link", { readonly: true, hidden: true, "aria-label": "Link to this exploration" });
    const labels = labelsOf(() => metric.value.trim());
    const where = explore.filters(page, () => metric.value.trim(), labels);
    const by = groups(page);
    const saved = explore.saved(page, () => checked().then((one) => one && one.text));
    explore.choices(metric, suggestMetrics, (option) => picked(option));
    const builder = make("div", { class: "explorer-builder" },
      make("div", { class: "explorer-line" },
        field("Metric", metric, "explorer-wide"), field("Read as", kind), field("Aggregation", agg), field("Series at most", top, "explorer-narrow")),
      by.element, where.element);
    const raw = make("div", { class: "explorer-raw", hidden: true }, field("PromQL", promql),
      make("p", { class: "explorer-hint", id: "explorer-promql-hint" }, "$rate, $step and $range are filled in. Enter applies, Shift and Enter begins a line."));
    const modes = modesOf(() => { mode(); translate(); });
    const submit = make("button", { type: "submit", class: "range-apply" }, "Apply");
    const typed = make("form", { class: "explorer-fields", novalidate: true, "aria-label": "Exploration" },
      ...(page.raw ? [modes.element] : []), builder, ...(page.raw ? [raw] : []),
      make("div", { class: "explorer-foot" }, submit, button("Copy link", "range-choice", copyLink), saved.opener, told,
        ...(page.days ? [make("span", { class: "explorer-hint" }, page.top + " series over " + page.days + " days at most; developers may ask for more.")] : []),
        link, error));
    const element = make("div", { class: "card" }, typed, saved.form);
    const inputs = { metric: metric, kind: kind, agg: agg, by: by.element, top: top, promql: promql };
    let asking = 0; // of two answers the later one counts
    let applied = null; // the text of the form's own making: it stays as it was typed
    let learning = Promise.resolve(); // what kind of metric was typed

    typed.addEventListener("submit", (event) => {
      event.preventDefault();
      apply();
    });
    promql.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      apply();
    });
    metric.addEventListener("change", () => { learning = learn(); });
    agg.addEventListener("change", () => by.offer(agg.value !== "none"));

    function read() {
      const one = explore.text.empty();
      one.top = top.value.trim() || one.top;
      return Object.assign(one, page.raw && modes.raw() ? { promql: promql.value } : built());
    }

    function built() {
      return { metric: metric.value.trim(), kind: kind.value, agg: agg.value, filters: where.read(), by: agg.value === "none" ? [] : by.read() };
    }

    function fill(written) {
      const one = written ? explore.text.read(written) : explore.text.empty();
      metric.value = one.metric;
      kind.value = one.kind;
      agg.value = AGGREGATIONS.some(([word]) => word === one.agg) ? one.agg : "none";
      top.value = one.top;
      if (one.promql || !promql.value) promql.value = one.promql;
      modes.choose(Boolean(one.promql));
      where.fill(one.filters);
      by.show([], one.by);
      by.offer(agg.value !== "none");
      refuse("", "", "");
      told.textContent = "";
      link.hidden = true;
      mode();
      limitPercentiles();
      if (one.metric) look(one.metric);
    }

    function mode() {
      builder.hidden = page.raw && modes.raw();
      raw.hidden = !builder.hidden;
    }

    // What was built so far is where a query may start.
    async function translate() {
      const one = Object.assign(read(), { promql: "" }, built());
      if (!modes.raw() || promql.value || !one.metric) return;
      const found = await explore.server.post("/explore/check", { text: explore.text.write(one) }).catch(() => null);
      if (found && modes.raw() && !promql.value) promql.value = found.promql;
    }

    // What only Prometheus can say of a query comes with the tick.
    function heard() {
      const card = document.querySelector("#explored [data-told=failed]");
      if (!card || card.dataset.widget !== KEY + here()) return;
      const message = card.querySelector("[data-message]").textContent;
      if (page.raw && modes.raw() && message.includes("error")) refuse("promql", "", message, true);
      else if (message.includes("regexp")) refuse("where", "", message, true);
    }

    function picked(option) {
      kind.value = option.kind === "unknown" ? "" : option.kind;
      learned();
    }

    // A name that was typed to its end is as good as one that was picked.
    async function learn() {
      const name = metric.value.trim();
      const found = name ? await explore.server.get("/explore/metrics", { search: name }).catch(() => null) : null;
      const exact = found && found.metrics.find((one) => one.name === name);
      if (exact && metric.value.trim() === name) kind.value = exact.type === "unknown" ? "" : exact.type;
      learned();
    }

    function learned() {
      limitPercentiles();
      if (metric.value.trim()) look(metric.value.trim());
    }

    function limitPercentiles() {
      const none = !metric.value.trim().endsWith(BUCKETS);
      for (const option of agg.options) option.disabled = none && /^p\d/.test(option.value);
    }

    // The labels there are; a metric that is not there is said at once.
    async function look(name) {
      try {
        const found = await labels();
        if (metric.value.trim() === name) by.show(found, by.read());
        if (metric.value.trim() === name) refuse("metric", "", "");
      } catch (problem) {
        if (metric.value.trim() === name) refuse("metric", "", problem.message, true);
      }
    }

    // What is wrong stands beside its field, and the field has the focus. With `quiet` nobody is moved.
    function refuse(name, label, message, quiet) {
      for (const [known, input] of Object.entries(inputs)) {
        const line = element.querySelector("#" + input.id + "-error");
        if (name && known !== name && quiet) continue;
        if (line) line.textContent = known === name ? message : "";
        input.toggleAttribute("aria-invalid", false);
        if (known === name && message) input.setAttribute("aria-invalid", "true");
      }
      const row = where.refuse(name === "where" ? message : "", label);
      const known = name in inputs || name === "where";
      error.textContent = known ? "" : message;
      if (!message || quiet) return;
      if (name === "where") row.focus();
      else if (name === "by") (by.element.querySelector("input:checked") || agg).focus();
      else if (name in inputs) inputs[name].focus();
    }

    // Promises what the server makes of the form, or null when it has said what is wrong.
    async function checked() {
      const number = (asking += 1);
      await learning;
      const wish = read();
      refuse("", "", "");
      if (!wish.metric && !wish.promql.trim()) return refuse(modes.raw() ? "promql" : "metric", "", modes.raw() ? "Write a query." : "Choose a metric."), null;
      told.textContent = "Asking for it.";
      try {
        const found = await explore.server.post("/explore/check", { text: explore.text.write(wish) });
        if (number !== asking) return null;
        told.textContent = "";
        if (found.role === "developer" && !page.raw) return refuse("top", "", "More than " + page.top + " series need the role developer or above."), null;
        return found;
      } catch (problem) {
        if (number !== asking) return null;
        told.textContent = "";
        refuse(problem.details.field || "", problem.details.label || "", problem.message);
        return null;
      }
    }

    async function apply() {
      const found = await checked();
      if (!found) return;
      if (found.text === here()) told.textContent = "Shown below already.";
      applied = found.text;
      window.tammaState.set(NAME, found.text, { push: true });
      applied = null;
    }

    function copyLink() {
      const address = window.tammaTime.link(false);
      const copied = navigator.clipboard ? navigator.clipboard.writeText(address) : Promise.reject(new Error("no clipboard"));
      copied.then(() => { told.textContent = "Copied."; }, () => showLink(address));
    }

    function showLink(address) {
      link.hidden = false;
      link.value = address;
      link.select();
      told.textContent = "Copy it from here.";
    }

    return { element: element, fill: fill, saved: saved, heard: heard, applied: () => applied };
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

  function modesOf(choose) {
    const { make } = explore.parts;
    const inputs = [["built", "Builder"], ["raw", "PromQL"]].map(([value, label]) => {
      const input = make("input", { type: "radio", name: "explorer-mode", value: value });
      input.addEventListener("change", choose);
      return [input, make("label", { class: "explorer-mode" }, input, label)];
    });
    const element = make("div", { class: "explorer-modes", role: "radiogroup", "aria-label": "How to ask" }, ...inputs.map(([, label]) => label));
    return {
      element: element,
      raw: () => inputs[1][0].checked,
      choose: (raw) => { inputs[raw ? 1 : 0][0].checked = true; },
    };
  }

  // Labels to group by, as boxes to tick: those that exist, and those that are asked for.
  function groups(page) {
    const { make } = explore.parts;
    const boxes = make("div", { class: "explorer-boxes" });
    const error = make("p", { class: "explorer-error", id: "explorer-by-error", role: "alert" });
    const element = make("fieldset", { class: "explorer-group", id: "explorer-by", "aria-describedby": error.id }, make("legend", {}, "Group by, " + page.by + " labels at most"), boxes, error);
    element.addEventListener("change", limit);

    function read() {
      return [...boxes.querySelectorAll("input:checked")].map((one) => one.value);
    }

    function show(labels, chosen) {
      const names = [...new Set(chosen.concat(labels))];
      boxes.replaceChildren(...names.map((name) => {
        const input = make("input", { type: "checkbox", value: name });
        input.checked = chosen.includes(name);
        return make("label", { class: "explorer-check" }, input, name);
      }));
      if (!names.length) boxes.append(make("span", { class: "explorer-hint" }, "It has no labels."));
      limit();
    }

    function limit() {
      const full = read().length >= page.by;
      for (const input of boxes.querySelectorAll("input")) input.disabled = full && !input.checked;
    }

    return { element: element, read: read, show: show, offer: (offered) => { element.hidden = !offered; } };
  }

  // Links to explorations stay on the page, unless they are to be opened elsewhere.
  function followOnClick(event) {
    const link = event.target.closest("a[data-explore]");
    if (!link || !form || !form.element.isConnected || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    window.tammaState.set(NAME, link.dataset.explore, { push: true });
  }

  document.addEventListener("tamma-range-heard", () => form && form.element.isConnected && form.heard());
  document.addEventListener("click", followOnClick);
  clientside.explore = { open: open };
})();
