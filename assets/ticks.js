// Of ticks under way at once only the newest counts: Dash would draw the pictures of an older one over newer ones.
// One that fails is asked again: Dash would leave the page as it is, and what news have asked for would be forgotten.
(function () {
  "use strict";
  const PREVENT_UPDATE = 204; // Dash's word for an answer that changes nothing
  const FIRST_MS = 1000;
  const LONGEST_MS = 30000; // between two attempts, each at a time of its own
  const send = window.fetch;
  let newest = 0;
  let failures = 0;
  let retry = 0;
  let wholeAt = 0; // when the whole page was last asked for, not just the cards that news concern

  function isTick(options) {
    return typeof options?.body === "string" && options.body.startsWith('{"output":"pulse.data"');
  }

  function isWhole(body) {
    return !body.includes('"changedPropIds":["nudge.data"]') || body.includes('"whole":true');
  }

  function fetchNewest(address, options) {
    if (!isTick(options)) return send.call(window, address, options);
    const mine = ++newest;
    if (isWhole(options.body)) wholeAt = performance.now();
    window.clearTimeout(retry);
    return send.call(window, address, options).then(
      (reply) => {
        if (mine !== newest) return reply.text().then(() => new Response(null, { status: PREVENT_UPDATE }));
        note(reply.status < 500);
        return reply;
      },
      (error) => {
        if (mine === newest) note(false);
        throw error;
      },
    );
  }

  function note(answered) {
    failures = answered ? 0 : failures + 1;
    if (answered || document.visibilityState === "hidden") return;
    const wait = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
    retry = window.setTimeout(askAgain, wait * (0.5 + Math.random())); // thousands must not come back at one moment
  }

  // Dash disables the tick while one is under way, and leaves it so when no answer comes.
  function askAgain() {
    window.dash_clientside.set_props("tick", { disabled: false, n_intervals: Date.now() });
  }

  window.fetch = fetchNewest;
  window.tammaWholeTickAt = () => wholeAt;
})();
