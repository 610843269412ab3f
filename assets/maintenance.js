// Buttons of the maintenance card: what was pressed goes to its callback, and focus goes where the next step is.
(function () {
  "use strict";
  const PATIENCE_MS = 5000;
  let pressed = 0;

  function press(event) {
    const button = event.target.closest && event.target.closest("[data-maintenance]");
    if (!button) return;
    pressed += 1;
    const data = { act: button.dataset.maintenance, entry: button.dataset.entry || "", press: pressed };
    window.dash_clientside.set_props("maintenance-act", { data: data });
    if (data.act === "new" || data.act === "edit") focusSoon(Date.now() + PATIENCE_MS);
  }

  // The form opens when the server has filled it in.
  function focusSoon(until) {
    const form = document.getElementById("maintenance-form");
    const first = document.getElementById("maintenance-start");
    if (form && first && !form.hidden) {
      first.focus();
      form.scrollIntoView({ block: "nearest" });
    } else if (Date.now() < until) window.requestAnimationFrame(() => focusSoon(until));
  }

  document.addEventListener("click", press);
})();
