// The page's time range and refresh: the URL is the state, the store tells the tick.
(function () {
  "use strict";
  const DEFAULTS = { from: "now-1h", to: "now", refresh: 30 };
  const SHORTEST_MS = 60000; // the shortest range that is answered
  const NEVER_MS = 2147483647; // setInterval's longest wait, 24 days
  const clientside = (window.dash_clientside = window.dash_clientside || {});
  let shownPath = window.location.pathname;
  let current = null;
  let onPage = null; // the widgets of the page and the number of this visit
  let zooms = 0; // how many drags deep the range is
  let askedAt = 0; // when the page last changed what it asks, in milliseconds

  function fromAddress() {
    const given = new URLSearchParams(window.location.search);
    const refresh = Number.parseInt(given.get("refresh"), 10);
    return {
      from: given.get("from") || DEFAULTS.from,
      to: given.get("to") || DEFAULTS.to,
      refresh: [0, 5, 15, 30, 60].includes(refresh) ? refresh : DEFAULTS.refresh,
    };
  }

  function addressFor(range) {
    const query = new URLSearchParams(window.location.search);
    for (const name of ["from", "to", "refresh"]) {
      if (String(range[name]) === String(DEFAULTS[name])) query.delete(name);
      else query.set(name, range[name]);
    }
    const text = query.toString();
    return window.location.pathname + (text ? "?" + text : "") + window.location.hash;
  }

  function show(range) {
    current = range;
    for (const button of document.querySelectorAll("[data-range]")) {
      const chosen = range.to === "now" && button.dataset.range === range.from;
      button.setAttribute("aria-pressed", String(chosen));
    }
    clientside.set_props("refresh-choice", { value: String(range.refresh) });
    if (onPage) clientside.set_props("ask", { data: question() });
  }

  function change(part) {
    const range = Object.assign({}, current || fromAddress(), part);
    if (current && JSON.stringify(range) === JSON.stringify(current)) return;
    window.history.pushState(null, "", addressFor(range));
    show(range);
  }

  function chooseOnClick(event) {
    const button = event.target.closest("[data-range]");
    if (!button) return;
    zooms = 0;
    change({ from: button.dataset.range, to: "now" });
  }

  // Back within a page restores the range; Dash must not hear of it, or it would build the page anew.
  function restoreOnBack(event) {
    if (window.location.pathname !== shownPath) return;
    event.stopImmediatePropagation();
    zooms = Math.max(0, zooms - 1);
    show(fromAddress());
  }

  // A drag on any chart is a range for the page; a double-click goes back out of it.
  function zoom() {
    for (const trigger of clientside.callback_context.triggered) {
      const moved = trigger.value || {};
      if (moved["xaxis.range[0]"] !== undefined) zoomTo(moved["xaxis.range[0]"], moved["xaxis.range[1]"]);
      else if (moved["xaxis.autorange"] && zooms > 0) window.history.back();
    }
    return clientside.no_update;
  }

  function zoomTo(from, to) {
    const middle = (plotMs(from) + plotMs(to)) / 2;
    const half = Math.max((plotMs(to) - plotMs(from)) / 2, SHORTEST_MS / 2);
    const end = Math.min(middle + half, Date.now());
    zooms += 1;
    change({ from: isoText(end - 2 * half), to: isoText(end) });
  }

  // plotly.js says its moments in UTC, with a space and without a zone.
  function plotMs(text) {
    return Date.parse(String(text).replace(" ", "T").slice(0, 23) + "Z");
  }

  function isoText(ms) {
    return new Date(ms).toISOString().slice(0, 19) + "Z";
  }

  function showTitle(text) {
    const heading = document.querySelector("[data-page-title]");
    if (heading) heading.textContent = text;
  }

  function openPage(pathname) {
    shownPath = pathname || window.location.pathname;
    for (const link of document.querySelectorAll(".rail-link")) {
      const here = link.getAttribute("href") === shownPath;
      if (here) {
        link.setAttribute("aria-current", "page");
        showTitle(link.textContent);
      } else link.removeAttribute("aria-current");
    }
    if (current) window.history.replaceState(null, "", addressFor(current));
    show(current || fromAddress());
    return clientside.no_update;
  }

  // What a tick asks: the page's widgets over the page's range. Known as a whole or not at all.
  function question() {
    askedAt = Date.now();
    return { keys: onPage.keys, visit: onPage.visit, from: current.from, to: current.to, refresh: current.refresh };
  }

  function showPage(widgets) {
    onPage = widgets;
    current = current || fromAddress();
    return question();
  }

  function interval(asked) {
    const fixed = !asked || asked.to !== "now" || !asked.refresh;
    return fixed ? NEVER_MS : asked.refresh * 1000;
  }

  function chooseRefresh(value) {
    const refresh = Number.parseInt(value, 10);
    if (current && refresh !== current.refresh) change({ refresh: refresh });
    return clientside.no_update;
  }

  clientside.range = {
    openPage: openPage,
    showPage: showPage,
    interval: interval,
    chooseRefresh: chooseRefresh,
    zoom: zoom,
  };
  window.tammaRange = function () {
    return current || fromAddress();
  };
  window.tammaAskedAt = function () {
    return askedAt;
  };
  // Pages outside of the navigation have no link to take their name from: Dash names them in the tab, a little later.
  new MutationObserver(() => showTitle(document.title.split(" · ")[0])).observe(document.querySelector("title"), {
    childList: true,
  });
  document.addEventListener("click", chooseOnClick);
  window.addEventListener("popstate", restoreOnBack, { capture: true });
})();
