// Back and Forward between the filters of one page: it is built anew, which for its range alone it is not.
(function () {
  "use strict";
  const LONGEST = 500; // characters that the server reads of a parameter

  function shownOtherwise(shown) {
    const given = new URLSearchParams(window.location.search);
    return Object.entries(shown).some(([name, value]) => (given.get(name) || "").slice(0, LONGEST) !== value);
  }

  // Heard before assets/range-state.js keeps the event from Dash, which would build the page for any change.
  function rebuildOnBack() {
    const part = document.querySelector("[data-filters]");
    if (!part || window.location.pathname !== window.tammaAddress.path()) return;
    if (!shownOtherwise(JSON.parse(part.dataset.filters))) return;
    window.dash_clientside.set_props("_pages_location", { search: window.location.search });
  }

  window.addEventListener("popstate", rebuildOnBack, { capture: true });
})();
