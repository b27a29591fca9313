// The last items of this session, which can be shown again without asking the server.

const KEPT = 60; // items

export class Memory {
  #items = new Map(); // by drawing, the oldest first
  #fetchItem;

  constructor(fetchItem) {
    this.#fetchItem = fetchItem;
  }

  has(drawing) {
    return this.#items.has(drawing);
  }

  keep(item) {
    this.#items.delete(item.id);
    this.#items.set(item.id, item);
    if (this.#items.size > KEPT) this.#items.delete(this.#items.keys().next().value);
  }

  async item(drawing) {
    return this.#items.get(drawing) ?? (await this.#fetchItem(drawing));
  }
}
