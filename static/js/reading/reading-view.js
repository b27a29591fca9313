// The reading in words: the number in large type and how sure it is, on the screen and for screen readers.

import { percent, sureness } from "reading/certainty";
import { describeDoubts, hasSeveral, markedText } from "reading/doubts";

// A screen reader says the result, not every step on the way to it: only what stays for this long.
const SETTLED = 600; // ms

// On the smallest phone each lead fits one line, each hint two.
const IDLE = { lead: "Draw a number", hint: "With mouse, finger or pen. Several digits are fine." };
const READING = { lead: "Reading …" };
const TRY_AGAIN = "Your drawing is safe here; I'll try again.";
// Why no answer comes, by the kind of the ApiError.
const NO_ANSWER = {
  away: { lead: "No answer yet", hint: `The reader is away. ${TRY_AGAIN}` },
  offline: { lead: "No connection", hint: `You seem to be offline. ${TRY_AGAIN}` },
  broken: { lead: "Something went wrong", hint: `That was on our side. ${TRY_AGAIN}` },
};
// A reading without a number, by its state.
const NO_NUMBER = {
  empty: { lead: "I see no number here", hint: "Is it dark enough, and large enough to see?" },
  not_a_digit: { lead: "Not a number?", hint: "That does not look like a number. Try larger, clearer digits." },
};
const UNREADABLE = { lead: "I can't read this one", hint: "Try larger digits, with a little room between them." };

export class ReadingView {
  #root;
  #parts;
  #announcer;
  #announcementTimer = 0;

  // `announcer` is the element whose text screen readers say.
  constructor(root, announcer) {
    this.#root = root;
    this.#announcer = announcer;
    const part = (name) => root.querySelector(`[data-reading-${name}]`);
    this.#parts = { lead: part("lead"), number: part("number"), sure: part("sure"), hint: part("hint") };
    this.showIdle();
  }

  showIdle() {
    this.#show("idle", IDLE);
    this.#announce("");
  }

  // The ink has changed: what was read is still worth seeing, but no longer true.
  markStale() {
    const { dataset } = this.#root;
    if (dataset.state === "fresh") dataset.state = "stale";
    if (dataset.state === "idle") this.#show("reading", READING);
    this.#announce("");
  }

  // `reading` is the answer of the API.
  show(reading) {
    if (!reading.text) {
      this.#showAndAnnounce("unreadable", NO_NUMBER[reading.state] ?? UNREADABLE);
      return;
    }
    const words = describeReading(reading);
    this.#show("fresh", { ...words, number: reading.text });
    if (hasSeveral(reading)) this.#parts.number.replaceChildren(...markedText(reading));
    this.#announce(announcementOf(reading, words));
  }

  // `kind` is that of the ApiError: away, offline or broken.
  showNoAnswer(kind) {
    this.#showAndAnnounce("away", NO_ANSWER[kind]);
  }

  showRefused(message) {
    this.#showAndAnnounce("refused", { lead: "Not read", hint: message });
  }

  showBusy(seconds) {
    const hint = `That was a lot at once. I'll go on reading in ${seconds} s.`;
    this.#showAndAnnounce("away", { lead: "One moment", hint });
  }

  #showAndAnnounce(state, { lead, hint }) {
    this.#show(state, { lead, hint });
    this.#announce(`${lead}. ${hint}`);
  }

  #show(state, { lead, number = "", sure = "", howSure = "", hint = "" }) {
    const parts = this.#parts;
    this.#root.dataset.state = state;
    parts.lead.textContent = lead;
    parts.number.textContent = number;
    parts.sure.dataset.sure = sure;
    parts.sure.textContent = howSure;
    parts.hint.textContent = hint;
    this.#fitNumber(number.split("\n"));
  }

  // The style sheet sizes the type by how much there is to show, so that a long number never moves the page.
  #fitNumber(lines) {
    const { style } = this.#parts.number;
    style.setProperty("--columns", Math.max(1, ...lines.map((line) => line.length)));
    style.setProperty("--lines", lines.length);
  }

  #announce(words) {
    clearTimeout(this.#announcementTimer);
    this.#announcementTimer = setTimeout(() => {
      if (this.#announcer.textContent !== words) this.#announcer.textContent = words;
    }, SETTLED);
  }
}

// A reading with a number in words: {lead, sure, howSure, hint}. Of several numbers it says which are doubtful: how
// likely all of them are right says little.
export function describeReading(reading) {
  if (hasSeveral(reading)) {
    const { sure, count, doubts, names } = describeDoubts(reading);
    return { lead: count, sure, howSure: doubts, hint: names };
  }
  const { state, confidence, alternative } = reading;
  const sure = sureness(state, confidence);
  const isUnsure = sure === "unsure";
  return {
    lead: isUnsure ? "Perhaps" : "Looks like",
    sure,
    howSure: `${sure}, ${percent(confidence)}`,
    hint: isUnsure && alternative ? `or ${alternative.replaceAll("\n", " / ")}` : "",
  };
}

// What a screen reader says of it: lines are told apart by a word, because a line break is silent.
export function announcementOf(reading, { lead, sure, hint }) {
  const number = reading.text.replaceAll("\n", ", then ");
  if (hasSeveral(reading)) return `Looks like ${number}. ${describeDoubts(reading).full}`;
  return `${lead} ${number}, ${sure}${hint && `, ${hint}`}`;
}
