// Explorations that people keep: the list, and the form that adds to it.
(function () {
  "use strict";
  const explore = (window.tammaExplore = window.tammaExplore || {});
  const PATH = "/explorations";

  // `text()` promises the exploration that is to be saved, as the server writes it.
  function saved(limits, text) {
    const { make, button, field } = explore.parts;
    const list = make("ul", { class: "saved-list" });
    const told = make("p", { class: "explorer-told", role: "status" });
    const name = explore.parts.text("explorer-name", { maxlength: limits.name, required: true });
    const shared = make("input", { type: "checkbox", id: "explorer-shared" });
    const form = make("form", { class: "saved-form", novalidate: true, hidden: true, "aria-label": "Save this exploration" },
      field("Name", name, "saved-name"),
      make("label", { class: "explorer-check" }, shared, "Share with everybody"),
      make("button", { type: "submit", class: "range-choice" }, "Save it"),
      button("Cancel", "range-choice", () => close()));
    const opener = button("Save", "range-choice", () => (form.hidden ? open() : close()), { "aria-expanded": "false" });
    const section = make("details", { class: "saved", open: false }, make("summary", {}, "Saved explorations"), told, list);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      keep();
    });
    form.addEventListener("keydown", (event) => event.key === "Escape" && close());

    function open() {
      form.hidden = false;
      opener.setAttribute("aria-expanded", "true");
      name.focus();
    }

    function close() {
      form.hidden = true;
      opener.setAttribute("aria-expanded", "false");
      refuse("");
      opener.focus();
    }

    function refuse(message) {
      document.getElementById("explorer-name-error").textContent = message;
      name.toggleAttribute("aria-invalid", false);
      if (!message) return;
      name.setAttribute("aria-invalid", "true");
      name.focus();
    }

    async function keep() {
      refuse("");
      const wanted = { name: name.value.trim(), shared: shared.checked };
      if (!wanted.name) return refuse("Give it a name.");
      const written = await text();
      if (!written) return close(); // the form says what is wrong
      try {
        await explore.server.post(PATH, Object.assign(wanted, { text: written }));
      } catch (error) {
        return refuse(error.message);
      }
      name.value = "";
      close();
      section.open = true;
      return load("Saved as " + wanted.name + ".");
    }

    async function load(word) {
      try {
        const found = (await explore.server.get(PATH, {})).explorations;
        list.replaceChildren(...found.map((one) => itemOf(one, limits, load)));
        told.textContent = word || (found.length ? "" : "Nothing is saved yet.");
        section.querySelector("summary").textContent = "Saved explorations" + (found.length ? " (" + found.length + ")" : "");
      } catch (error) {
        told.textContent = error.message;
      }
    }

    return { opener: opener, form: form, section: section, load: load };
  }

  function itemOf(one, limits, load) {
    const { make } = explore.parts;
    const whose = one.mine ? (one.shared ? "yours, shared" : "yours") : "by " + one.owner;
    const words = make("span", { class: "saved-words" },
      one.widget
        ? make("a", { href: "/explore?" + new URLSearchParams({ q: one.text }), "data-explore": one.text }, one.name)
        : make("strong", {}, one.name),
      make("span", { class: "saved-note" }, one.title + " · " + whose));
    return make("li", { class: "saved-item" }, words, ...(one.mine || limits.everybodys ? [remover(one, load)] : []));
  }

  // What is deleted is gone: the second press means it.
  function remover(one, load) {
    const made = explore.parts.button("Delete", "range-choice", press, { "aria-label": "Delete " + one.name });
    made.addEventListener("blur", () => ask(false));

    function ask(sure) {
      made.textContent = sure ? "Delete for good" : "Delete";
      made.setAttribute("aria-label", (sure ? "Delete for good: " : "Delete ") + one.name);
      made.dataset.sure = sure ? "yes" : "";
    }

    async function press() {
      if (!made.dataset.sure) return ask(true);
      const list = made.closest("details");
      try {
        await explore.server.remove("/explorations/" + one.id);
      } catch (error) {
        return load(error.message);
      }
      await load("Deleted " + one.name + ".");
      return list.querySelector("summary").focus();
    }

    return made;
  }

  explore.saved = saved;
})();
