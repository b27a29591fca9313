// What a key does on the wall. Letters and digits count only while the keyboard is on a drawing, so that typing or
// dictating elsewhere on the page decides nothing.

const LETTERS = { x: "giveNoNumber", u: "giveUnreadable", z: "undo", o: "open", n: "nextPage" };
const KEYS = {
  Enter: "giveNumber",
  " ": "toggle",
  Escape: "selectNone",
  Backspace: "erase",
};
const CHORDS = { a: "selectAll", z: "undo" }; // with Ctrl or Cmd

// {name, digit} of the action, or undefined for keys that belong to the browser.
export function wallAction({ key, ctrlKey, metaKey, altKey }) {
  if (altKey) return undefined;
  const letter = key.length === 1 ? key.toLowerCase() : key;
  if (ctrlKey || metaKey) return named(CHORDS[letter]);
  if (/^[0-9]$/.test(key)) return { name: "write", digit: key };
  return named(KEYS[key] ?? LETTERS[letter]);
}

function named(name) {
  return name && { name };
}
