// The part of the architecture that is looked at: Back and Forward change it, too, and a phone scrolls to it.
(function () {
  "use strict";
  const NARROW = window.matchMedia("(max-width: 991.98px)");

  // Dash hears of addresses that its own links make; of Back within a page only who listens here.
  function follow(name) {
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    if (name && NARROW.matches) window.requestAnimationFrame(() => reveal(20));
  }

  function reveal(tries) {
    const card = document.querySelector('[data-widget^="architecture.about:"]');
    if (card) card.scrollIntoView({ block: "nearest" });
    else if (tries) window.setTimeout(() => reveal(tries - 1), 50);
  }

  window.tammaState.onChange("about", follow);
})();
