// The rest of the address: filters and open drawers by name. Dash does not hear of a change, or it would build the page anew.
(function () {
  "use strict";
  const OF_THE_RANGE = ["from", "to", "refresh", "tz", "compare"];
  const listeners = new Map(); // by name, who wants to hear of it
  const told = new Map(); // by name, the value that was told last
  const restorers = [];
  let shownPath = window.location.pathname;
  let heardPath = shownPath; // the one that Dash has heard of last; it shows a page only once that has come
  let restoredPath = ""; // the one that Back or Forward led to

  function get(name) {
    return new URLSearchParams(window.location.search).get(name) || "";
  }

  // An empty value leaves the address. With push, Back takes the change away again.
  function set(name, value, options) {
    if (OF_THE_RANGE.includes(name)) throw new Error(name + " belongs to the page's time range");
    const text = value === null || value === undefined ? "" : String(value);
    if (text === get(name)) return;
    const query = new URLSearchParams(window.location.search);
    if (text) query.set(name, text);
    else query.delete(name);
    write(query, options && options.push);
    tell();
  }

  function write(query, push) {
    const text = query.toString();
    const address = window.location.pathname + (text ? "?" + text : "") + window.location.hash;
    if (push) window.history.pushState(null, "", address);
    else window.history.replaceState(window.history.state, "", address);
  }

  // Calls with the new value whenever it changes: here, by Back and Forward, by another page. Returns how to stop it.
  function onChange(name, hear) {
    if (!listeners.has(name)) listeners.set(name, new Set());
    listeners.get(name).add(hear);
    told.set(name, get(name));
    return () => listeners.get(name).delete(hear);
  }

  function tell() {
    for (const [name, hearers] of listeners) {
      const value = get(name);
      if (value === told.get(name)) continue;
      told.set(name, value);
      for (const hear of [...hearers]) hear(value);
    }
  }

  function restoreOnBack(event) {
    restoredPath = window.location.pathname;
    if (restoredPath !== heardPath) {
      heardPath = restoredPath;
      return;
    }
    event.stopImmediatePropagation();
    for (const restore of restorers) restore();
    tell();
  }

  function followLink() {
    heardPath = window.location.pathname;
    restoredPath = "";
  }

  // Dash shows another page; says whether Back or Forward led to it.
  function entered(path) {
    shownPath = path;
    tell();
    return path === restoredPath;
  }

  window.tammaState = { get: get, set: set, onChange: onChange };
  window.tammaAddress = {
    write: write,
    entered: entered,
    onRestore: (restore) => restorers.push(restore),
    path: () => shownPath,
  };
  window.addEventListener("popstate", restoreOnBack, { capture: true });
  window.addEventListener("_dashprivate_pushstate", followLink, { capture: true });
})();
