// The line on a card that says how its file comes along, with a button that ends it.
(function () {
  "use strict";
  const { part } = window.tammaElements;
  const notes = new Map(); // by card, the line that stands on it

  // One a card: another file ends the one before.
  function open(card, text) {
    if (notes.has(card)) close(notes.get(card));
    const [line, words] = [part("div", "export-note"), part("p", "export-words")];
    const button = part("button", "export-end", "Cancel");
    button.type = "button";
    const note = { card, line, words, button, stop: new AbortController() };
    words.setAttribute("role", "status");
    button.addEventListener("click", () => close(note));
    line.append(words, button);
    card.append(line);
    words.textContent = text; // after it is on the page, or nobody would be told
    notes.set(card, note);
    return note;
  }

  function fail(note, text) {
    const words = part("p", "export-words export-failed");
    words.setAttribute("role", "alert");
    note.words.replaceWith(words);
    note.button.textContent = "Close";
    words.textContent = text;
  }

  // The focus must not be lost with the button that had it.
  function close(note) {
    note.stop.abort();
    if (note.line.contains(document.activeElement)) note.card.querySelector("summary").focus();
    note.line.remove();
    if (notes.get(note.card) === note) notes.delete(note.card);
  }

  function closeAll() {
    for (const note of [...notes.values()]) close(note);
  }

  window.tammaExportNote = { open, fail, close, closeAll };
})();
