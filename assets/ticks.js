// Of ticks under way at once only the newest counts: Dash would draw the pictures of an older one over newer ones.
(function () {
  "use strict";
  const PREVENT_UPDATE = 204; // Dash's word for an answer that changes nothing
  const send = window.fetch;
  let newest = 0;

  function isTick(options) {
    return typeof options?.body === "string" && options.body.startsWith('{"output":"pulse.data"');
  }

  function fetchNewest(address, options) {
    if (!isTick(options)) return send.call(window, address, options);
    const mine = ++newest;
    return send.call(window, address, options).then((reply) => {
      if (mine === newest) return reply;
      return reply.text().then(() => new Response(null, { status: PREVENT_UPDATE }));
    });
  }

  window.fetch = fetchNewest;
})();
