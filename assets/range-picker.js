// The panel in which the page's time range, time zone and comparison are chosen. It is built when it is first opened.
(function () {
  "use strict";
  const { make, button } = window.tammaElements;
  const PRESETS = [
    ["now-15m", "now"], ["now-1h", "now"], ["now-6h", "now"], ["now-24h", "now"], ["now-7d", "now"], ["now-30d", "now"],
    ["now/d", "now"], ["now-1d/d", "now-1d/d"], ["now/w", "now"], ["now-1w/w", "now-1w/w"],
  ];
  const COMPARISONS = [["", "Nothing"], ["previous", "The period before"], ["week", "Last week"]];
  const KEPT_UNDER = "tamma-ranges";
  const MOST_KEPT = 5;
  const LONGEST_TEXT = 40; // the server reads no more
  const HINT = "For example now-6h, 90m, yesterday, now-2d/d, 2026-11-20 14:00. An empty To is now, or the end of the day in From.";
  const A_DAY = /^(yesterday|\d{4}-\d\d-\d\d)$/;
  let parts = null;
  let asking = null; // stops the question whether the server can read the range

  function field(id, label, props) {
    const input = make("input", Object.assign({ id: id, type: "text", class: "range-field", autocomplete: "off", autocapitalize: "off", spellcheck: "false" }, props));
    return [make("div", { class: "range-labelled" }, make("label", { for: id }, label), input), input];
  }

  function rangeButton(from, to) {
    const range = { from: from, to: to, zone: window.tammaRange().zone };
    const made = button(window.tammaWords.rangeWords(range, null), "range-choice", () => apply({ from: from, to: to }, false), {
      "data-from": from, "data-to": to,
    });
    window.tammaTime.offer(made, from);
    return made;
  }

  function group(title, id, ...children) {
    return make("div", { role: "group", "aria-labelledby": id, class: "range-group" }, make("h3", { id: id }, title), ...children);
  }

  function build(dialog) {
    const [fromLine, from] = field("range-from", "From", { maxlength: LONGEST_TEXT, "aria-describedby": "range-error range-hint", "data-field": "from" });
    const [toLine, to] = field("range-to", "To", { maxlength: LONGEST_TEXT, placeholder: "now", "aria-describedby": "range-error range-hint", "data-field": "to" });
    const [zoneLine, zone] = field("range-zone", "Time zone", { list: "range-zones", maxlength: 60, "aria-describedby": "range-error", "data-field": "zone" });
    parts = {
      dialog: dialog, from: from, to: to, zone: zone,
      error: make("p", { id: "range-error", class: "range-error", role: "alert" }),
      presets: make("div", { class: "range-choices" }),
      recent: make("div", { class: "range-choices" }),
      compare: make("div", { class: "range-radios" }),
      lock: make("input", { type: "checkbox", id: "range-lock" }),
      told: make("span", { role: "status", class: "range-told" }),
      link: make("input", { class: "range-field", readonly: true, hidden: true, "aria-label": "Link to this page" }),
    };
    parts.recentGroup = group("Recently used", "range-recent-title", parts.recent);
    const zoneButtons = make("div", { class: "range-choices" },
      button("This browser's", "range-choice", () => { zone.value = ""; }, { "data-zone": "" }),
      button("UTC", "range-choice", () => { zone.value = "UTC"; }, { "data-zone": "UTC" }));
    for (const [value, label] of COMPARISONS) parts.compare.append(radio(value, label));
    const form = make("form", { class: "range-form", novalidate: true },
      make("div", { class: "range-side" }, group("Ranges", "range-presets-title", parts.presets), parts.recentGroup),
      make("div", { class: "range-main" },
        group("From and to", "range-typed-title", fromLine, toLine, parts.error, make("p", { id: "range-hint", class: "range-hint" }, HINT)),
        make("div", {}, zoneLine, zoneButtons, zoneList()),
        group("Compare with", "range-compare-title", parts.compare)),
      make("div", { class: "range-foot" },
        button("Copy link", "range-choice", copyLink, { "data-copy-link": true }),
        make("label", { class: "range-lock" }, parts.lock, "with these times fixed"), parts.told, parts.link,
        make("button", { type: "submit", class: "range-apply" }, "Apply")));
    form.addEventListener("submit", submit);
    dialog.append(
      make("div", { class: "range-head" }, make("h2", { id: "range-panel-title" }, "Time range"),
        button("Close", "range-choice", () => dialog.close())), form);
    dialog.addEventListener("click", closeOutside);
    dialog.addEventListener("close", stopAsking);
  }

  function radio(value, label) {
    const input = make("input", { type: "radio", name: "range-compare", value: value });
    return make("label", { class: "range-radio" }, input, label);
  }

  function zoneList() {
    const zones = Intl.supportedValuesOf ? Intl.supportedValuesOf("timeZone") : [];
    const first = [window.tammaWords.browserZone(), "UTC"];
    const names = [...new Set(first.concat(zones))];
    return make("datalist", { id: "range-zones" }, ...names.map((name) => make("option", { value: name })));
  }

  function open() {
    const dialog = document.getElementById("range-panel");
    if (!dialog || dialog.open) return;
    if (!parts || parts.dialog !== dialog) build(dialog);
    fill();
    dialog.showModal();
    place(dialog);
    (parts.presets.querySelector('[aria-pressed="true"]') || parts.presets.querySelector("button")).focus();
  }

  function fill() {
    const range = window.tammaRange();
    const mark = (made) => made.setAttribute("aria-pressed", String(made.dataset.from === range.from && made.dataset.to === range.to));
    parts.presets.replaceChildren(...PRESETS.map(([from, to]) => rangeButton(from, to)));
    parts.presets.querySelectorAll("button").forEach(mark);
    const recent = kept();
    parts.recent.replaceChildren(...recent.map((one) => rangeButton(one.from, one.to)));
    parts.recentGroup.hidden = !recent.length;
    parts.from.value = range.from;
    parts.to.value = range.to;
    parts.zone.value = new URLSearchParams(window.location.search).get("tz") || "";
    parts.zone.placeholder = "This browser's: " + window.tammaWords.browserZone();
    for (const input of parts.compare.querySelectorAll("input")) input.checked = input.value === range.compare;
    parts.told.textContent = "";
    parts.link.hidden = true;
    refuse(document.getElementById("range-problem").textContent);
  }

  // Below the button that opened it, as far as the window goes; a phone's style sheet ignores this.
  function place(dialog) {
    const opener = document.getElementById("range-button").getBoundingClientRect();
    const left = Math.max(8, Math.min(opener.left, window.innerWidth - dialog.offsetWidth - 8));
    dialog.style.setProperty("--left", left + "px");
    dialog.style.setProperty("--top", opener.bottom + 8 + "px");
  }

  function closeOutside(event) {
    if (event.target !== parts.dialog) return;
    const box = parts.dialog.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) parts.dialog.close();
  }

  function submit(event) {
    event.preventDefault();
    const typed = { from: parts.from.value.trim(), to: parts.to.value.trim() };
    if (!typed.from) return refuse("Say where the range begins.", "from");
    return apply({ from: typed.from, to: typed.to || (A_DAY.test(typed.from) ? typed.from : "now") }, true);
  }

  // The page moves only to what the server can read; until then it stays as it is, and the panel open.
  function apply(range, typed) {
    const chosen = parts.compare.querySelector("input:checked");
    const wanted = { from: range.from, to: range.to, tz: parts.zone.value.trim(), compare: chosen ? chosen.value : "" };
    stopAsking();
    const stop = (asking = new AbortController());
    refuse("");
    parts.told.textContent = "Asking for it.";
    return window.tammaAskRange(wanted, stop).then((problem) => {
      if (asking !== stop) return;
      stopAsking();
      if (problem) return refuse(problem, fieldAtFault(problem, range));
      if (typed) keep(range);
      window.tammaTime.choose(wanted);
      parts.dialog.close();
    });
  }

  function stopAsking() {
    if (asking) asking.abort();
    asking = null;
    parts.told.textContent = "";
  }

  function fieldAtFault(problem, range) {
    if (problem.includes("time zone")) return "zone";
    const named = (text) => problem.includes("'" + text);
    return problem.includes("in the future") || (named(range.to) && !named(range.from)) ? "to" : "from";
  }

  function refuse(problem, name) {
    parts.error.textContent = problem;
    for (const one of ["from", "to", "zone"]) parts[one].toggleAttribute("aria-invalid", false);
    if (!name) return;
    parts[name].setAttribute("aria-invalid", "true");
    parts[name].focus();
  }

  function kept() {
    try {
      const found = JSON.parse(window.localStorage.getItem(KEPT_UNDER) || "[]");
      const fits = (text) => typeof text === "string" && text.length > 0 && text.length <= LONGEST_TEXT;
      return found.filter((one) => one && fits(one.from) && fits(one.to)).slice(0, MOST_KEPT);
    } catch (_unreadable) {
      return [];
    }
  }

  function keep(range) {
    const others = kept().filter((one) => one.from !== range.from || one.to !== range.to);
    try {
      window.localStorage.setItem(KEPT_UNDER, JSON.stringify([range].concat(others).slice(0, MOST_KEPT)));
    } catch (_full) {} // then there is nothing to offer the next time, and nothing else is lost
  }

  function copyLink() {
    const link = window.tammaTime.link(parts.lock.checked);
    const copied = navigator.clipboard ? navigator.clipboard.writeText(link) : Promise.reject(new Error("no clipboard"));
    copied.then(() => { parts.told.textContent = "Copied."; }, () => showLink(link));
  }

  function showLink(link) {
    parts.link.hidden = false;
    parts.link.value = link;
    parts.link.select();
    parts.told.textContent = "Copy it from here.";
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("#range-button")) open();
  });
  window.tammaOpenPicker = open;
})();
