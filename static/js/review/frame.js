// The frame of the desk: which of its parts is to be seen, and where the focus is.

// A field that takes the focus opens the keypad of a phone, which would cover the drawing.
const HAS_KEYBOARD = "(hover: hover) and (pointer: fine)";

export class Frame {
  emptyWords = "";

  #root;
  #onDecided;

  // `onDecided(drawing)` is called when the server has taken or taken back a verdict.
  constructor(root, { onDecided }) {
    this.#root = root;
    this.#onDecided = onDecided;
  }

  show({ item, isOver, isAway, skipped, isPast }) {
    this.#root.hidden = false;
    this.#root.toggleAttribute("data-past", isPast);
    this.#find("item").hidden = !item;
    this.#find("loading").hidden = Boolean(item) || isOver || isAway;
    this.#find("empty").hidden = Boolean(item) || !(isOver || isAway);
    this.sayDone("");
    if (!item) this.#showEmpty({ isAway, skipped });
  }

  #showEmpty({ isAway, skipped }) {
    const title = isAway ? "No more drawings can be fetched now" : "Nothing waits for you";
    const sorry = "The server does not answer. It is asked again by itself.";
    const counted = skipped === 1 ? "You skipped 1 drawing." : `You skipped ${skipped} drawings.`;
    const done = skipped ? counted : "All that is worth a look has been decided.";
    this.#find("empty-title").textContent = title;
    this.#find("empty-text").textContent = isAway ? sorry : done;
    this.#root.querySelector('[data-action="unskip"]').hidden = isAway || !skipped;
    this.emptyWords = `${title}. ${isAway ? sorry : done}`;
  }

  // Says to those who see what has just been done.
  sayDone(text) {
    const element = this.#find("done");
    element.textContent = text;
    element.hidden = !text;
  }

  decided(entry) {
    this.#onDecided(entry.drawing);
  }

  markReplay(isRunning) {
    this.#root.toggleAttribute("data-replaying", isRunning);
  }

  openKeys() {
    this.#find("keys").showModal();
  }

  focus() {
    if (this.#root.querySelector("dialog[open]")) return;
    const isLost = document.activeElement === document.body || !document.activeElement?.checkVisibility();
    if (matchMedia(HAS_KEYBOARD).matches) this.#find("answer").focus({ preventScroll: true });
    else if (isLost) this.#root.focus({ preventScroll: true });
  }

  #find(name) {
    return this.#root.querySelector(`[data-${name}]`);
  }
}
