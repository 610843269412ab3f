// Reads an exploration from the explorer's form, and fills the form with one.
(function () {
  "use strict";
  const explore = (window.tammaExplore = window.tammaExplore || {});
  const BUCKETS = "_bucket"; // percentiles are made of them

  function read(one) {
    const found = explore.text.empty();
    found.top = one.top.value.trim() || found.top;
    return Object.assign(found, one.page.raw && one.modes.raw() ? { promql: one.promql.value } : built(one));
  }

  function built(one) {
    const by = one.agg.value === "none" ? [] : one.by.read();
    return { metric: one.metric.value.trim(), kind: one.kind.value, agg: one.agg.value, filters: one.where.read(), by: by };
  }

  function fill(one, written) {
    const found = written ? explore.text.read(written) : explore.text.empty();
    one.metric.value = found.metric;
    one.kind.value = found.kind;
    one.agg.value = [...one.agg.options].some((option) => option.value === found.agg) ? found.agg : "none";
    one.top.value = found.top;
    if (found.promql || !one.promql.value) one.promql.value = found.promql;
    one.modes.choose(Boolean(found.promql));
    one.where.fill(found.filters);
    one.by.show([], found.by);
    offerGroups(one);
    explore.refuse(one, "", "", "");
    one.told.textContent = "";
    one.link.hidden = true;
    showMode(one);
    limitPercentiles(one);
    if (found.metric) explore.asking.look(one, found.metric);
  }

  function showMode(one) {
    one.builder.hidden = one.page.raw && one.modes.raw();
    one.raw.hidden = !one.builder.hidden;
  }

  function offerGroups(one) {
    one.by.offer(one.agg.value !== "none");
  }

  function limitPercentiles(one) {
    const none = !one.metric.value.trim().endsWith(BUCKETS);
    for (const option of one.agg.options) option.disabled = none && /^p\d/.test(option.value);
  }

  explore.reading = { read: read, built: built, fill: fill, showMode: showMode, offerGroups: offerGroups, limitPercentiles: limitPercentiles };
})();
