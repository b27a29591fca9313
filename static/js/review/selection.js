// Which of a row of things are selected, and on which one the keyboard is. Things are known by their place, from 0.

export class Selection {
  active = 0; // where the keyboard is
  #anchor = 0; // where a range begins
  #selected = new Set();
  #beforeRange = new Set(); // a range that shrinks gives back what was selected before it
  #locked = new Set(); // cannot be selected

  constructor(count) {
    this.count = count;
  }

  get places() {
    return [...this.#selected].sort((a, b) => a - b);
  }

  has(place) {
    return this.#selected.has(place);
  }

  toggle(place) {
    if (this.#selected.has(place)) this.#selected.delete(place);
    else if (!this.#locked.has(place)) this.#selected.add(place);
    this.#beginAt(place);
  }

  // Selects all from where the range began to `place`, and nothing else of what the range held before.
  selectTo(place) {
    this.#selected = new Set(this.#beforeRange);
    const [first, last] = [Math.min(this.#anchor, place), Math.max(this.#anchor, place)];
    for (let k = first; k <= last; k++) if (!this.#locked.has(k)) this.#selected.add(k);
    this.active = place;
  }

  select(place) {
    if (!this.#locked.has(place)) this.#selected.add(place);
    this.#beforeRange = new Set(this.#selected);
  }

  selectAll() {
    for (let k = 0; k < this.count; k++) if (!this.#locked.has(k)) this.#selected.add(k);
    this.#beginAt(this.active);
  }

  clear() {
    this.#selected.clear();
    this.#beginAt(this.active);
  }

  goTo(place) {
    this.#beginAt(place);
  }

  lock(place) {
    this.#locked.add(place);
    this.deselect(place);
  }

  unlock(place) {
    this.#locked.delete(place);
  }

  isLocked(place) {
    return this.#locked.has(place);
  }

  deselect(place) {
    this.#selected.delete(place);
    this.#beforeRange.delete(place);
  }

  #beginAt(place) {
    this.active = place;
    this.#anchor = place;
    this.#beforeRange = new Set(this.#selected);
  }
}

// The place to which a key leads in rows of `columns`, or undefined for keys that lead nowhere.
export function placeByKey(key, { from, count, columns }) {
  const last = count - 1;
  switch (key) {
    case "ArrowLeft":
      return Math.max(0, from - 1);
    case "ArrowRight":
      return Math.min(last, from + 1);
    case "ArrowUp":
      return from < columns ? from : from - columns;
    case "ArrowDown":
      return isInLastRow(from, last, columns) ? from : Math.min(last, from + columns);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return undefined;
  }
}

function isInLastRow(place, last, columns) {
  return Math.floor(place / columns) === Math.floor(last / columns);
}
