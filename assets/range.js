// The page's time range and refresh: the URL is the state, the store tells the tick.
(function () {
  "use strict";
  const DEFAULTS = { from: "now-1h", to: "now", refresh: 30, tz: "", compare: "" };
  const LIVE = /^(now(\/[smhdwMy])?|today)$/; // the ends that are now
  const SHORTEST_MS = 60000; // the shortest range that is answered
  const MARGIN_MS = 600000; // from what is about to be forgotten, so that a fixed range can still be opened a little later
  const NEVER_MS = 2147483647; // setInterval's longest wait, 24 days
  const clientside = (window.dash_clientside = window.dash_clientside || {});
  const words = window.tammaWords;
  const address = window.tammaAddress;
  let current = null;
  let understood = null; // the current range in epoch seconds, as the server read it
  let lastLive = { from: DEFAULTS.from, to: DEFAULTS.to };
  let answered = lastLive; // the last live range that the server did not refuse
  let onPage = null; // the widgets of the page and the number of this visit
  let zooms = 0; // how many drags deep the range is
  let asked = ""; // the last question
  let askedAt = 0; // when the page last changed what it asks, in milliseconds

  function fromAddress() {
    const given = new URLSearchParams(window.location.search);
    const refresh = Number.parseInt(given.get("refresh"), 10);
    return {
      from: given.get("from") || DEFAULTS.from,
      to: given.get("to") || DEFAULTS.to,
      refresh: [0, 5, 15, 30, 60].includes(refresh) ? refresh : DEFAULTS.refresh,
      tz: given.get("tz") || DEFAULTS.tz,
      compare: given.get("compare") || DEFAULTS.compare,
    };
  }

  function queryFor(range) {
    const query = new URLSearchParams(window.location.search);
    for (const name of Object.keys(DEFAULTS)) {
      if (String(range[name]) === String(DEFAULTS[name])) query.delete(name);
      else query.set(name, range[name]);
    }
    return query;
  }

  // What others see: the time zone by its name, never empty.
  function told() {
    const { from, to, refresh, tz, compare } = current || fromAddress();
    return { from: from, to: to, refresh: refresh, zone: tz || words.browserZone(), compare: compare };
  }

  function show(range) {
    const same = current && ["from", "to", "tz"].every((name) => current[name] === range[name]);
    if (!same) understood = null;
    current = range;
    if (LIVE.test(range.to)) lastLive = { from: range.from, to: range.to };
    clientside.set_props("refresh-choice", { value: String(range.refresh) });
    if (onPage && JSON.stringify(wish()) !== asked) clientside.set_props("ask", { data: question() });
    paint();
  }

  function paint() {
    const range = told();
    const live = LIVE.test(range.to);
    const text = document.querySelector("[data-range-words]");
    if (!text) return;
    text.textContent = words.rangeWords(range, understood);
    text.parentElement.title = range.from + " to " + range.to + ", " + range.zone;
    document.querySelector('[data-time="live"]').hidden = live;
    document.querySelector('[data-time="forward"]').disabled = live;
    for (const button of document.querySelectorAll("[data-range]")) {
      button.setAttribute("aria-pressed", String(range.to === "now" && button.dataset.range === range.from));
      offer(button, button.dataset.range);
    }
  }

  // A range longer than what is kept has no answer; the button says so.
  function offer(button, from) {
    const tooLong = words.relativeMs(from) > keptMs();
    button.disabled = tooLong;
    button.title = tooLong ? "Metrics are kept for " + words.durationWords(words.durationText(keptMs())) : "";
  }

  function keptMs() {
    return Number(document.getElementById("time-controls").dataset.kept) * 1000;
  }

  function change(part) {
    const range = Object.assign({}, current || fromAddress(), part);
    if (current && JSON.stringify(range) === JSON.stringify(current)) return;
    address.write(queryFor(range), true);
    show(range);
  }

  // A range of the person's own choice, which no double-click takes back.
  function choose(part) {
    zooms = 0;
    change(part);
  }

  // Both ends in milliseconds, or null for a range that only the server can read and has not read yet.
  function ends() {
    const range = current || fromAddress();
    const now = window.tammaNow();
    if (words.isIso(range.from) && words.isIso(range.to)) return [Date.parse(range.from), Date.parse(range.to)];
    if (range.to === "now" && words.relativeMs(range.from)) return [now - words.relativeMs(range.from), now];
    if (!understood) return null;
    return [understood.from * 1000, LIVE.test(range.to) ? now : understood.to * 1000];
  }

  // A factor of 2 zooms out, of 1/2 in. What is live stays live, what is fixed keeps its middle.
  function scale(factor) {
    const now = window.tammaNow();
    const [start, end] = ends() || [0, 0];
    if (!end) return;
    const length = Math.min(Math.max((end - start) * factor, SHORTEST_MS), keptMs() - MARGIN_MS);
    const grain = length > 7200000 ? 60000 : 1000;
    if (LIVE.test(current.to)) choose({ from: "now-" + words.durationText(Math.round(length / grain) * grain), to: "now" });
    else choose(fixed((start + end) / 2 - length / 2, length, now));
  }

  function shift(direction) {
    const [start, end] = ends() || [0, 0];
    if (!end || (direction > 0 && LIVE.test(current.to))) return;
    choose(fixed(start + direction * (end - start), end - start, window.tammaNow()));
  }

  // A range of that length as near to the wanted beginning as there is an answer.
  function fixed(wanted, length, now) {
    const grain = length < 900000 ? 1000 : 60000;
    const start = Math.floor(Math.max(Math.min(wanted, now - length), now - keptMs() + MARGIN_MS) / grain) * grain;
    return { from: words.isoText(start), to: words.isoText(Math.min(start + Math.round(length / grain) * grain, now)) };
  }

  function backToLive() {
    choose(lastLive);
  }

  const DEEDS = { back: () => shift(-1), forward: () => shift(1), out: () => scale(2), in: () => scale(0.5), live: backToLive };

  function actOnClick(event) {
    const button = event.target.closest("[data-range], [data-time]");
    if (!button) return;
    if (button.dataset.range) choose({ from: button.dataset.range, to: "now" });
    else DEEDS[button.dataset.time]();
    if (button.hidden || button.disabled) document.getElementById("range-button").focus();
  }

  function restore() {
    zooms = Math.max(0, zooms - 1);
    show(fromAddress());
  }

  // A drag on any chart is a range for the page.
  function zoom() {
    for (const trigger of clientside.callback_context.triggered) {
      const moved = trigger.value || {};
      if (moved["xaxis.range[0]"] !== undefined) zoomTo(plotMs(moved["xaxis.range[0]"]), plotMs(moved["xaxis.range[1]"]));
    }
    return clientside.no_update;
  }

  // A double-click on any chart goes back out of the last drag.
  function unzoom() {
    if (zooms > 0) window.history.back();
  }

  function zoomTo(from, to) {
    const middle = (from + to) / 2;
    const half = Math.max((to - from) / 2, SHORTEST_MS / 2);
    const end = Math.min(middle + half, window.tammaNow());
    zooms += 1;
    change({ from: words.isoText(end - 2 * half), to: words.isoText(end) });
  }

  // plotly.js says its moments in UTC, with a space and without a zone.
  function plotMs(text) {
    return Date.parse(String(text).replace(" ", "T").slice(0, 23) + "Z");
  }

  // The page's address; with fixed times it shows the same to whoever opens it later.
  function link(locked) {
    const range = Object.assign({}, current || fromAddress());
    const span = ends();
    if (locked && span) [range.from, range.to] = span.map(words.isoText);
    const text = queryFor(range).toString();
    return window.location.origin + window.location.pathname + (text ? "?" + text : "") + window.location.hash;
  }

  function showTitle(text) {
    const heading = document.querySelector("[data-page-title]");
    if (heading) heading.textContent = text;
  }

  // A link may name a range of its own, and Back has the one of then; on any other way the range goes along.
  function openPage(pathname) {
    const restored = address.entered(pathname || window.location.pathname);
    zooms = 0; // Back would leave the page
    const own = window.tammaRail.mark(address.path());
    if (own) showTitle(own.textContent);
    const given = new URLSearchParams(window.location.search);
    const named = Object.keys(DEFAULTS).filter((name) => given.has(name));
    const range = fromAddress();
    if (current && !restored) for (const name of Object.keys(DEFAULTS)) if (!named.includes(name)) range[name] = current[name];
    if (current) address.write(queryFor(range), false);
    show(range);
    return clientside.no_update;
  }

  // What a tick asks: the page's widgets over the page's range. Known as a whole or not at all.
  function wish() {
    return Object.assign({ keys: onPage.keys, visit: onPage.visit }, told());
  }

  function question() {
    askedAt = Date.now();
    asked = JSON.stringify(wish());
    return wish();
  }

  function showPage(widgets) {
    onPage = widgets;
    current = current || fromAddress();
    return question();
  }

  function interval(asks) {
    const resting = !asks || !LIVE.test(asks.to) || !asks.refresh || document.visibilityState === "hidden";
    return resting ? NEVER_MS : asks.refresh * 1000;
  }

  // A tab that nobody sees asks for nothing; once it is shown it asks at once.
  function rest() {
    if (!onPage) return;
    clientside.set_props("tick", { interval: interval(wish()) });
    if (document.visibilityState !== "hidden" && LIVE.test(told().to)) clientside.set_props("tick", { n_intervals: Date.now() });
  }

  function chooseRefresh(value) {
    const refresh = Number.parseInt(value, 10);
    if (current && refresh !== current.refresh) change({ refresh: refresh });
    return clientside.no_update;
  }

  // A tick says how the server read the range, or why it could not.
  function hear(pulse) {
    if (!pulse) return clientside.no_update;
    clientside.cards.applyPulse(pulse);
    understood = pulse.problem ? null : { from: pulse.from, to: pulse.to };
    if (pulse.problem) lastLive = answered;
    else answered = lastLive;
    paint();
    return clientside.no_update;
  }

  clientside.range = { openPage: openPage, showPage: showPage, interval: interval, chooseRefresh: chooseRefresh, zoom: zoom, hear: hear };
  window.tammaRange = told;
  window.tammaTime = { choose: choose, zoomTo: zoomTo, unzoom: unzoom, ends: ends, link: link, offer: offer, deeds: DEEDS };
  // The widgets of the page, the topics that concern them, and whether it is to move on.
  window.tammaPage = () => onPage && { keys: onPage.keys, topics: onPage.topics, live: LIVE.test(told().to) && told().refresh > 0, everyMs: 1000 * told().refresh };
  document.addEventListener("visibilitychange", rest);
  window.tammaAskedAt = function () {
    return askedAt;
  };
  // Pages outside of the navigation have no link to take their name from: Dash names them in the tab, a little later.
  new MutationObserver(() => showTitle(document.title.split(" · ")[0])).observe(document.querySelector("title"), {
    childList: true,
  });
  document.addEventListener("click", actOnClick);
  address.onRestore(restore);
})();
