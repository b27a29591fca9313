// Reading while somebody draws. Only the newest drawing matters: a new question cancels the one before it, a late
// answer is ignored, and while the reader is away the newest drawing is asked about again and again.
//
// Events, each with a `detail`:
//   "answer"   the reading
//   "away"     why no answer comes: away, offline or broken
//   "busy"     seconds until the next question
//   "refused"  why, in plain words

import { postDrawing } from "api";

const PAUSE = 200; // ms after the last point: a shorter pause asks in mid-stroke, a longer one feels late
const PATIENCE = 2800; // ms without an answer after which people should know that nobody reads
const PICTURE_PATIENCE = 20_000; // ms; a picture may still be on its way through a slow line
const BACK_OFF = [1, 2, 4, 8, 15]; // seconds before the first, second, ... retry
const TEMPORARY = ["away", "offline", "broken"]; // kinds of ApiError that pass by themselves

export class LiveReading extends EventTarget {
  #url;
  #timer = 0; // of the next question
  #watchdog = 0; // timer that tells that no answer comes
  #failures = 0; // in a row
  #request = null; // AbortController of the question under way
  #drawing = null; // the drawing that still waits for an answer

  constructor(url) {
    super();
    this.#url = url;
    addEventListener("online", () => this.#drawing && this.ask(this.#drawing));
  }

  // Asks after a pause, in which nothing more was drawn. `getDrawing` is called then.
  askSoon(getDrawing) {
    this.#cancelQuestion();
    this.#timer = setTimeout(() => this.ask(getDrawing()), PAUSE);
  }

  async ask(drawing) {
    this.#cancelQuestion();
    this.#drawing = drawing;
    this.#startWatchdog();
    const request = new AbortController();
    this.#request = request;
    const isNewest = () => request === this.#request;
    try {
      const timeout = this.#patience();
      const reading = await postDrawing(this.#url, drawing, { signal: request.signal, timeout });
      if (isNewest()) this.#finish("answer", reading);
    } catch (error) {
      if (isNewest()) this.#fail(error);
    }
  }

  // Asks nothing any more, and ignores the answer to the question under way.
  stop() {
    this.#cancelQuestion();
    this.#expectNothing();
  }

  #patience() {
    return this.#drawing.picture ? PICTURE_PATIENCE : PATIENCE;
  }

  #cancelQuestion() {
    clearTimeout(this.#timer);
    this.#request?.abort();
    this.#request = null;
  }

  #expectNothing() {
    this.#stopWatchdog();
    this.#drawing = null;
    this.#failures = 0;
  }

  // Counts from the first question without an answer, not from the newest: each question cancels the one before
  // it, so people who keep drawing would otherwise never hear that the reader is away.
  #startWatchdog() {
    this.#watchdog ||= setTimeout(() => this.#send("away", "away"), this.#patience());
  }

  #stopWatchdog() {
    clearTimeout(this.#watchdog);
    this.#watchdog = 0;
  }

  #finish(name, detail) {
    this.#expectNothing();
    this.#send(name, detail);
  }

  #fail(error) {
    if (error.kind === "refused" || error.kind === "signin") this.#finish("refused", error.message);
    else if (error.kind === "busy") this.#retry(error.retryAfter, "busy", error.retryAfter);
    else if (TEMPORARY.includes(error.kind)) this.#retry(this.#nextBackOff(), "away", error.kind);
    else throw error;
  }

  #nextBackOff() {
    const seconds = BACK_OFF[Math.min(this.#failures, BACK_OFF.length - 1)];
    this.#failures += 1;
    return seconds;
  }

  #retry(seconds, name, detail) {
    this.#stopWatchdog();
    this.#timer = setTimeout(() => this.ask(this.#drawing), seconds * 1000);
    this.#send(name, detail);
  }

  #send(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
