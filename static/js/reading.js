// What was read, in words: the number in large type, how sure it is, and the same for who listens.

const SETTLED = 600; // ms; somebody who listens hears the result, not every step to it

const IDLE = { lead: "Draw a number", hint: "With mouse, finger or pen. Several digits are fine." };
const AWAY = "The reader is away. Your drawing is safe here; I'll try again.";

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
    if (!reading.text) return this.#unreadable();
    const sure = sureness(reading.state, reading.confidence);
    const lead = sure === "unsure" ? "Perhaps" : "Looks like";
    const hint = sure === "unsure" && reading.alternative ? `or ${reading.alternative.replaceAll("\n", " / ")}` : "";
    this.#show("fresh", { lead, number: reading.text, sure, share: percent(reading.confidence), hint });
    this.#announce(`${lead} ${reading.text.replaceAll("\n", ", then ")}, ${sure}${hint && `, ${hint}`}`);
  }

  away() {
    this.#tell("away", "No answer yet", AWAY);
  }

  refused(words) {
    this.#tell("refused", "That did not work", words);
  }

  busy(seconds) {
    this.#tell("away", "One moment", `That was a lot at once. I'll go on reading in ${seconds} s.`);
  }

  #unreadable() {
    this.#tell("unreadable", "I can't read this one", "Try larger digits, with a little room between them.");
  }

  #tell(state, lead, hint) {
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
