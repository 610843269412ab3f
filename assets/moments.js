// Moments in tables: how long ago, with the exact time in the page's zone on hover.
(function () {
  "use strict";
  const EVERY_MS = 1000;

  function ageText(s) {
    if (s < 0) return "in " + ageText(-s).replace(" ago", "");
    if (s < 60) return Math.round(s) + " s ago";
    if (s < 3600) return Math.round(s / 60) + " min ago";
    return s < 172800 ? Math.round(s / 3600) + " h ago" : Math.round(s / 86400) + " d ago";
  }

  function exactText(ms, zone) {
    const options = { dateStyle: "medium", timeStyle: "long" };
    try {
      return new Intl.DateTimeFormat(undefined, Object.assign({ timeZone: zone || undefined }, options)).format(ms);
    } catch {
      return new Date(ms).toISOString();
    }
  }

  function show(element, zone) {
    const ms = Date.parse(element.dateTime);
    const text = ageText((window.tammaNow() - ms) / 1000);
    if (element.textContent === text && element.dataset.zone === String(zone)) return;
    element.textContent = text;
    element.title = exactText(ms, zone);
    element.dataset.zone = String(zone);
  }

  function showAll() {
    const zone = window.tammaRange ? window.tammaRange().zone : undefined;
    for (const element of document.querySelectorAll("time[data-moment]")) show(element, zone);
  }

  window.setInterval(showAll, EVERY_MS);
})();
