// What the explorer's form asks the server: labels, types, and whether an exploration can be asked.
(function () {
  "use strict";
  const explore = (window.tammaExplore = window.tammaExplore || {});

  function picked(one, option) {
    one.kind.value = option.kind === "unknown" ? "" : option.kind;
    learned(one);
  }

  // A name that was typed to its end is as good as one that was picked.
  async function learn(one) {
    const name = one.metric.value.trim();
    const found = name ? await explore.server.get("/explore/metrics", { search: name }).catch(() => null) : null;
    const exact = found && found.metrics.find((each) => each.name === name);
    if (exact && one.metric.value.trim() === name) one.kind.value = exact.type === "unknown" ? "" : exact.type;
    learned(one);
  }

  function learned(one) {
    explore.reading.limitPercentiles(one);
    if (one.metric.value.trim()) look(one, one.metric.value.trim());
  }

  // The labels there are; a metric that is not there is said at once.
  async function look(one, name) {
    const current = () => one.metric.value.trim() === name;
    try {
      const found = await one.labels();
      if (!current()) return;
      one.by.show(found, one.by.read());
      explore.refuse(one, "metric", "", "");
    } catch (problem) {
      if (current()) explore.refuse(one, "metric", "", problem.message, true);
    }
  }

  // What was built so far is where a query may start.
  async function translate(one) {
    const wish = Object.assign(explore.reading.read(one), { promql: "" }, explore.reading.built(one));
    if (!one.modes.raw() || one.promql.value || !wish.metric) return;
    const found = await explore.server.post("/explore/check", { text: explore.text.write(wish) }).catch(() => null);
    if (found && one.modes.raw() && !one.promql.value) one.promql.value = found.promql;
  }

  // Promises what the server makes of the form, or null when it has been said what is wrong.
  async function check(one) {
    const number = (one.asking += 1);
    await one.learning;
    const wish = explore.reading.read(one);
    explore.refuse(one, "", "", "");
    if (!wish.metric && !wish.promql.trim()) return refuseEmpty(one);
    one.told.textContent = "Asking for it.";
    let found = null;
    let problem = null;
    try {
      found = await explore.server.post("/explore/check", { text: explore.text.write(wish) });
    } catch (error) {
      problem = error;
    }
    if (number !== one.asking) return null;
    one.told.textContent = "";
    if (problem) explore.refuse(one, problem.details.field || "", problem.details.label || "", problem.message);
    return found;
  }

  function refuseEmpty(one) {
    const raw = one.modes.raw();
    explore.refuse(one, raw ? "promql" : "metric", "", raw ? "Write a query." : "Choose a metric.");
    return null;
  }

  explore.asking = { picked: picked, learn: learn, look: look, translate: translate, check: check };
})();
