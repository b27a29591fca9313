// A drawing on the wall: its option in the list, and what is said of it.

import { toLine, verdictInWords } from "review/numbers";

export class Tile {
  constructor(element) {
    this.element = element;
    this.id = element.dataset.tile;
    this.seen = element.dataset.seen;
    this.url = element.querySelector("[data-open]").href;
  }

  // The number that was read, in one line; "" if it was none.
  get reading() {
    return this.element.dataset.reading;
  }

  get isDisabled() {
    return this.element.getAttribute("aria-disabled") === "true";
  }

  showSelected(isSelected) {
    this.element.setAttribute("aria-selected", isSelected);
  }

  // Only one of the list can be reached with the Tab key.
  showActive(isActive) {
    this.element.tabIndex = isActive ? 0 : -1;
  }

  showDecided(decision) {
    this.#mark("decided", `decided: ${verdictInWords(decision)}`);
    this.#disable(true);
  }

  // Shows a drawing as the API describes it now: after an undo, or when it had changed meanwhile.
  showItem(item, { isStale = false } = {}) {
    if (item.seen) this.seen = item.seen;
    if (isStale) this.#mark("changed", whatHappened(item));
    else if (item.verdict) this.#mark("decided", `decided: ${verdictInWords(item.verdict)}`);
    else this.#mark("", "");
    this.#disable(!item.seen || item.look > 1);
  }

  showGone() {
    this.#mark("gone", "not shown any more");
    this.#disable(true);
  }

  #mark(state, words) {
    this.element.dataset.state = state;
    this.element.querySelector("[data-mark]").textContent = words;
    this.element.setAttribute("aria-label", [this.element.dataset.name, words].filter(Boolean).join(", "));
  }

  #disable(isDisabled) {
    if (isDisabled) this.element.setAttribute("aria-disabled", "true");
    else this.element.removeAttribute("aria-disabled");
  }
}

function whatHappened({ verdict, correction, look }) {
  if (verdict) return `${verdict.reviewer ?? "somebody"} decided: ${verdictInWords(verdict)}`;
  if (look > 1) return "waits for another opinion";
  if (correction) return `its writer says ${correction.text ? toLine(correction.text) : "no number"} now`;
  return "changed meanwhile";
}
