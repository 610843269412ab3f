// A list that somebody is reading keeps its rows: newer ones wait until the pointer, the focus or the selection leaves.
(function () {
  "use strict";
  const clientside = (window.dash_clientside = window.dash_clientside || {});
  const LONGEST_MS = 300000; // nobody reads one list for longer
  const read = new Map(); // by card, since when it is read; NaN once its reader wants the newest
  const waiting = new Map(); // by key, how many rows are new
  const on = { pointer: null, focus: null, selection: null }; // the cards with the reader's hands on their list

  function cardAt(node) {
    const at = node instanceof Element ? node : node && node.parentElement;
    const list = at && at.closest(".grid-scroll");
    return list ? list.closest("[data-widget]") : null;
  }

  function put(hand, card) {
    if (on[hand] === card) return;
    on[hand] = card;
    const now = new Set(Object.values(on).filter(Boolean));
    for (const one of now) if (!read.has(one)) read.set(one, Date.now());
    const left = [...read.keys()].filter((one) => !now.has(one));
    for (const one of left) read.delete(one);
    tell();
    letIn(left);
  }

  // The next tick says what is on screen; a browser that does not say so gets every list anew.
  function tell() {
    const lists = {};
    for (const [card, since] of read) {
      if (!card.isConnected || Number.isNaN(since)) continue;
      lists[card.dataset.widget] = [...card.querySelectorAll("[data-row]")].map((row) => row.dataset.row);
    }
    const range = window.tammaRange();
    clientside.set_props("reading", { data: { asked: [range.from, range.to, range.compare || ""].join(" "), lists: lists } });
  }

  function letIn(cards) {
    const keys = cards.map((card) => card.dataset.widget).filter((key) => waiting.delete(key));
    for (const card of cards) showPill(card);
    if (keys.length) window.tammaAskFor(keys);
  }

  // Until its reader leaves, this list refreshes again.
  function letGo(card) {
    read.set(card, NaN);
    tell();
    letIn([card]);
  }

  function told(held) {
    waiting.clear();
    for (const [key, rows] of Object.entries(held)) waiting.set(key, rows);
    for (const card of read.keys()) showPill(card);
  }

  function showPill(card) {
    const pill = card.querySelector("[data-held]");
    const rows = waiting.get(card.dataset.widget);
    pill.hidden = rows === undefined;
    const text = rows ? rows + " new" : "held " + Math.round((Date.now() - read.get(card)) / 1000) + " s";
    if (!pill.hidden && pill.textContent !== text) pill.textContent = text;
    pill.title = "This list waits while you read it. Press to see it as it is now.";
  }

  // Its page was left.
  function forget(card) {
    read.delete(card);
    for (const hand of Object.keys(on)) if (on[hand] === card) on[hand] = null;
    tell();
  }

  function beat() {
    for (const [card, since] of read) {
      if (!card.isConnected) forget(card);
      else if (Date.now() - since > LONGEST_MS) letGo(card);
      else showPill(card);
    }
  }

  function press(event) {
    const pill = event.target instanceof Element ? event.target.closest("[data-held]") : null;
    if (pill) letGo(pill.closest("[data-widget]"));
  }

  document.addEventListener("pointerover", (event) => event.pointerType !== "touch" && put("pointer", cardAt(event.target)));
  document.documentElement.addEventListener("pointerleave", () => put("pointer", null));
  document.addEventListener("focusin", (event) => put("focus", event.target.matches(":focus-visible") ? cardAt(event.target) : null));
  document.addEventListener("focusout", (event) => event.relatedTarget || put("focus", null));
  document.addEventListener("selectionchange", () => {
    const selection = document.getSelection();
    put("selection", selection.isCollapsed ? null : cardAt(selection.anchorNode));
  });
  document.addEventListener("click", press);
  window.setInterval(beat, 1000);
  window.tammaLists = { told: told };
})();
