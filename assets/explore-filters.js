// The conditions on labels: a row each, with the labels and values that there are.
(function () {
  "use strict";
  const explore = (window.tammaExplore = window.tammaExplore || {});
  const OPERATORS = [["eq", "is"], ["ne", "is not"], ["re", "matches"], ["nre", "does not match"]];
  let made = 0; // for ids

  // `metric()` names the metric, `labels()` promises its labels.
  function filters(limits, metric, labels) {
    const { make, button } = explore.parts;
    const rows = make("div", { class: "explorer-rows" });
    const add = button("Add filter", "range-choice", () => {
      const row = rowOf({ label: "", operator: "eq", value: "" });
      row.label.focus();
    });
    const error = make("p", { class: "explorer-error", id: "explorer-where-error", role: "alert" });
    const whole = make("fieldset", { class: "explorer-group" }, make("legend", {}, "Filters"), rows, add, error);
    const known = [];

    function rowOf(filter) {
      const row = newRow(filter, limits, metric, labels, () => remove(row));
      known.push(row);
      rows.append(row.element);
      number();
      return row;
    }

    function remove(row) {
      const at = known.indexOf(row);
      known.splice(at, 1);
      row.element.remove();
      number();
      (known[at] || known[at - 1] || { remove: add }).remove.focus();
    }

    function number() {
      known.forEach((row, at) => row.element.setAttribute("aria-label", "Filter " + (at + 1)));
      add.hidden = known.length >= limits.filters;
    }

    function fill(found) {
      known.splice(0).forEach((row) => row.element.remove());
      found.slice(0, limits.filters).forEach(rowOf);
      number();
    }

    // A row without a label is not filled in yet.
    function read() {
      return known.map((row) => row.read()).filter((one) => one.label);
    }

    // Beside the rows of that label, or of all.
    function refuse(message, label) {
      error.textContent = message;
      const meant = known.filter((row) => message && (!label || row.label.value.trim() === label));
      for (const row of known) for (const input of [row.label, row.value]) input.toggleAttribute("aria-invalid", false);
      for (const row of meant) row.label.setAttribute("aria-invalid", "true");
      return meant.length ? meant[0].label : add;
    }

    return { element: whole, fill: fill, read: read, refuse: refuse };
  }

  function newRow(filter, limits, metric, labels, remove) {
    const { make, button, text, select } = explore.parts;
    const id = "explorer-filter-" + (made += 1);
    const described = { "aria-describedby": "explorer-where-error" };
    const label = text(id + "-label", Object.assign({ "aria-label": "Label", placeholder: "label", maxlength: 200 }, described));
    const operator = select(id + "-operator", OPERATORS);
    operator.setAttribute("aria-label", "Comparison");
    const value = text(id + "-value", Object.assign({ "aria-label": "Value", placeholder: "value", maxlength: limits.value }, described));
    let exact = { shown: "", value: "" }; // what a field of one line cannot hold

    function keep(given) {
      value.value = explore.text.visible(given);
      if (given === "") value.value = "";
      exact = { shown: value.value, value: given };
    }

    label.value = filter.label;
    operator.value = OPERATORS.some(([word]) => word === filter.operator) ? filter.operator : "eq";
    keep(filter.value);
    const close = button("Remove", "range-choice", remove);
    const element = make("div", { class: "explorer-filter", role: "group" },
      explore.choices(label, (typed) => suggestLabels(typed, labels), () => value.focus()), operator,
      explore.choices(value, (typed, signal) => suggestValues(typed, signal, metric(), label.value.trim()), (option) => keep(option.value)),
      close);
    return {
      element: element, label: label, value: value, remove: close,
      read: () => ({ label: label.value.trim(), operator: operator.value, value: value.value === exact.shown ? exact.value : value.value }),
    };
  }

  function suggestLabels(typed, labels) {
    return labels().then((found) => {
      const fitting = found.filter((one) => one.includes(typed.trim()));
      return { options: (fitting.length ? fitting : found).map((one) => ({ value: one })), told: found.length ? "" : "No labels are known yet: choose a metric first." };
    });
  }

  function suggestValues(typed, signal, metric, label) {
    if (!metric || !label) return Promise.resolve({ options: [], told: "Choose a metric and a label first." });
    return explore.server.get("/explore/values", { metric: metric, label: label, search: typed.slice(0, 200) }, signal).then((found) => ({
      options: found.values.map((one) => ({ value: one })),
      told: found.values.length < found.total ? found.values.length + " of " + found.total + " shown; type to narrow them down." : found.total ? "" : "No value like that.",
    }));
  }

  explore.filters = filters;
})();
