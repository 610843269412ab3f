// The legend: a click isolates a series, another one brings all back, with Ctrl, Cmd or Shift it adds or removes one.
(function () {
  "use strict";
  const charts = (window.tammaCharts = window.tammaCharts || {});
  const chosen = new Map(); // names of the series shown, by card; a card without a choice shows all

  function keyOf(gd) {
    return gd.closest("[data-widget]")?.dataset.widget || gd.id;
  }

  function namesOf(gd) {
    const state = charts.stateOf(gd);
    const data = state ? state.data : [];
    return new Set(data.filter((trace) => trace.showlegend !== false).map(charts.values.owner));
  }

  // A choice of which nothing is left, since its series have gone, hides nothing.
  function isShown(gd, trace) {
    const names = chosen.get(keyOf(gd));
    if (!names || names.has(charts.values.owner(trace))) return true;
    return !Array.from(namesOf(gd)).some((name) => names.has(name));
  }

  function click(gd, event) {
    const trace = charts.stateOf(gd).data[event.curveNumber];
    const pressed = event.event || {};
    choose(gd, charts.values.owner(trace), Boolean(pressed.ctrlKey || pressed.metaKey || pressed.shiftKey));
    return false; // plotly's own ways would fight ours
  }

  function choose(gd, name, adding) {
    const before = chosen.get(keyOf(gd));
    const names = adding ? toggled(before || namesOf(gd), name) : isolated(before, name);
    const whole = !names.size || Array.from(namesOf(gd)).every((one) => names.has(one));
    if (whole) chosen.delete(keyOf(gd));
    else chosen.set(keyOf(gd), names);
    charts.redraw(gd);
  }

  function toggled(names, name) {
    const changed = new Set(names);
    if (!changed.delete(name)) changed.add(name);
    return changed;
  }

  function isolated(before, name) {
    return before && before.size === 1 && before.has(name) ? new Set() : new Set([name]);
  }

  charts.legend = { keyOf, isShown, click };
})();
