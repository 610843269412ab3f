// Elements of the page made in scripts. The bundle is in order of names: this stands before all that use it.
(function () {
  "use strict";

  // True sets an attribute without a value; false and null leave it out.
  function make(tag, props, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(props || {})) {
      if (value === true) made.setAttribute(name, "");
      else if (value !== false && value !== null) made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }

  function part(tag, className, text) {
    return make(tag, { class: className || null }, ...(text ? [text] : []));
  }

  function button(text, className, act, props) {
    const made = make("button", Object.assign({ type: "button", class: className }, props), text);
    made.addEventListener("click", act);
    return made;
  }

  window.tammaElements = { make, part, button };
})();
