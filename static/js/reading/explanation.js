// Why a digit was read as it was: asked for when the panel is opened, shown in words, as coloured ink and by digits
// that are like it.

import { getJson } from "api";
import { drawGlyph, drawStrokes } from "reading/heat-map";

const PATIENCE = 6000; // ms; the server gives up after half of it

class WhyPanel {
  #root;
  #answers = new Map(); // promises, by digit
  #digit = 0;
  #map = "weight";

  constructor(root) {
    this.#root = root;
    root.hidden = false; // without scripts it could not be filled
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
    const isChosen = () => digit === this.#digit; // somebody may choose another meanwhile
    const waiting = setTimeout(() => this.#wait()); // not for an answer that is here already
    try {
      const answer = await this.#ask(digit);
      if (isChosen()) this.#render(answer);
    } catch (error) {
      if (isChosen()) this.#fail(error);
    } finally {
      clearTimeout(waiting);
    }
  }

  #ask(digit) {
    if (!this.#answers.has(digit)) {
      const answer = getJson(`${this.#root.dataset.url}?digit=${digit}`, { timeout: PATIENCE });
      answer.catch(() => this.#answers.delete(digit)); // the next time it may go well
      this.#answers.set(digit, answer);
    }
    return this.#answers.get(digit);
  }

  #wait() {
    this.#find("found").hidden = this.#find("again").hidden = true;
    this.#say(["Trying what it would be with gaps …"]);
  }

  #fail(error) {
    this.#find("found").hidden = true;
    this.#find("again").hidden = false;
    this.#say([error.message]);
  }

  #say(sentences) {
    const words = this.#find("words");
    const lines = sentences.map((sentence) => Object.assign(document.createElement("p"), { textContent: sentence }));
    // What is said already is not said again when only the colours change.
    if (words.textContent !== sentences.join("")) words.replaceChildren(...lines);
  }

  #render(answer) {
    const name = answer.label === null ? "no digit" : `a ${answer.label}`;
    this.#say(answer.sentences);
    this.#find("again").hidden = true;
    this.#find("for").textContent = `for ${name}`;
    this.#find("rather").textContent = `for ${name} rather than a ${answer.second.label}`;
    this.#renderInk(answer);
    this.#renderAlike(answer);
    this.#find("found").hidden = false;
  }

  #renderInk({ strokes, glyph, heat, contrast }) {
    const drawing = this.#find("drawing");
    drawing.hidden = !strokes.length;
    if (strokes.length) drawStrokes(drawing.querySelector("svg"), strokes, this.#map);
    drawGlyph(this.#find("glyph"), glyph, this.#map === "weight" ? heat : contrast);
  }

  #renderAlike({ nearest, nearest_second: second }) {
    this.#find("alike").hidden = !nearest.length;
    this.#find("nearest").replaceChildren(...nearest.map((example) => this.#example(example)));
    this.#find("second").replaceChildren(...(second ? [this.#example(second)] : []));
    const heading = this.#find("second-heading");
    heading.hidden = !second;
    heading.textContent = second ? `The ${second.label} most like it` : "";
  }

  #example({ label, similarity, own, glyph }) {
    const item = this.#find("example").content.cloneNode(true);
    const image = item.querySelector("img");
    image.src = `data:image/png;base64,${glyph}`;
    item.querySelector("[data-label]").textContent = own ? `${label}, yours` : label;
    item.querySelector("[data-alike]").textContent = `${Math.max(0, Math.min(99, Math.round(100 * similarity)))} %`;
    return item;
  }
}

for (const root of document.querySelectorAll("[data-why]")) new WhyPanel(root);
