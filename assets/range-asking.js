// Asks the server whether it can read a range, before the page is moved to it.
(function () {
  "use strict";
  const PATIENCE_MS = 10000;
  const NO_ANSWER = "The dashboard gave no answer. The page stays as it is; try again in a moment.";

  function queryFor(range) {
    const query = new URLSearchParams({ from: range.from, to: range.to });
    query.set("tz", range.tz || window.tammaWords.browserZone());
    if (range.compare) query.set("compare", range.compare);
    return query;
  }

  // What is wrong with the range in words, empty when nothing is. Whoever aborts gets no word of use.
  function ask(range, stop) {
    const late = window.setTimeout(() => stop.abort(), PATIENCE_MS);
    return fetch("/api/dashboard/range?" + queryFor(range), { credentials: "same-origin", signal: stop.signal })
      .then((reply) => reply.json().then((body) => (reply.ok ? "" : body.message || NO_ANSWER)))
      .catch(() => NO_ANSWER)
      .finally(() => window.clearTimeout(late));
  }

  window.tammaAskRange = ask;
})();
