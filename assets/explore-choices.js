// A field with suggestions from the server below it: the combobox of the ARIA practices, with a list.
(function () {
  "use strict";
  const explore = (window.tammaExplore = window.tammaExplore || {});
  const make = (...given) => explore.parts.make(...given);
  const DELAY_MS = 120; // between two keys there is no question

  // Puts the input into a box with its list. `suggest(text, signal)` promises {options, told}: options are
  // {value, note, help}, told a word on them. `pick(option)` hears of a choice.
  function choices(input, suggest, pick) {
    const list = make("ul", { id: input.id + "-list", role: "listbox", class: "choices-list", "aria-label": "Suggestions" });
    const told = make("p", { class: "choices-told", role: "status" });
    const panel = make("div", { class: "choices-panel", hidden: true }, list, told);
    const box = make("div", { class: "choices" }, input, panel);
    const one = { input, list, told, panel, suggest, pick, options: [], at: -1, timer: 0, stop: null };
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id]]) {
      input.setAttribute(name, value);
    }
    input.addEventListener("input", () => later(one));
    input.addEventListener("click", () => panel.hidden && look(one));
    input.addEventListener("keydown", (event) => steer(one, event));
    input.addEventListener("blur", () => close(one));
    panel.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays in the field
    list.addEventListener("click", (event) => {
      const item = event.target.closest("[role=option]");
      if (item) choose(one, Number(item.dataset.at));
    });
    return box;
  }

  function later(one) {
    window.clearTimeout(one.timer);
    one.timer = window.setTimeout(() => look(one), DELAY_MS);
  }

  function look(one) {
    if (one.stop) one.stop.abort();
    const stop = (one.stop = new AbortController());
    one.suggest(one.input.value, stop.signal).then(
      (found) => stop === one.stop && document.activeElement === one.input && show(one, found),
      (error) => error.name !== "AbortError" && stop === one.stop && show(one, { options: [], told: error.message }),
    );
  }

  // What is marked stays so while answers to earlier keys come in; what is typed to its end needs no list over the page.
  function show(one, found) {
    const marked = one.at < 0 ? null : one.options[one.at].value;
    const typed = found.options.length === 1 && found.options[0].value === one.input.value;
    one.options = typed ? [] : found.options;
    one.list.replaceChildren(...one.options.map((option, at) => optionOf(one, option, at)));
    one.list.hidden = !one.options.length;
    one.told.textContent = found.told;
    one.panel.hidden = !one.options.length && !found.told;
    one.input.setAttribute("aria-expanded", String(one.options.length > 0));
    mark(one, marked === null ? -1 : one.options.findIndex((option) => option.value === marked));
  }

  function optionOf(one, option, at) {
    const item = make("li", { role: "option", id: one.list.id + "-" + at, "data-at": at, class: "choice", "aria-selected": "false" });
    item.append(make("span", { class: "choice-value" }, explore.text.visible(option.value)));
    if (option.note) item.append(make("span", { class: "choice-note" }, option.note));
    if (option.help) item.append(make("span", { class: "choice-help" }, option.help));
    return item;
  }

  function mark(one, at) {
    one.at = at;
    [...one.list.children].forEach((item, number) => item.setAttribute("aria-selected", String(number === at)));
    const item = one.list.children[at];
    if (item) item.scrollIntoView({ block: "nearest" });
    if (item) one.input.setAttribute("aria-activedescendant", item.id);
    else one.input.removeAttribute("aria-activedescendant");
  }

  function steer(one, event) {
    const open = !one.panel.hidden;
    const many = one.options.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) look(one);
      else if (many) mark(one, (one.at + (event.key === "ArrowDown" ? 1 : one.at < 0 ? 0 : -1) + many) % many);
    } else if (event.key === "Escape" && open) {
      event.stopPropagation();
      close(one);
    } else if (event.key === "Enter" && open && one.at >= 0) {
      event.preventDefault();
      choose(one, one.at);
    }
  }

  function choose(one, at) {
    const option = one.options[at];
    one.input.value = option.value;
    close(one);
    one.pick(option);
  }

  function close(one) {
    window.clearTimeout(one.timer);
    if (one.stop) one.stop.abort();
    one.stop = null;
    one.panel.hidden = true;
    one.input.setAttribute("aria-expanded", "false");
    mark(one, -1);
  }

  explore.choices = choices;
})();
