// One drawing in place of the queue: it stays on the desk whatever is decided.

import { ApiError } from "api";

export class Single {
  current = null;
  ahead = [];
  isOver = false;
  held = [];

  #fetchItem;
  #on;

  // `on` has functions: fetched(), failed(error).
  constructor({ fetchItem, on }) {
    this.#fetchItem = fetchItem;
    this.#on = on;
  }

  next() {
    return this.current;
  }

  interrupt(item) {
    if (!this.current || item.id === this.current.id) this.current = item;
  }

  put(item) {
    this.interrupt(item);
  }

  async fill() {
    try {
      this.current = await this.#fetchItem();
      this.#on.fetched();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#on.failed(error);
    }
  }

  // Nothing is leased here.
  hold() {}
}
