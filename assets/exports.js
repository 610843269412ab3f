// The export menu of a card: images are made here, data files come from the server.
(function () {
  "use strict";
  const SIZE = { width: 1200, height: 600 };

  function save(href, name) {
    const link = document.createElement("a");
    link.href = href;
    link.download = name;
    document.body.appendChild(link);
    link.click();
    link.remove();
  }

  function fileName(card, form) {
    const stamp = new Date().toISOString().slice(0, 19).replace(/:/g, "");
    return card.dataset.widget + "_" + stamp + "." + form;
  }

  function css(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  // The card's title, range and time stamp are added: on the page they stand outside the figure.
  function titled(card, graph) {
    const range = card.querySelector("[data-window]").textContent;
    const made = new Date().toISOString().slice(0, 19).replace("T", " ") + " UTC";
    const stale = card.dataset.state === "stale" ? " · stale, as of " + card.dataset.asOf : "";
    const axis = { color: css("--quiet"), gridcolor: css("--line") };
    const layout = graph.layout;
    return Object.assign({}, layout, SIZE, {
      autosize: false,
      title: { text: card.dataset.title + "<br><sub>" + range + " · exported " + made + stale + "</sub>", x: 0.02 },
      margin: { l: 70, r: 30, t: 80, b: 70 },
      paper_bgcolor: css("--card"),
      plot_bgcolor: css("--card"),
      font: Object.assign({}, layout.font, { color: css("--text"), size: 14 }),
      xaxis: Object.assign({}, layout.xaxis, axis),
      yaxis: Object.assign({}, layout.yaxis, axis),
    });
  }

  function saveImage(card, form) {
    if (!["live", "stale"].includes(card.dataset.state)) return null; // there is no picture of this range
    const graph = card.querySelector(".js-plotly-plot");
    const figure = { data: graph.data, layout: titled(card, graph) };
    const options = Object.assign({ format: form, scale: form === "png" ? 2 : 1 }, SIZE);
    return window.Plotly.toImage(figure, options).then((href) => save(href, fileName(card, form)));
  }

  function saveData(card, form) {
    const range = window.tammaRange();
    const query = new URLSearchParams({ from: range.from, to: range.to });
    save("/api/dashboard/widgets/" + card.dataset.widget + "." + form + "?" + query, fileName(card, form));
  }

  function exportOnClick(event) {
    const item = event.target.closest("[data-export]");
    if (item) {
      const card = item.closest("[data-widget]");
      const form = item.dataset.export;
      if (form === "png" || form === "svg") saveImage(card, form);
      else saveData(card, form);
    }
    closeMenus(event.target.closest("summary") ? event.target.closest("details") : null);
  }

  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) closeMenu(menu);
  }

  // The focus must not be lost with the item that had it.
  function closeMenu(menu) {
    if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    menu.open = false;
  }

  function closeOnEscape(event) {
    if (event.key === "Escape") closeMenus(null);
  }

  document.addEventListener("click", exportOnClick);
  document.addEventListener("keydown", closeOnEscape);
})();
