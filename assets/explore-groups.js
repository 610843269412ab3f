// Two choices of the explorer's form: how to ask, and which labels to group by.
(function () {
  "use strict";
  const explore = (window.tammaExplore = window.tammaExplore || {});

  function modes(choose) {
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

  explore.modes = modes;
  explore.groups = groups;
})();
