// The export menu of a card: images are made here, data files come from the server.
(function () {
  "use strict";
  const notes = window.tammaExportNote;
  const SIZE = { width: 1200, height: 600 };
  const MARGIN = { l: 80, r: 40, t: 104, b: 80 };
  const NO_MARKS = { shapes: [], annotations: [], words: "" };
  const REVOKED_AFTER_MS = 60000; // a browser may still be asking where to save it
  const NOT_WHOLE = "The file did not arrive. Try again in a moment.";
  const NOT_DRAWN = "No image: the browser could not make it.";
  const PLOT_PX = SIZE.width - MARGIN.l - MARGIN.r;

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
    const subject = card.dataset.widget.slice(0, 80).replace(/[^A-Za-z0-9.-]+/g, "-").replace(/-$/, "");
    return subject + "_" + stamp + "." + form;
  }

  function css(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  // Title, range, zone, time stamp and marks are added: on the page they stand outside the figure.
  function titled(card, graph) {
    const layout = graph.layout;
    const time = window.tammaCharts.stateOf(graph);
    const colours = { card: css("--card"), line: css("--line"), text: css("--text"), quiet: css("--quiet") };
    const axis = { color: colours.quiet, gridcolor: colours.line };
    const range = time ? axisRange(graph) : null;
    const marks = range ? window.tammaCharts.marks.forImage(...range, PLOT_PX, colours) : NO_MARKS;
    const zoned = range ? window.tammaCharts.ticksFor(graph, layout, range, PLOT_PX) : {};
    return Object.assign({}, layout, SIZE, {
      autosize: false,
      title: { text: titleText(card, range, marks.words), x: 0.02, xref: "container", y: 0.96, yanchor: "top" },
      margin: MARGIN,
      paper_bgcolor: colours.card,
      plot_bgcolor: colours.card,
      font: Object.assign({}, layout.font, { color: colours.text, size: 14 }),
      shapes: (layout.shapes || []).concat(marks.shapes),
      annotations: (layout.annotations || []).concat(marks.annotations),
      xaxis: Object.assign({}, layout.xaxis, axis, zoned),
      yaxis: Object.assign({}, layout.yaxis, axis),
    });
  }

  // As drawn, which is an older range than the card's while the picture is held.
  function axisRange(graph) {
    return graph._fullLayout.xaxis.range.map(window.tammaCharts.values.msOf);
  }

  function titleText(card, range, marks) {
    const time = window.tammaCharts.time;
    const zone = time.zone();
    const now = window.tammaNow();
    const shown = range ? time.rangeWords(...range, zone) : card.querySelector("[data-window]").textContent;
    const made = "exported " + time.stamp(now, zone) + " " + (zone === "UTC" ? zone : time.offsetText(now, zone));
    const stale = card.dataset.state === "stale" ? "stale, as of " + card.dataset.asOf : "";
    const notes = [[shown, stale], [made, marks ? "marks: " + marks : ""]];
    const lines = notes.map((line) => "<sub>" + line.filter(Boolean).map(escaped).join(" · ") + "</sub>");
    return [escaped(card.dataset.title), ...lines].join("<br>");
  }

  // plotly.js obeys a part of HTML in texts.
  function escaped(text) {
    return text.replace(/\s+/g, " ").replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  }

  function saveImage(card, form) {
    if (!["live", "stale"].includes(card.dataset.state)) return null; // there is no picture of this range
    const graph = card.querySelector(".js-plotly-plot");
    const figure = { data: graph.data, layout: titled(card, graph) };
    const options = Object.assign({ format: form, scale: form === "png" ? 2 : 1 }, SIZE);
    return window.Plotly.toImage(figure, options)
      .then((href) => save(href, fileName(card, form)))
      .catch(() => notes.fail(notes.open(card, ""), NOT_DRAWN));
  }

  function addressOf(card, form) {
    const range = window.tammaRange();
    const query = new URLSearchParams({ from: range.from, to: range.to });
    if (range.zone) query.set("tz", range.zone);
    if (range.compare) query.set("compare", range.compare);
    return "/api/dashboard/widgets/" + encodeURIComponent(card.dataset.widget) + "." + form + "?" + query;
  }

  // Fetched and not followed as a link, which would say nothing of a failure.
  function saveData(card, form) {
    const note = notes.open(card, "Preparing the file (" + form.toUpperCase() + ").");
    return fetch(addressOf(card, form), { credentials: "same-origin", signal: note.stop.signal })
      .then((reply) => (reply.ok ? keep(reply, fileName(card, form), note) : refused(reply, note)))
      .catch((error) => {
        if (error.name !== "AbortError") notes.fail(note, NOT_WHOLE);
      });
  }

  function keep(reply, otherwise, note) {
    return reply.blob().then((blob) => {
      const named = /filename="([^"]+)"/.exec(reply.headers.get("Content-Disposition") || "");
      const href = URL.createObjectURL(blob);
      save(href, named ? named[1] : otherwise);
      window.setTimeout(() => URL.revokeObjectURL(href), REVOKED_AFTER_MS);
      notes.close(note);
    });
  }

  function refused(reply, note) {
    return reply.json().then((body) => notes.fail(note, "No file: " + (body.message || NOT_WHOLE)));
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
    if (event.key !== "Escape") return;
    if (document.querySelector("details.menu[open]")) closeMenus(null);
    else if (!document.querySelector("dialog[open]")) notes.closeAll();
  }

  document.addEventListener("click", exportOnClick);
  document.addEventListener("keydown", closeOnEscape);
})();
