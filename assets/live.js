// The live connection: news of the server nudge the tick for the cards they concern; without it, ticks go on as they do.
(function () {
  "use strict";
  const clientside = (window.dash_clientside = window.dash_clientside || {});
  const FIRST_MS = 1000;
  const LONGEST_MS = 30000; // between two attempts to connect, each at a time of its own
  const GAP_MS = 1000; // between two nudges, at least
  const ROUNDS = 3; // so many times as long as it takes to answer everybody once
  const HIDDEN_MS = 30000; // a tab that nobody sees is disconnected after this
  const SILENCE_MS = 70000; // between two messages of a server that is there
  const SHOWN_OUT = 4401;
  const newest = new Map(); // by topic, the number of the last message
  let socket = null;
  let instance = ""; // the process at the other end
  let heard = ""; // how it hears of changes; "away": not at all
  let asked = null; // the topics that this connection was last asked for, as a text
  let toldAt = 0;
  let failures = 0;
  let retry = 0;
  let hiding = 0;
  let busy = true; // a tick is under way, or none has come yet
  let nudging = 0;
  let nudgedAt = 0;
  let withinMs = 0; // over how long those who were told at once spread what they ask
  let waiting = new Map(); // topics whose cards are to be asked for, with when their newest change was made, or 0
  let wanted = new Set(); // cards that are to be asked for, whatever there is news of

  function open() {
    window.clearTimeout(retry);
    if (socket || document.visibilityState === "hidden") return;
    const scheme = window.location.protocol === "https:" ? "wss://" : "ws://";
    toldAt = performance.now();
    asked = null;
    const made = (socket = new WebSocket(scheme + window.location.host + "/api/dashboard/ws"));
    made.addEventListener("message", (event) => made === socket && hear(event.data));
    made.addEventListener("close", (event) => made === socket && lose(event.code));
  }

  function lose(code) {
    socket = null;
    heard = "";
    if (code === SHOWN_OUT) window.tammaSignedOut();
    failures += 1;
    const wait = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
    retry = window.setTimeout(open, wait * (0.5 + Math.random())); // thousands must not come back at one moment
  }

  // A line that is cut without a word looks open for ever; the server says something every half minute.
  function doubt() {
    if (!socket || socket.readyState !== WebSocket.OPEN || performance.now() - toldAt < SILENCE_MS) return;
    leave();
    open();
  }

  function leave() {
    const left = socket;
    socket = null;
    heard = "";
    if (left) left.close();
  }

  function hear(text) {
    toldAt = performance.now();
    let message = null;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    if (message.type === "hello") greet(message.data);
    else if (message.type === "data-update") note(message.source, message.data);
    else if (message.type === "subscribed") count(message.topics);
    else if (message.type === "heard") heard = message.data.heard;
  }

  // What no card of the page shows would be sent for nothing.
  function subscribe() {
    const page = window.tammaPage();
    if (!page || !heard) return;
    const topics = [...new Set(page.keys.flatMap((key) => page.topics[key] || []))].sort();
    if (topics.join() === asked) return;
    asked = topics.join();
    socket.send(JSON.stringify({ type: "subscribe", topics: topics }));
  }

  function count(numbers) {
    newest.clear();
    for (const [topic, number] of Object.entries(numbers)) newest.set(topic, number);
  }

  // Another process counts anew; what was said while nobody listened is asked for, unless the page is about to ask.
  function greet(told) {
    const early = !window.tammaAskedAt();
    failures = 0;
    heard = told.heard;
    for (const [topic, number] of Object.entries(told.topics)) {
      if (!early && (told.instance !== instance || number !== newest.get(topic))) expect(topic, 0);
    }
    count(told.topics);
    instance = told.instance;
    subscribe();
    nudge();
  }

  function note(topic, told) {
    const missed = told.instance !== instance || told.seq !== newest.get(topic) + 1;
    if (missed) for (const one of newest.keys()) expect(one, 0);
    newest.set(topic, told.seq);
    expect(topic, told.at);
    withinMs = 1000 * told.within;
    nudge();
  }

  function expect(topic, at) {
    waiting.set(topic, Math.max(at, waiting.get(topic) || 0));
  }

  // One question for all that has come; never beside a tick, whose answer Dash would throw away.
  function nudge() {
    if (busy || nudging || !(waiting.size || wanted.size)) return;
    const gap = Math.max(GAP_MS, ROUNDS * withinMs); // the more people there are, the less often each of them asks
    const rest = Math.min(gap, nudgedAt + gap - Date.now()); // a clock that is put back holds nothing up
    const wait = wanted.size ? 0 : Math.max(withinMs * Math.random(), rest); // thousands must not ask at one moment
    if (wait > 0) nudging = window.setTimeout(nudgeNow, wait);
    else nudgeNow();
  }

  function nudgeNow() {
    nudging = 0;
    if (busy) return;
    const page = window.tammaPage();
    const concerned = (key) => wanted.has(key) || (page.topics[key] || []).some((topic) => waiting.has(topic));
    const keys = page && (page.live || wanted.size) ? page.keys.filter(concerned) : [];
    const told = Object.fromEntries(waiting); // the process that answers may not have heard of it yet
    waiting = new Map();
    wanted = new Set();
    if (!keys.length) return;
    nudgedAt = Date.now();
    // Dash begins a whole interval anew after each question: under steady news its own tick would never come.
    const whole = page.live && performance.now() - window.tammaWholeTickAt() >= page.everyMs;
    clientside.set_props("nudge", { data: { keys: whole ? page.keys : keys, whole: whole, told: told, at: nudgedAt } });
  }

  // The tick says when it is under way; the first of a page goes out beside its topics, and asks for all until then.
  function turn(disabled) {
    busy = Boolean(disabled) || !window.tammaPage();
    subscribe();
    if (!busy) window.setTimeout(nudge, 0);
    return clientside.no_update;
  }

  // A tab that nobody sees asks for nothing, and catches up when it is shown.
  function show() {
    window.clearTimeout(hiding);
    if (document.visibilityState === "hidden") {
      hiding = window.setTimeout(leave, HIDDEN_MS);
      return;
    }
    failures = 0;
    open();
  }

  // Cards that a reader is done with.
  function askFor(keys) {
    window.clearTimeout(nudging);
    nudging = 0;
    for (const key of keys) wanted.add(key);
    nudge();
  }

  clientside.live = { turn: turn };
  window.tammaAskFor = askFor;
  window.tammaLive = () => (heard === "away" ? "" : heard); // a connection over which nothing can come is none
  document.addEventListener("visibilitychange", show);
  window.addEventListener("online", open);
  window.addEventListener("pagehide", leave);
  window.setInterval(doubt, 10000);
  open();
})();
