// The panel "Why this number?": why a digit was read as it was, in words, as coloured ink and by digits that are
// like it. The answer is asked for when the panel is opened.

import { getJson } from "api";
import { drawGlyph, drawStrokes } from "reading/heat-map";

const TIMEOUT = 6000; // ms; the server gives up after half of it

export class ExplanationPanel {
  #root;
  #answers = new Map(); // promises, by the index of the digit
  #digit = 0; // index
  #map = "weight"; // the value that colours the ink: "weight" or "contrast"

  constructor(root) {
    this.#root = root;
    root.hidden = false; // the page hides it from browsers without scripts, which cannot fill it
    root.addEventListener("toggle", () => root.open && this.#show());
    root.addEventListener("change", (event) => this.#choose(event.target));
    this.#find("again").addEventListener("click", () => this.#show());
  }

  #find(name) {
    return this.#root.querySelector(`[data-why-${name}]`);
  }

  #choose({ dataset, value }) {
    if ("whyDigit" in dataset) this.#digit = Number(value);
    else this.#map = value;
    this.#show();
  }

  async #show() {
    const digit = this.#digit;
    const isChosen = () => digit === this.#digit; // somebody may choose another digit before the answer comes
    // By a timer, because an answer that was asked for before is there first, and then nothing flickers.
    const waiting = setTimeout(() => this.#renderWaiting());
    try {
      const answer = await this.#ask(digit);
      if (isChosen()) this.#render(answer);
    } catch (error) {
      if (isChosen()) this.#renderError(error);
    } finally {
      clearTimeout(waiting);
    }
  }

  #ask(digit) {
    if (!this.#answers.has(digit)) {
      const answer = getJson(`${this.#root.dataset.url}?digit=${digit}`, { timeout: TIMEOUT });
      answer.catch(() => this.#answers.delete(digit)); // "Try again" then asks anew
      this.#answers.set(digit, answer);
    }
    return this.#answers.get(digit);
  }

  #renderWaiting() {
    this.#find("found").hidden = true;
    this.#find("again").hidden = true;
    this.#say(["Trying what it would be with gaps …"]);
  }

  #renderError(error) {
    this.#find("found").hidden = true;
    this.#find("again").hidden = false;
    this.#say([error.message]);
  }

  // Unchanged sentences stay in place: a screen reader would say new ones again when only the colours change.
  #say(sentences) {
    const words = this.#find("words");
    if (words.textContent === sentences.join("")) return;
    const paragraphs = sentences.map((text) => Object.assign(document.createElement("p"), { textContent: text }));
    words.replaceChildren(...paragraphs);
  }

  // `answer` is the explanation, as the API answers it.
  #render(answer) {
    const name = answer.label === null ? "no digit" : `a ${answer.label}`;
    this.#say(answer.sentences);
    this.#find("again").hidden = true;
    this.#find("for").textContent = `for ${name}`;
    this.#find("rather").textContent = `for ${name} rather than a ${answer.second.label}`;
    this.#renderInk(answer);
    this.#renderExamples(answer);
    this.#find("found").hidden = false;
  }

  #renderInk({ strokes, glyph, heat, contrast }) {
    const drawing = this.#find("drawing");
    drawing.hidden = !strokes.length;
    if (strokes.length) drawStrokes(drawing.querySelector("svg"), strokes, this.#map);
    drawGlyph(this.#find("glyph"), glyph, this.#map === "weight" ? heat : contrast);
  }

  #renderExamples({ nearest, nearest_second: second }) {
    this.#find("alike").hidden = !nearest.length;
    this.#find("nearest").replaceChildren(...nearest.map((example) => this.#makeExample(example)));
    this.#find("second").replaceChildren(...(second ? [this.#makeExample(second)] : []));
    const heading = this.#find("second-heading");
    heading.hidden = !second;
    heading.textContent = second ? `The ${second.label} most like it` : "";
  }

  #makeExample({ label, similarity, own, glyph }) {
    const item = this.#find("example").content.cloneNode(true);
    item.querySelector("img").src = `data:image/png;base64,${glyph}`;
    item.querySelector("[data-label]").textContent = own ? `${label}, yours` : label;
    item.querySelector("[data-alike]").textContent = formatSimilarity(similarity);
    return item;
  }
}

// Within 0 and 99 %: two digits that people wrote are never the same, and a cosine can be negative.
export function formatSimilarity(similarity) {
  return `${Math.max(0, Math.min(99, Math.round(100 * similarity)))} %`;
}
