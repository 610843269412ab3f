// The explorer's form: the address holds what is asked, the form is how it comes to be.
(function () {
  "use strict";
  const explore = (window.tammaExplore = window.tammaExplore || {});
  const clientside = (window.dash_clientside = window.dash_clientside || {});
  const NAME = "q"; // of the exploration in the address
  let form = null; // the one on screen
  let hearing = false;

  function open(page) {
    const room = document.getElementById("explorer-form");
    if (!page || !room || room.firstChild) return clientside.no_update;
    if (!hearing) window.tammaState.onChange(NAME, changed);
    hearing = true;
    form = formOf(page);
    room.append(form.element, form.saved.section);
    explore.reading.fill(form, here());
    form.saved.load("");
    return here() === page.text ? clientside.no_update : here();
  }

  function here() {
    return window.tammaState.get(NAME);
  }

  function show(text) {
    clientside.set_props("explorer-asked", { data: text });
  }

  // By the form, by Back and Forward, by a link on this page.
  function changed(text) {
    if (!form || !form.element.isConnected) return;
    if (text !== form.applied) explore.reading.fill(form, text);
    show(text);
  }

  function formOf(page) {
    const { make, button } = explore.parts;
    const one = explore.fields(page);
    one.saved = explore.saved(page, () => explore.asking.check(one).then((found) => found && found.text));
    const typed = explore.layOut(one, [button("Copy link", "range-choice", () => copyLink(one)), one.saved.opener]);
    one.element = make("div", { class: "card" }, typed, one.saved.form);
    typed.addEventListener("submit", (event) => {
      event.preventDefault();
      apply(one);
    });
    one.promql.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      apply(one);
    });
    one.metric.addEventListener("change", () => { one.learning = explore.asking.learn(one); });
    one.agg.addEventListener("change", () => explore.reading.offerGroups(one));
    return one;
  }

  async function apply(one) {
    const found = await explore.asking.check(one);
    if (!found) return;
    if (found.text === here()) one.told.textContent = "Shown below already.";
    one.applied = found.text;
    window.tammaState.set(NAME, found.text, { push: true });
    one.applied = null;
  }

  function copyLink(one) {
    const address = window.tammaTime.link(false);
    const copied = navigator.clipboard ? navigator.clipboard.writeText(address) : Promise.reject(new Error("no clipboard"));
    copied.then(() => { one.told.textContent = "Copied."; }, () => showLink(one, address));
  }

  function showLink(one, address) {
    one.link.hidden = false;
    one.link.value = address;
    one.link.select();
    one.told.textContent = "Copy it from here.";
  }

  // Links to explorations stay on the page, unless they are to be opened elsewhere.
  function followOnClick(event) {
    const link = event.target.closest("a[data-explore]");
    if (!link || !form || !form.element.isConnected || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    window.tammaState.set(NAME, link.dataset.explore, { push: true });
  }

  document.addEventListener("click", followOnClick);
  clientside.explore = { open: open };
})();
