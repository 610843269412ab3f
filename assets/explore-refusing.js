// What is wrong stands beside its field, and the field has the focus.
(function () {
  "use strict";
  const explore = (window.tammaExplore = window.tammaExplore || {});

  // Of a field by its name in the text form; without a name it is about the whole. With `quiet` nobody is moved.
  function refuse(one, name, label, message, quiet) {
    for (const [known, input] of Object.entries(one.inputs)) {
      if (name && known !== name && quiet) continue;
      mark(one.element, input, known === name ? message : "");
    }
    const row = one.where.refuse(name === "where" ? message : "", label);
    one.error.textContent = name in one.inputs || name === "where" ? "" : message;
    if (message && !quiet) focus(one, name, row);
  }

  function mark(form, input, message) {
    const line = form.querySelector("#" + input.id + "-error");
    if (line) line.textContent = message;
    input.toggleAttribute("aria-invalid", false);
    if (message) input.setAttribute("aria-invalid", "true");
  }

  function focus(one, name, row) {
    if (name === "where") row.focus();
    else if (name === "by") (one.by.element.querySelector("input:checked") || one.agg).focus();
    else if (name in one.inputs) one.inputs[name].focus();
  }

  explore.refuse = refuse;
})();
