// What the reviewer decided before, and where in it they are: from the server, so that it outlasts a reload, and
// what was decided since. Each drawing is in it once, at its last verdict.

export class Trail {
  #entries = []; // {drawing, verdict, text}, the newest first
  #place = -1; // -1: not in the past
  #fetchPage;
  #next;

  // `fetchPage(url)` fetches a page of verdicts: {results, next}; `first` is the address of the first one.
  constructor({ fetchPage, first }) {
    this.#fetchPage = fetchPage;
    this.#next = first;
  }

  get isPast() {
    return this.#place >= 0;
  }

  add({ drawing, verdict, text }) {
    this.remove(drawing);
    this.#entries.unshift({ drawing, verdict, text });
  }

  find(drawing) {
    return this.#entries.find((entry) => entry.drawing === drawing) ?? null;
  }

  remove(drawing) {
    this.#entries = this.#entries.filter((entry) => entry.drawing !== drawing);
  }

  // One further back: the entry, or null at the end. Fetches more where it has to.
  async back() {
    while (this.#place + 1 >= this.#entries.length && this.#next) await this.#fetchMore();
    if (this.#place + 1 >= this.#entries.length) return null;
    this.#place += 1;
    return this.#entries[this.#place];
  }

  // One nearer to the present: the entry, or null in the present.
  forward() {
    this.#place = Math.max(-1, this.#place - 1);
    return this.#entries[this.#place] ?? null;
  }

  leave() {
    this.#place = -1;
  }

  async #fetchMore() {
    const { results, next } = await this.#fetchPage(this.#next);
    this.#next = next;
    const known = new Set(this.#entries.map(({ drawing }) => drawing));
    for (const { drawing, verdict, text, in_force: inForce } of results) {
      if (!inForce || known.has(drawing)) continue;
      known.add(drawing);
      this.#entries.push({ drawing, verdict, text });
    }
  }
}
