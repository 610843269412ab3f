// Light, dark or as the system: kept in this browser, applied before the first paint.
(function () {
  "use strict";
  const ORDER = ["system", "light", "dark"];
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    const kept = window.localStorage.getItem("theme");
    return ORDER.includes(kept) ? kept : "system";
  }

  function apply() {
    const theme = chosen();
    const dark = theme === "dark" || (theme === "system" && prefersDark.matches);
    document.documentElement.setAttribute("data-bs-theme", dark ? "dark" : "light");
    document.documentElement.setAttribute("data-theme-choice", theme);
  }

  function toggleOnClick(event) {
    const button = event.target.closest("[data-theme-toggle]");
    if (!button) return;
    const next = ORDER[(ORDER.indexOf(chosen()) + 1) % ORDER.length];
    window.localStorage.setItem("theme", next);
    apply();
    button.setAttribute("aria-label", "Theme: " + next);
  }

  apply();
  prefersDark.addEventListener("change", apply);
  document.addEventListener("click", toggleOnClick);
})();
