// Keys for the tools of the drawing page. Single letters count only on the pad, so that dictating or typing
// elsewhere on the page sets off none of them. Chords, Delete and Escape count everywhere but in form fields.

const ON_PAD = { s: "save", u: "upload" };
const CHORDS = { z: "undo", "shift+z": "redo", y: "redo", s: "save" }; // with Ctrl or Cmd
const ANYWHERE = { Delete: "clear", Escape: "clear" };
const FIELDS = "input, textarea, select, dialog";

// `actions` are functions by the names above.
export function attachShortcuts(canvas, actions) {
  document.addEventListener("keydown", (event) => {
    if (event.target.closest(FIELDS)) return;
    const action = findAction(event, { isOnPad: document.activeElement === canvas });
    if (!action) return;
    event.preventDefault(); // the browser would save the page
    actions[action]();
  });
}

// The name of the action, or undefined.
export function findAction({ key, ctrlKey, metaKey, altKey, shiftKey }, { isOnPad }) {
  const name = key.length === 1 ? key.toLowerCase() : key;
  if (altKey) return undefined;
  if (ctrlKey || metaKey) return CHORDS[shiftKey ? `shift+${name}` : name];
  return ANYWHERE[name] ?? (isOnPad ? ON_PAD[name] : undefined);
}
