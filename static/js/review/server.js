// What the desk asks of the server. All fail with an ApiError.

import { getJson, postJson, remove } from "api";

const OPTIONS = { timeout: 10_000 }; // ms

export class Server {
  #addresses;

  // `addresses` has those of reviews, items, undo and skips.
  constructor(addresses) {
    this.#addresses = addresses;
  }

  async claim(count, held) {
    return (await postJson(this.#addresses.items, { count, held }, OPTIONS)).items;
  }

  item(drawing) {
    return getJson(`${this.#addresses.items}${drawing}/`, OPTIONS);
  }

  // An entry of the outbox.
  send({ kind, drawing, verdict, text, seen, step, shownFor }) {
    if (kind === "skip") return postJson(this.#addresses.skips, { drawing }, OPTIONS);
    const body = { drawing, verdict, text, seen, step, ...(shownFor ? { shown_for: shownFor } : {}) };
    return postJson(this.#addresses.reviews, body, OPTIONS);
  }

  undo() {
    return postJson(this.#addresses.undo, {}, OPTIONS);
  }

  unskip() {
    return remove(this.#addresses.skips, OPTIONS);
  }

  // A page of the reviewer's verdicts: {results, next}.
  page(url) {
    return getJson(url, OPTIONS);
  }
}
