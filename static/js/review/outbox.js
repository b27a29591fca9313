// The outbox: verdicts and skips that the server has yet to get. It lies in the local storage under the user's
// number, so nothing that was decided is lost with the page, the network or the session. It is sent in order. Each
// verdict carries a `step` made here: sent twice, it counts once.
//
// An entry is {kind: "verdict" | "skip", drawing, ...}. `tried` says that the server may have got it without our
// knowing. `conflict` is the answer 409: somebody decided meanwhile; the entry stays until the reviewer has looked.

const WAITS = [1, 2, 4, 8, 15, 30]; // seconds until it is sent again; the last one counts from then on

export class Outbox {
  #storage;
  #key;
  #send;
  #on;
  #sending = null;
  #timer = null;
  #failures = 0;
  #memory = null; // the entries, where storage is full or forbidden

  // `send` takes an entry and answers what the server says, or fails with an ApiError. `on` has functions:
  // change(), sent(entry, answer), conflict(entry), refused(entry, error), failed(error).
  constructor({ storage, user, send, on }) {
    this.#storage = storage;
    this.#key = `numeral.review-outbox.${user}`;
    this.#send = send;
    this.#on = on;
  }

  get entries() {
    if (this.#memory) return this.#memory;
    try {
      return JSON.parse(this.#storage.getItem(this.#key)) ?? [];
    } catch {
      return [];
    }
  }

  get unsent() {
    return this.entries.filter((entry) => !entry.conflict);
  }

  get conflicts() {
    return this.entries.filter((entry) => entry.conflict);
  }

  add(entry) {
    this.#write([...this.entries, { step: crypto.randomUUID(), ...entry }]);
    this.flush();
  }

  drop(step) {
    this.#write(this.entries.filter((entry) => entry.step !== step));
  }

  // The last entry, if the server can't have got it: then it never happened. Else null.
  takeBack() {
    const last = this.unsent.at(-1);
    if (!last || last.tried) return null;
    this.drop(last.step);
    return last;
  }

  // Sends what there is; fulfilled when that is done or has failed. True if nothing is left.
  async flush() {
    clearTimeout(this.#timer);
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
    });
    await this.#sending;
    return this.unsent.length === 0;
  }

  async #sendAll() {
    for (let entry = this.unsent[0]; entry; entry = this.unsent[0]) {
      if (globalThis.navigator?.onLine === false) return; // the event "online" calls flush
      this.#change(entry.step, { tried: true });
      try {
        this.#settle(entry, await this.#send(entry));
      } catch (error) {
        if (!this.#goOn(entry, error)) return;
      }
    }
  }

  #settle(entry, answer) {
    this.#failures = 0;
    this.drop(entry.step);
    // A later verdict on the same drawing was given after seeing this one.
    if (answer.item) {
      for (const later of this.unsent) {
        if (later.drawing === entry.drawing && later.seen === entry.seen) {
          this.#change(later.step, { seen: answer.item.seen });
        }
      }
    }
    this.#on.sent(entry, answer);
  }

  // Whether the next entry may be sent after this failure.
  #goOn(entry, error) {
    if (error.kind === "conflict") {
      this.#change(entry.step, { conflict: error.answer, tried: false });
      this.#on.conflict({ ...entry, conflict: error.answer });
      return true;
    }
    if (error.kind === "refused") {
      this.drop(entry.step);
      this.#on.refused(entry, error);
      return true;
    }
    // These came from the server before it did anything.
    if (error.kind === "signin" || error.kind === "busy") this.#change(entry.step, { tried: false });
    this.#on.failed(error);
    if (error.kind !== "signin") this.#retry(error);
    return false;
  }

  #retry({ retryAfter }) {
    const seconds = retryAfter ?? WAITS[Math.min(this.#failures, WAITS.length - 1)];
    this.#failures += 1;
    this.#timer = setTimeout(() => this.flush(), seconds * 1000);
  }

  #change(step, values) {
    this.#write(this.entries.map((entry) => (entry.step === step ? { ...entry, ...values } : entry)));
  }

  #write(entries) {
    try {
      this.#storage.setItem(this.#key, JSON.stringify(entries));
      this.#memory = null;
    } catch {
      this.#memory = entries;
    }
    this.#on.change();
  }
}
