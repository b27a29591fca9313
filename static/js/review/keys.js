// The keys of the desk. They count while the focus is on the desk, so that dictating or typing elsewhere on the page
// decides nothing. The number is made of digits, so letters are free for commands, in the text field, too.

const COMMANDS = {
  Enter: "accept",
  Escape: "clear",
  a: "writer",
  k: "keep",
  r: "replay",
  s: "skip",
  u: "unreadable",
  x: "none",
  z: "undo",
  "?": "keys",
};
const CHORDS = { z: "undo" }; // with Ctrl or Cmd
const ARROWS = { ArrowLeft: "back", ArrowRight: "forward" };
const PRESSED_BY_ENTER = "button, a, summary";

// The name of the action, or undefined. Arrows move the caret where something is typed; Enter on a button presses it.
export function findAction(event, { isTyped }) {
  const { key, ctrlKey, metaKey, altKey, shiftKey, isComposing, repeat } = event;
  if (isComposing || altKey || repeat) return undefined;
  const name = key.length === 1 ? key.toLowerCase() : key;
  if (ctrlKey || metaKey) return CHORDS[shiftKey ? `shift+${name}` : name];
  if (name === "Enter" && (shiftKey || event.target.closest(PRESSED_BY_ENTER))) return undefined;
  return COMMANDS[name] ?? (isTyped ? undefined : ARROWS[name]);
}

// `act` gets the name of the action and when the key was pressed, `type` a digit that was typed beside the field.
export function attachKeys(desk, { isTyped, act, type }) {
  desk.addEventListener("keydown", (event) => {
    if (event.target.closest("dialog")) return;
    const action = findAction(event, { isTyped: isTyped() });
    if (action) {
      event.preventDefault();
      act(action, event.timeStamp);
    } else if (isDigitBeside(event)) {
      event.preventDefault();
      type(event.key);
    }
  });
}

function isDigitBeside({ key, ctrlKey, metaKey, altKey, target }) {
  return /^[0-9]$/.test(key) && !ctrlKey && !metaKey && !altKey && !target.closest("textarea");
}
