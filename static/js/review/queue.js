// The queue as the desk sees it: the item that is shown, and a few fetched ahead, so that nobody waits between two.

import { ApiError } from "api";

const AHEAD = 4; // items besides the one shown
const LOW = 3; // fetch more when fewer than this many are left
const MOST_HELD = 200; // the server prolongs no more at once
const WAITS = [1, 2, 4, 8, 15, 30]; // seconds until it is asked again after a failure

export class Queue {
  current = null;
  ahead = [];
  isOver = false; // the server had nothing more

  #claim;
  #outboxed;
  #on;
  #asking = null;
  #failures = 0;
  #timer = null;

  // `claim(count, held)` fetches items. `outboxed` answers the drawings that are decided but not yet sent. `on` has
  // functions: fetched(), failed(error).
  constructor({ claim, outboxed, on }) {
    this.#claim = claim;
    this.#outboxed = outboxed;
    this.#on = on;
  }

  // The drawings that are not to be fetched again: shown, ahead, or decided and not yet sent.
  get held() {
    return [...this.#known()].slice(0, MOST_HELD);
  }

  #known() {
    const shown = this.current ? [this.current.id] : [];
    return new Set([...shown, ...this.ahead.map(({ id }) => id), ...this.#outboxed()]);
  }

  // Moves on: the next item, or null if none has been fetched.
  next() {
    this.current = this.ahead.shift() ?? null;
    this.fill();
    return this.current;
  }

  // Shows `item` now; the one that was shown comes after it.
  interrupt(item) {
    this.ahead = this.ahead.filter(({ id }) => id !== item.id);
    if (this.current && this.current.id !== item.id) this.ahead.unshift(this.current);
    this.current = item;
  }

  // Shows `item` next.
  put(item) {
    if (!this.current) this.current = item;
    else this.ahead = [item, ...this.ahead.filter(({ id }) => id !== item.id)];
  }

  // Fetches more if few are left. Only one question is asked at a time.
  async fill() {
    if (this.#asking || this.ahead.length >= LOW) return;
    clearTimeout(this.#timer);
    this.#asking = this.#ask();
    await this.#asking;
  }

  // Prolongs the leases.
  async hold() {
    try {
      await this.#claim(0, this.held);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  async #ask() {
    try {
      const items = await this.#claim(AHEAD + 1 - this.ahead.length, this.held);
      this.#failures = 0;
      this.#take(items);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#retry(error);
      this.#on.failed(error);
    } finally {
      this.#asking = null;
    }
  }

  #take(items) {
    const known = this.#known();
    this.ahead.push(...items.filter(({ id }) => !known.has(id)));
    this.isOver = items.length === 0;
    this.current ??= this.ahead.shift() ?? null;
    this.#on.fetched();
  }

  #retry(error) {
    const seconds = error.retryAfter ?? WAITS[Math.min(this.#failures, WAITS.length - 1)];
    this.#failures += 1;
    if (error.kind !== "signin") this.#timer = setTimeout(() => this.fill(), seconds * 1000);
  }
}
