// Reading while one draws. Only the newest drawing matters: asking again drops the question before it, a late
// answer is never heard, and while the reader is away the newest drawing is asked about again and again.
//
// Events, each with a `detail`: "answer" the reading; "away" why: away, offline or broken; "busy" seconds to wait;
// "refused" words

import { postDrawing } from "api";

const PAUSE = 200; // ms after the last point: shorter asks in the middle of a stroke, longer feels late
const PATIENCE = 2800; // ms until somebody who draws should know that nobody reads
const PICTURE_PATIENCE = 20_000; // a picture may still be on its way through a slow line
const BACK_OFF = [1, 2, 4, 8, 15]; // seconds
const AWAY = ["away", "offline", "broken"]; // all of them pass

export class LiveReading extends EventTarget {
  #url;
  #timer = 0;
  #watchdog = 0;
  #failures = 0;
  #request = null; // AbortController of the question under way; a new one is also the sequence number
  #drawing = null; // what an answer is still owed for

  constructor(url) {
    super();
    this.#url = url;
    addEventListener("online", () => this.#drawing && this.ask(this.#drawing));
  }

  askSoon(take) {
    this.#drop();
    this.#timer = setTimeout(() => this.ask(take()), PAUSE);
  }

  async ask(drawing) {
    this.#drop();
    this.#drawing = drawing;
    this.#watch();
    const request = (this.#request = new AbortController());
    try {
      const timeout = this.#patience();
      const reading = await postDrawing(this.#url, drawing, { signal: request.signal, timeout });
      if (request === this.#request) this.#settle("answer", reading);
    } catch (error) {
      if (request === this.#request) this.#fail(error);
    }
  }

  // Nothing is asked any more, and nothing that is still under way will be heard.
  stop() {
    this.#drop();
    this.#rest();
  }

  #patience() {
    return this.#drawing.picture ? PICTURE_PATIENCE : PATIENCE;
  }

  #drop() {
    clearTimeout(this.#timer);
    this.#request?.abort();
    this.#request = null;
  }

  #rest() {
    clearTimeout(this.#watchdog);
    this.#watchdog = 0;
    this.#drawing = null;
    this.#failures = 0;
  }

  // Counts from the first question without an answer: somebody who keeps drawing drops question after
  // question and would otherwise never hear that the reader is away.
  #watch() {
    this.#watchdog ||= setTimeout(() => this.#tell("away", "away"), this.#patience());
  }

  #settle(name, detail) {
    this.#rest();
    this.#tell(name, detail);
  }

  #fail(error) {
    if (error.kind === "refused" || error.kind === "signin") this.#settle("refused", error.message);
    else if (error.kind === "busy") this.#retry(error.retryAfter, "busy", error.retryAfter);
    else if (AWAY.includes(error.kind)) this.#retry(this.#backOff(), "away", error.kind);
    else throw error;
  }

  #backOff() {
    return BACK_OFF[Math.min(this.#failures++, BACK_OFF.length - 1)];
  }

  #retry(seconds, name, detail) {
    clearTimeout(this.#watchdog);
    this.#watchdog = 0;
    this.#timer = setTimeout(() => this.ask(this.#drawing), seconds * 1000);
    this.#tell(name, detail);
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
