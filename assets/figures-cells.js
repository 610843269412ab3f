// What the tooltip says of a heat map over time: a row's name with the state in words or the number with its unit.
(function () {
  "use strict";
  const charts = window.tammaCharts;
  const rowsOfCurves = charts.values.rowsAt;

  function rowsAt(gd, ms, row) {
    const map = charts.stateOf(gd).data.find((trace) => trace.type === "heatmap");
    return map ? cells(map, ms, row) : rowsOfCurves(gd, ms, row);
  }

  // The cell under the pointer; by keyboard, which knows no row, the whole column.
  function cells(map, ms, row) {
    const column = columnAt(map, ms);
    const names = (map.meta && map.meta.rows) || [];
    const wanted = row === null ? map.z.map((_, at) => at) : [Math.round(row)];
    return wanted.filter((at) => map.z[at] && column >= 0 && column < map.z[at].length).map((at) => cell(map, at, column, names[at]));
  }

  function columnAt(map, ms) {
    return Math.round((ms - charts.values.msOf(map.x0)) / map.dx);
  }

  function cell(map, at, column, name) {
    const value = map.z[at][column];
    const known = typeof value === "number";
    const words = map.meta && map.meta.words;
    const text = !known ? "no data" : words ? words[value] : number(value) + unitOf(map);
    return { name: name || "", value: known ? value : null, text: text, usual: "", before: "", colour: "", dash: "none" };
  }

  function number(value) {
    return new Intl.NumberFormat("en", { maximumSignificantDigits: 4 }).format(value);
  }

  // What the hover text of the figure says behind the number.
  function unitOf(map) {
    const template = String(map.hovertemplate || "").replace(/<extra>[^]*<\/extra>/, "");
    return charts.values.plain(template.slice(template.lastIndexOf("}") + 1));
  }

  charts.values.rowsAt = rowsAt;
})();
