// The table behind a card, for people who read or copy numbers: a dialog with the rows of the API.
(function () {
  "use strict";
  const { part } = window.tammaElements;
  const MOST_ROWS = 500;
  const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
  const NUMBER = new Intl.NumberFormat("en", { maximumSignificantDigits: 6, useGrouping: false });
  const COUNT = new Intl.NumberFormat("en");
  const DASH = "–";
  let open = null; // the dialog on screen

  function button(className, text) {
    const made = part("button", className, text);
    made.type = "button";
    return made;
  }

  function openOnClick(event) {
    const item = event.target.closest("[data-table]");
    if (item) show(item.closest("[data-widget]"), item);
  }

  function show(card, opener) {
    if (open) open.dialog.close();
    const view = built(card.dataset.title);
    view.opener = opener.closest("details")?.querySelector("summary") || opener;
    view.stop = new AbortController();
    open = view;
    view.dialog.addEventListener("close", () => closed(view));
    view.close.addEventListener("click", () => view.dialog.close());
    view.filter.addEventListener("input", () => draw(view));
    document.body.append(view.dialog);
    view.dialog.showModal();
    load(view, card.dataset.widget);
  }

  function built(title) {
    const dialog = part("dialog", "table-dialog");
    const heading = part("h2", "table-title", title);
    heading.id = "table-title";
    dialog.setAttribute("aria-labelledby", heading.id);
    const close = button("table-close", "Close");
    const filter = part("input", "table-filter");
    filter.type = "search";
    filter.placeholder = "Filter rows";
    filter.setAttribute("aria-label", "Filter rows");
    const range = part("p", "table-range");
    const told = part("p", "table-told", "Loading the rows.");
    told.setAttribute("role", "status");
    const scroll = part("div", "table-scroll");
    scroll.tabIndex = 0;
    scroll.setAttribute("role", "region");
    scroll.setAttribute("aria-label", "Rows");
    const head = part("header", "table-head");
    head.append(heading, close, range, filter, told);
    dialog.append(head, scroll);
    return { dialog, close, filter, range, told, scroll, rows: [], columns: [] };
  }

  // The menu that the dialog came from is closed by now: its button gets the focus back.
  function closed(view) {
    view.stop.abort();
    view.dialog.remove();
    if (open === view) open = null;
    view.opener.focus();
  }

  function addressOf(key) {
    const range = window.tammaRange();
    const query = new URLSearchParams({ from: range.from, to: range.to });
    if (range.zone) query.set("tz", range.zone);
    if (range.compare) query.set("compare", range.compare);
    return "/api/dashboard/widgets/" + encodeURIComponent(key) + "?" + query;
  }

  function load(view, key) {
    fetch(addressOf(key), { credentials: "same-origin", signal: view.stop.signal })
      .then((reply) => reply.json().then((body) => (reply.ok ? fill(view, body.data) : fail(view, body.message))))
      .catch((error) => {
        if (error.name !== "AbortError") fail(view, "The dashboard gave no answer that can be read. Try again in a moment.");
      });
  }

  function fail(view, message) {
    view.told.textContent = message || "The rows could not be read.";
    view.filter.hidden = true;
  }

  function fill(view, data) {
    const zone = window.tammaCharts.time.zone();
    view.range.textContent = window.tammaCharts.time.rangeWords(Date.parse(data.from), Date.parse(data.to), zone);
    if (!data.rows.length) return fail(view, data.message || "No rows in this range.");
    view.columns = columnsOf(data, zone);
    const rows = newestFirst(data.rows, view.columns);
    view.rows = rows.map((row) => view.columns.map((column) => column.text(row[column.name])));
    draw(view);
  }

  // The moments first; the API's objects have no order of their own, unless it names its columns.
  function columnsOf(data, zone) {
    const named = data.columns || Object.keys(data.rows[0]);
    const columns = named.map((name) => columnOf(typeof name === "string" ? name : name.name, data, zone));
    return columns.filter((one) => one.moments).concat(columns.filter((one) => !one.moments));
  }

  function columnOf(name, data, zone) {
    const values = data.rows.map((row) => row[name]).filter((value) => value !== null && value !== undefined);
    const numeric = name in data.units || (values.length > 0 && values.every((value) => typeof value === "number"));
    const moments = !numeric && values.length > 0 && values.every((value) => MOMENT.test(value));
    const unit = moments ? zone : data.units[name] || "";
    return { name, unit, numeric, moments, text: moments ? momentText(values, zone) : numeric ? numberText : plainText };
  }

  // Where the clocks change within the table, each moment says its offset.
  function momentText(values, zone) {
    const time = window.tammaCharts.time;
    const offsets = new Set(values.map((value) => time.offsetText(Date.parse(value), zone)));
    return (value) => {
      if (!value) return DASH;
      const ms = Date.parse(value);
      return time.stamp(ms, zone) + (offsets.size > 1 ? " " + time.offsetText(ms, zone) : "");
    };
  }

  function numberText(value) {
    return typeof value === "number" ? NUMBER.format(value) : plainText(value);
  }

  function plainText(value) {
    return value === null || value === undefined || value === "" ? DASH : String(value);
  }

  function newestFirst(rows, columns) {
    const moment = columns.find((one) => one.moments);
    if (!moment || columns[0].name !== "time") return rows;
    return rows.slice().sort((one, other) => Date.parse(other[moment.name]) - Date.parse(one[moment.name]));
  }

  function draw(view) {
    const wanted = view.filter.value.trim().toLowerCase();
    const found = wanted ? view.rows.filter((row) => row.some((text) => text.toLowerCase().includes(wanted))) : view.rows;
    view.told.textContent = countText(found.length, view.rows.length, Boolean(wanted));
    const table = part("table", "grid-table");
    table.append(headOf(view.columns), bodyOf(view.columns, found.slice(0, MOST_ROWS)));
    view.scroll.replaceChildren(table);
  }

  function countText(found, all, filtered) {
    const shown = COUNT.format(Math.min(found, MOST_ROWS));
    const cut = found > MOST_ROWS ? "; the CSV has all" : "";
    if (filtered && cut) return shown + " of " + COUNT.format(found) + " that match shown" + cut;
    if (filtered) return shown + " match of " + COUNT.format(all) + " rows";
    return cut ? shown + " of " + COUNT.format(all) + " shown" + cut : shown + (all === 1 ? " row" : " rows");
  }

  function headOf(columns) {
    const row = part("tr");
    for (const column of columns) {
      const cell = part("th", column.numeric ? "numeric" : "", column.name);
      cell.scope = "col";
      if (column.unit) cell.append(part("span", "table-unit", column.unit));
      row.append(cell);
    }
    const head = part("thead");
    head.append(row);
    return head;
  }

  function bodyOf(columns, rows) {
    const body = part("tbody");
    for (const texts of rows) {
      const row = part("tr");
      row.append(...texts.map((text, at) => part("td", columns[at].numeric ? "numeric" : "", text)));
      body.append(row);
    }
    return body;
  }

  document.addEventListener("click", openOnClick);
})();
