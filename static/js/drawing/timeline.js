// The states that undo and redo go through. States are never changed, only followed by others: so a step back
// is exact, and clearing the pad is one more step.

export class Timeline {
  #past = [];
  #future = [];

  constructor(first) {
    this.now = first;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  push(state) {
    this.#past.push(this.now);
    this.#future = [];
    this.now = state;
  }

  // Both answer whether there was a step to make.
  undo() {
    return this.#step(this.#past, this.#future);
  }

  redo() {
    return this.#step(this.#future, this.#past);
  }

  #step(from, to) {
    if (!from.length) return false;
    to.push(this.now);
    this.now = from.pop();
    return true;
  }
}
