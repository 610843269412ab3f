// Links to a card: within the page they move to it, after a page change the card is waited for.
(function () {
  "use strict";
  const PATIENCE_MS = 10000; // for the cards of a page that has just been opened
  let waiting = null;

  function goOnClick(event) {
    const link = event.target.closest('a[href*="#card-"]');
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.pathname !== window.location.pathname) return window.setTimeout(arrive, 0);
    event.preventDefault(); // a Dash link would go to the top of the page
    event.stopPropagation();
    if (window.location.hash === link.hash) show(target());
    else window.location.hash = link.hash; // the browser scrolls, marks the card and remembers the way back
    target()?.querySelector("summary, a, button:not([hidden]), [tabindex]")?.focus({ preventScroll: true });
  }

  function target() {
    return document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
  }

  function show(card) {
    card?.scrollIntoView({ block: "start" });
  }

  // The card that the address names may not be there yet.
  function arrive() {
    if (waiting) waiting.disconnect();
    waiting = null;
    if (!window.location.hash.startsWith("#card-")) return;
    if (target()) return show(target());
    waiting = new MutationObserver(() => target() && arrive());
    waiting.observe(document.body, { childList: true, subtree: true });
    const mine = waiting;
    window.setTimeout(() => mine.disconnect(), PATIENCE_MS);
  }

  document.addEventListener("click", goOnClick, true);
  if (document.body) arrive();
  else document.addEventListener("DOMContentLoaded", arrive);
})();
