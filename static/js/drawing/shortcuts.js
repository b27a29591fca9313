// Keys for the tools. Letters alone count only on the pad, so that nobody who dictates or types elsewhere
// on the page sets one off; chords and Delete, Escape count everywhere but in fields.

const ALONE = { s: "save", u: "upload" };
const CHORDS = { z: "undo", "shift+z": "redo", y: "redo", s: "save" };
const ANYWHERE = { Delete: "clear", Escape: "clear" };

export function attachShortcuts(canvas, actions) {
  document.addEventListener("keydown", (event) => {
    const action = event.target.closest("input, textarea, select, dialog") ? null : find(event, canvas);
    if (!action) return;
    event.preventDefault(); // the browser would save the page
    actions[action]();
  });
}

function find(event, canvas) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.altKey) return null;
  if (event.ctrlKey || event.metaKey) return CHORDS[event.shiftKey ? `shift+${key}` : key];
  return ANYWHERE[key] ?? (document.activeElement === canvas ? ALONE[key] : null);
}
