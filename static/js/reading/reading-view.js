// What was read, in words: the number in large type, how sure it is, and the same for who listens.

const SETTLED = 600; // ms; somebody who listens hears the result, not every step to it

const IDLE = { lead: "Draw a number", hint: "With mouse, finger or pen. Several digits are fine." };
const LATER = "Your drawing is safe here; I'll try again.";
// All leads fit one line and all hints two on the smallest phone. Why no answer comes, by the kind of the ApiError:
const SILENCE = {
  away: { lead: "No answer yet", hint: `The reader is away. ${LATER}` },
  offline: { lead: "No connection", hint: `You seem to be offline. ${LATER}` },
  broken: { lead: "Something went wrong", hint: `That was on our side. ${LATER}` },
};
// A reading without a number, by its state:
const NO_NUMBER = {
  empty: { lead: "I see no number here", hint: "Is it dark enough, and large enough to see?" },
  not_a_digit: { lead: "Not a number?", hint: "That does not look like a number. Try larger, clearer digits." },
};
const UNREADABLE = { lead: "I can't read this one", hint: "Try larger digits, with a little room between them." };

// Softmax never knows for certain, so no certainty is claimed.
export function percent(share) {
  return share > 0.99 ? "> 99 %" : `${Math.round(share * 100)} %`;
}

export function sureness(state, confidence) {
  if (state === "unsure" || confidence < 0.5) return "unsure";
  return confidence >= 0.9 ? "sure" : "likely";
}

export class ReadingView {
  #root;
  #parts;
  #announcer;
  #announcement = 0;

  constructor(root, announcer) {
    this.#root = root;
    this.#announcer = announcer;
    const part = (name) => root.querySelector(`[data-reading-${name}]`);
    this.#parts = { lead: part("lead"), number: part("number"), sure: part("sure"), hint: part("hint") };
    this.idle();
  }

  idle() {
    this.#show("idle", IDLE);
    this.#announce("");
  }

  // The ink has changed since: still worth seeing, no longer true.
  stale() {
    const { dataset } = this.#root;
    if (dataset.state === "fresh") dataset.state = "stale";
    if (dataset.state === "idle") this.#show("reading", { lead: "Reading …" });
    this.#announce("");
  }

  show(reading) {
    if (!reading.text) return this.#tell("unreadable", NO_NUMBER[reading.state] ?? UNREADABLE);
    const sure = sureness(reading.state, reading.confidence);
    const lead = sure === "unsure" ? "Perhaps" : "Looks like";
    const hint = sure === "unsure" && reading.alternative ? `or ${reading.alternative.replaceAll("\n", " / ")}` : "";
    this.#show("fresh", { lead, number: reading.text, sure, share: percent(reading.confidence), hint });
    this.#announce(`${lead} ${reading.text.replaceAll("\n", ", then ")}, ${sure}${hint && `, ${hint}`}`);
  }

  away(why) {
    this.#tell("away", SILENCE[why]);
  }

  refused(words) {
    this.#tell("refused", { lead: "Not read", hint: words });
  }

  busy(seconds) {
    const hint = `That was a lot at once. I'll go on reading in ${seconds} s.`;
    this.#tell("away", { lead: "One moment", hint });
  }

  #tell(state, { lead, hint }) {
    this.#show(state, { lead, hint });
    this.#announce(`${lead}. ${hint}`);
  }

  #show(state, { lead, number = "", sure = "", share = "", hint = "" }) {
    const { lead: leadPart, number: numberPart, sure: surePart, hint: hintPart } = this.#parts;
    this.#root.dataset.state = state;
    leadPart.textContent = lead;
    numberPart.textContent = number;
    surePart.dataset.sure = sure;
    surePart.textContent = sure && `${sure}, ${share}`;
    hintPart.textContent = hint;
    this.#fitNumber(number.split("\n"));
  }

  // The type is sized by how much there is to show, so a long number never moves the page.
  #fitNumber(lines) {
    const { style } = this.#parts.number;
    style.setProperty("--columns", Math.max(1, ...lines.map((line) => line.length)));
    style.setProperty("--lines", lines.length);
  }

  #announce(words) {
    clearTimeout(this.#announcement);
    this.#announcement = setTimeout(() => {
      if (this.#announcer.textContent !== words) this.#announcer.textContent = words;
    }, SETTLED);
  }
}
