// What the explorer's form is made of, and its way to the server.
(function () {
  "use strict";
  const { make, button } = window.tammaElements;
  const explore = (window.tammaExplore = window.tammaExplore || {});
  const AREA = "/api/dashboard";
  const NO_ANSWER = "The dashboard gave no answer that can be read. Try again in a moment.";

  // A label above its control, and room for what is wrong below.
  function field(label, control, className) {
    const error = make("p", { class: "explorer-error", id: control.id + "-error", role: "alert" });
    const described = [control.getAttribute("aria-describedby"), error.id].filter(Boolean).join(" ");
    control.setAttribute("aria-describedby", described);
    const holder = control.closest(".choices") || control;
    return make("div", { class: "explorer-field " + (className || "") }, make("label", { for: control.id }, label), holder, error);
  }

  function text(id, props) {
    return make("input", Object.assign({ id: id, type: "text", class: "explorer-input", autocomplete: "off", autocapitalize: "off", spellcheck: "false" }, props));
  }

  function select(id, options) {
    return make("select", { id: id, class: "explorer-input" }, ...options.map(([value, label]) => make("option", { value: value }, label)));
  }

  // A failure is an Error with the server's words, its status, and which field it is about.
  function failed(message, status, details) {
    return Object.assign(new Error(message), { status: status, details: details || {} });
  }

  function csrfToken() {
    const found = document.cookie.match(/(?:^|; )_csrf_token=([^;]*)/);
    return found ? decodeURIComponent(found[1]) : "";
  }

  async function ask(method, path, body, signal) {
    const headers = method === "GET" ? {} : { "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
    let reply;
    let answer;
    try {
      reply = await fetch(AREA + path, {
        method: method, credentials: "same-origin", headers: headers, signal: signal,
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      answer = await reply.json();
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw failed(NO_ANSWER, 0);
    }
    if (!reply.ok) throw failed(answer.message || NO_ANSWER, reply.status, answer.details);
    return answer.data;
  }

  function get(path, given, signal) {
    return ask("GET", path + "?" + new URLSearchParams(given), undefined, signal);
  }

  explore.parts = { make: make, button: button, field: field, text: text, select: select };
  explore.server = { get: get, post: (path, body) => ask("POST", path, body), remove: (path) => ask("DELETE", path, {}) };
})();
