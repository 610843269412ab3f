// Charts that moved on: the server tells what of a picture changed, and the rest of it is here already.
(function () {
  "use strict";
  const clientside = (window.dash_clientside = window.dash_clientside || {});

  // Changes are [path, value] and [path, moved, kept, tail], as app/figures/difference.py writes them.
  function changed(picture, changes) {
    return changes.reduce((found, [path, ...change]) => put(found, path, 0, change), picture);
  }

  // What Dash holds stays as it is: everything on the way is a copy.
  function put(value, path, at, change) {
    if (at === path.length) return change.length === 1 ? change[0] : value.slice(change[0], change[0] + change[1]).concat(change[2]);
    const copy = Array.isArray(value) ? value.slice() : Object.assign({}, value);
    copy[path[at]] = put(value[path[at]], path, at + 1, change);
    return copy;
  }

  function next(figure, one) {
    return Object.assign(changed(figure, one.changes), { version: one.to });
  }

  // A picture that is not the one the changes are for is asked for as a whole.
  function apply(told, figures, names) {
    const strange = [];
    for (const [key, one] of Object.entries(told || {})) {
      const at = names.findIndex((name) => name.key === key);
      if (at < 0 || !figures[at]) continue; // it left the page
      if (figures[at].version === one.of) clientside.set_props({ part: "figure", key: key }, { figure: next(figures[at], one) });
      else if (figures[at].version !== one.to) strange.push(key);
    }
    if (strange.length) clientside.set_props("nudge", { data: { keys: strange, anew: true, at: Date.now() } });
    return clientside.no_update;
  }

  clientside.moved = { apply: apply, changed: changed };
})();
