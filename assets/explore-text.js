// An exploration as the form knows it, and as the text that stands in the address.
(function () {
  "use strict";
  const explore = (window.tammaExplore = window.tammaExplore || {});
  const DEFAULT_TOP = 20;

  function empty() {
    return { metric: "", kind: "", filters: [], agg: "none", by: [], top: DEFAULT_TOP, promql: "" };
  }

  // The server brings it into its own form: what it makes of it is the truth.
  function write(one) {
    const top = Number(one.top) === DEFAULT_TOP ? [] : [["top", one.top]];
    const asked = one.promql ? [["promql", encodeURIComponent(one.promql)]] : built(one);
    return asked.concat(top).map((part) => part.join("=")).join("&");
  }

  function built(one) {
    const parts = [["metric", encodeURIComponent(one.metric)]];
    if (one.kind) parts.push(["kind", one.kind]);
    for (const each of one.filters) {
      parts.push(["where", [encodeURIComponent(each.label), each.operator, encodeURIComponent(each.value)].join(",")]);
    }
    if (one.agg !== "none") parts.push(["agg", one.agg]);
    if (one.by.length) parts.push(["by", one.by.map(encodeURIComponent).join(",")]);
    return parts;
  }

  // Whatever can be read of a text: the server says what is wrong with the rest.
  function read(written) {
    const one = empty();
    for (const part of written.split("&")) {
      const at = part.indexOf("=");
      if (at > 0) take(one, part.slice(0, at), part.slice(at + 1));
    }
    return one;
  }

  function take(one, name, value) {
    if (name === "where") {
      const [label, operator, ...rest] = value.split(",");
      one.filters.push({ label: decoded(label), operator: operator || "eq", value: decoded(rest.join(",")) });
    } else if (name === "by") one.by = value.split(",").filter(Boolean);
    else if (name in one && name !== "filters") one[name] = decoded(value);
  }

  function decoded(value) {
    try {
      return decodeURIComponent(value);
    } catch (_broken) {
      return value;
    }
  }

  // On one line, as a list and a field show it.
  function visible(value) {
    return value === "" ? "(empty)" : value.replace(/[\r\n\u2028\u2029]/g, "↵");
  }

  explore.text = { empty: empty, write: write, read: read, visible: visible };
})();
