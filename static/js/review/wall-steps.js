// Decides on many drawings in one step, and takes the last step back.

import { getJson, postJson } from "api";

const TIMEOUT = 20_000; // ms; a step of sixty drawings takes less than one second where the server is not busy

export class WallSteps {
  #unanswered = null; // {request, step} of a step of which we do not know whether it arrived

  // `urls` has `bulk`, `undo` and `items`. `drawings` of the other methods are [{id, seen}].
  constructor(urls) {
    this.urls = urls;
  }

  get isUnanswered() {
    return this.#unanswered !== null;
  }

  // Returns {decided, stale, gone}: ids, and for stale ones the drawings as they are now. The same decision sent again
  // after a failure is the same step, which counts once.
  async decide(decision, drawings) {
    const request = JSON.stringify({ ...decision, drawings });
    const step = this.#unanswered?.request === request ? this.#unanswered.step : makeUuid();
    this.#unanswered = { request, step };
    const { decided, stale } = await this.#send(decision, drawings, step);
    this.#unanswered = null;
    const known = new Set([...decided, ...stale]);
    const gone = drawings.map(({ id }) => id).filter((id) => !known.has(id));
    return { decided, gone, stale: await Promise.all(stale.map((id) => this.#item(id))) };
  }

  async #send(decision, drawings, step) {
    try {
      return await postJson(this.urls.bulk, { ...decision, drawings, step }, { timeout: TIMEOUT });
    } catch (error) {
      if (error.kind === "refused") this.#unanswered = null; // it arrived, and changed nothing
      throw error;
    }
  }

  // Returns {drawings, undone, kept}: ids of all that are undone, the drawings as they are now, of at most a page, and
  // ids of those on which others have decided since.
  undo() {
    return postJson(this.urls.undo, {}, { timeout: TIMEOUT });
  }

  // A drawing that had changed, as it is now; only its id if that can't be had.
  async #item(id) {
    try {
      return await getJson(`${this.urls.items}${id}/`, { timeout: TIMEOUT });
    } catch {
      return { id };
    }
  }
}

// Of version 4. `crypto.randomUUID` is missing where a site is served without HTTPS.
function makeUuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
