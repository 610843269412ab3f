// Figures that know their height get it, whatever the card was given before its first answer; those with keys get a focus.
(function () {
  "use strict";
  const plotly = { react: window.Plotly.react, newPlot: window.Plotly.newPlot };

  function fitted(plot) {
    return function (target, data, layout, config) {
      const gd = typeof target === "string" ? document.getElementById(target) : target;
      const shown = Array.isArray(data) || !data ? layout : data.layout;
      const meta = (shown && shown.meta) || {};
      if (gd && meta.height) fit(gd, meta.height);
      if (gd && meta.click === "hour") offer(gd);
      return plot(target, data, layout, config);
    };
  }

  function fit(gd, height) {
    const graph = gd.closest(".graph");
    if (graph && graph.style.height !== height + "px") graph.style.height = height + "px";
  }

  function offer(gd) {
    if (gd.hasAttribute("tabindex")) return;
    const title = gd.closest("[data-title]")?.dataset.title || "Heat map";
    gd.setAttribute("tabindex", "0");
    gd.setAttribute("role", "group");
    gd.setAttribute("aria-roledescription", "heat map");
    gd.setAttribute("aria-label", title + ". Arrow keys move through the hours, Enter shows the last such hour.");
  }

  window.Plotly.react = fitted(plotly.react);
  window.Plotly.newPlot = fitted(plotly.newPlot);
})();
