// What a tick says of each card: its state, its age, its message; and whether ticks still come.
(function () {
  "use strict";
  const clientside = (window.dash_clientside = window.dash_clientside || {});
  const STALE_WORD = { stale: "stale", empty: "no data", missing: "no such series", failed: "failed",
    forbidden: "not permitted", loading: "loading" };
  let last = null; // the newest pulse, with the second it came
  let skewS = 0; // server clock minus ours
  let reported = false;
  let again = 0; // the timer of the question for what was not ready
  let rounds = 0; // how often it was asked again in a row
  let visit = "";
  const AGAIN_MS = 2000;
  const LONGEST_AGAIN_MS = 30000;
  const QUICK_ROUNDS = 10;
  const PATIENCE_S = 15; // for the answer to a question of the person's own
  const LONGEST_TICK_S = 8; // twice what the server allows itself
  const LIVE_WORDS = { listening: "Events and runs as they happen.", polling: "Events and runs are looked for every second." };
  const UNANSWERABLE = ["empty", "", 0, 0, "The page's time range cannot be answered."];

  // By the server's clock, whatever the browser's says.
  function nowMs() {
    return Date.now() + skewS * 1000;
  }

  function nowS() {
    return nowMs() / 1000;
  }

  function cardOf(key) {
    return document.querySelector('[data-widget="' + CSS.escape(key) + '"]');
  }

  function applyPulse(pulse) {
    if (!pulse) return clientside.no_update;
    forgetThePast();
    skewS = pulse.now - Date.now() / 1000;
    last = { pulse: pulse, at: Date.now() };
    const problem = document.getElementById("range-problem");
    problem.hidden = !pulse.problem;
    problem.textContent = pulse.problem;
    for (const [key, told] of Object.entries(pulse.cards)) applyCard(key, told, pulse);
    if (pulse.problem) for (const card of document.querySelectorAll("[data-widget]")) applyCard(card.dataset.widget, UNANSWERABLE, pulse);
    window.tammaLists.told(pulse.held || {});
    refreshAges();
    askAgain(pulse);
    reportLoadTime();
    return clientside.no_update;
  }

  // Dash keeps what each store and interval has held, to undo changes: megabytes a day that nobody undoes.
  function forgetThePast() {
    const store = window.store;
    if (store) store.getState().history.past.length = 0;
  }

  // What is still being worked out is asked for again soon, whatever the refresh interval; less and less while it lasts.
  function askAgain(pulse) {
    const goesOn = pulse.again && pulse.visit === visit && document.visibilityState !== "hidden";
    if (goesOn && again) return; // news in between put nothing off
    window.clearTimeout(again);
    again = 0;
    if (!pulse.again || pulse.visit !== visit) rounds = 0;
    visit = pulse.visit;
    if (!pulse.again || document.visibilityState === "hidden") return;
    const wait = Math.min(LONGEST_AGAIN_MS, AGAIN_MS * 1.5 ** Math.max(0, rounds - QUICK_ROUNDS));
    rounds += 1;
    again = window.setTimeout(askNow, wait);
  }

  function askNow() {
    again = 0;
    clientside.set_props("tick", { n_intervals: Date.now() });
  }

  function applyCard(key, told, pulse) {
    const card = cardOf(key);
    if (!card) return;
    const [state, , asOf, everyS, message, start, end] = told;
    card.dataset.told = state;
    card.dataset.state = state;
    card.dataset.every = everyS;
    card.dataset.asOf = asOf ? new Date(asOf * 1000).toISOString() : "";
    card.querySelector("[data-message]").textContent = message;
    // A stale picture shows the range it was made for, not the one that is asked for now.
    card.querySelector("[data-window]").textContent = windowText(start || pulse.from, end || pulse.to);
  }

  function windowText(start, end) {
    if (!end) return ""; // a range that cannot be answered has no ends
    return window.tammaWords.exactSpan(start * 1000, end * 1000, window.tammaRange().zone);
  }

  function ageText(s) {
    if (s < 90) return Math.round(s) + " s";
    return s < 5400 ? Math.round(s / 60) + " min" : Math.round(s / 3600) + " h";
  }

  function refreshAges() {
    const refreshS = window.tammaRange().refresh;
    for (const card of document.querySelectorAll("[data-widget]")) refreshAge(card, refreshS);
    refreshConnection(refreshS);
  }

  function refreshAge(card, refreshS) {
    const chip = card.querySelector("[data-age]");
    const told = card.dataset.told;
    if (!told) return;
    const ageS = card.dataset.asOf ? Math.max(0, nowS() - Date.parse(card.dataset.asOf) / 1000) : null;
    const fixed = last && !last.pulse.live;
    const beat = Math.max(refreshS || 30, Number(card.dataset.every) || 0);
    const old = ageS !== null && !fixed && told === "live" ? ageS / beat : 0;
    card.dataset.state = old >= 5 ? "stale" : told;
    chip.dataset.level = told === "live" ? (old >= 5 ? "red" : old >= 2 ? "amber" : "live") : told;
    if (told === "live") chip.textContent = fixed ? "fixed range" : ageS < 5 ? "live" : ageText(ageS);
    else chip.textContent = STALE_WORD[told] + (told === "stale" && ageS !== null ? " " + ageText(ageS) : "");
    chip.title = card.dataset.asOf ? "As of " + card.dataset.asOf : "";
  }

  function refreshConnection(refreshS) {
    const chip = document.querySelector("[data-connection]");
    const askedAt = window.tammaAskedAt();
    const heardAt = last ? last.at : 0;
    if (!chip || !(askedAt || heardAt)) return;
    const waiting = askedAt > heardAt;
    const resting = !refreshS || (last && !last.pulse.live);
    const silentS = (Date.now() - (waiting ? askedAt : heardAt)) / 1000;
    const limitS = waiting ? PATIENCE_S : resting ? Infinity : Math.max(2 * refreshS, 10) + 5;
    const live = window.tammaLive();
    const mode = silentS > limitS ? "offline" : !last ? "connecting" : resting ? "paused" : live ? "live" : "polling";
    const words = { connecting: "connecting", paused: "not refreshing", polling: "every " + ageText(refreshS), live: "live",
      offline: "offline " + ageText(silentS) };
    chip.title = mode === "live" ? (LIVE_WORDS[live] || "") + " Metrics every " + ageText(refreshS) + "." : "";
    if (silentS > LONGEST_TICK_S + (waiting || resting ? 0 : refreshS)) freeTick();
    const before = chip.dataset.connection;
    chip.dataset.connection = mode;
    chip.textContent = words[mode];
    if (before !== mode) document.querySelector("[data-announce]").textContent = mode;
    if (mode === "offline" && (before !== "offline" || Math.round(silentS) % 15 === 0)) leaveWhenSignedOut();
  }

  // Dash holds the tick while one is under way, and for ever when that one gets no answer at all.
  function freeTick() {
    clientside.set_props("tick", { disabled: false });
  }

  // Ticks that stop may mean that the session ended: then sign-in is the place to be.
  function leaveWhenSignedOut() {
    fetch("/api/dashboard/widgets/status.overall", { credentials: "same-origin" })
      .then((reply) => {
        const here = window.location.pathname + window.location.search;
        if (reply.status === 401) window.location.assign("/login?next=" + encodeURIComponent(here));
        return reply.text(); // an answer that nobody reads keeps its connection
      })
      .catch(() => {});
  }

  function csrfToken() {
    const found = document.cookie.match(/(?:^|; )_csrf_token=([^;]*)/);
    return found ? decodeURIComponent(found[1]) : "";
  }

  function reportLoadTime() {
    if (reported) return;
    reported = true;
    fetch("/api/dashboard/load-time", {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
      body: JSON.stringify({ seconds: performance.now() / 1000 }),
    })
      .then((reply) => reply.text()) // an answer that nobody reads keeps its connection
      .catch(() => {});
  }

  window.tammaSignedOut = leaveWhenSignedOut;
  window.tammaNow = nowMs;
  clientside.cards = { applyPulse: applyPulse };
  window.setInterval(refreshAges, 1000);
})();
