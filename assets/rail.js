// The navigation: which page one is on, its width on a desk, and the sheet of a phone.
(function () {
  "use strict";
  const KEPT = "rail"; // in this browser
  const NARROW = "narrow";

  // Marks the link of a page, or of the page above it; answers with the page's own link.
  function mark(path) {
    let own = null;
    for (const link of document.querySelectorAll("a.rail-link")) {
      const address = link.getAttribute("href");
      const here = address === path;
      const within = address !== "/" && path.startsWith(address + "/");
      if (here) own = link;
      if (here || within) link.setAttribute("aria-current", here ? "page" : "true");
      else link.removeAttribute("aria-current");
    }
    open(false);
    return own;
  }

  function isNarrow() {
    return window.localStorage.getItem(KEPT) === NARROW;
  }

  function apply() {
    document.documentElement.dataset.rail = isNarrow() ? NARROW : "wide";
    const button = document.querySelector("[data-rail-collapse]");
    if (button) button.setAttribute("aria-pressed", String(isNarrow()));
  }

  function collapse() {
    if (isNarrow()) window.localStorage.removeItem(KEPT);
    else window.localStorage.setItem(KEPT, NARROW);
    apply();
    window.dispatchEvent(new Event("resize")); // charts take the room that is left
  }

  function more() {
    return document.querySelector("[data-rail-more]");
  }

  function isOpen() {
    return Boolean(more()) && more().getAttribute("aria-expanded") === "true";
  }

  function open(wanted) {
    if (!more() || isOpen() === wanted) return;
    more().setAttribute("aria-expanded", String(wanted));
    document.documentElement.toggleAttribute("data-rail-open", wanted);
    if (wanted) document.querySelector(".rail-rest a").focus();
  }

  function actOnClick(event) {
    if (event.target.closest("[data-rail-collapse]")) return collapse();
    if (event.target.closest("[data-rail-more]")) return open(!isOpen());
    if (isOpen() && !event.target.closest(".rail-rest")) open(false);
  }

  function closeOnEscape(event) {
    if (event.key !== "Escape" || !isOpen()) return;
    open(false);
    more().focus();
  }

  function closeOnLeave(event) {
    const next = event.relatedTarget;
    if (isOpen() && next && !next.closest(".rail-rest, [data-rail-more]")) open(false);
  }

  apply();
  new MutationObserver((_, watch) => {
    if (!document.querySelector("[data-rail-collapse]")) return;
    watch.disconnect(); // Dash has built the page: now the button can say how it stands
    apply();
  }).observe(document.documentElement, { childList: true, subtree: true });
  document.addEventListener("click", actOnClick);
  document.addEventListener("keydown", closeOnEscape);
  document.addEventListener("focusout", closeOnLeave);
  window.tammaRail = { mark: mark };
})();
