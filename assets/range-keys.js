// The keyboard's way to the page's time range: t, then a second key.
(function () {
  "use strict";
  const PATIENCE_MS = 1500; // for the second key
  const BINDINGS = [
    { keys: ["t", "-"], word: "Zoom the time range out", act: () => window.tammaTime.deeds.out() },
    { keys: ["t", "+"], word: "Zoom the time range in", act: () => window.tammaTime.deeds.in() },
    { keys: ["t", "ArrowLeft"], word: "Earlier by the range's length", act: () => window.tammaTime.deeds.back() },
    { keys: ["t", "ArrowRight"], word: "Later by the range's length", act: () => window.tammaTime.deeds.forward() },
    { keys: ["t", "l"], word: "Back to live", act: () => window.tammaTime.deeds.live() },
    { keys: ["t", "r"], word: "Choose the time range", act: () => window.tammaOpenPicker() },
  ];
  let first = "";
  let firstAt = 0;

  function busyElsewhere(event) {
    const typing = event.target.closest && event.target.closest("input, textarea, select, [contenteditable]");
    return typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]");
  }

  function hear(event) {
    if (event.key === "Shift") return; // on the way to +
    if (busyElsewhere(event) || !timeOnPage()) {
      first = "";
      return;
    }
    const waited = event.timeStamp - firstAt;
    const found = waited < PATIENCE_MS && BINDINGS.find((one) => one.keys[0] === first && one.keys[1] === event.key);
    first = found ? "" : event.key;
    firstAt = event.timeStamp;
    if (!found) return;
    event.preventDefault();
    found.act();
  }

  // A page without widgets has no range to change.
  function timeOnPage() {
    const controls = document.getElementById("time-controls");
    return controls && controls.offsetParent !== null;
  }

  window.tammaKeys = (window.tammaKeys || []).concat(BINDINGS.map((one) => ({ keys: one.keys, word: one.word })));
  document.addEventListener("keydown", hear);
})();
