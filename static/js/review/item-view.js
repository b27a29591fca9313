// Everything that the desk says of an item beside its picture.

import { percent, sureness } from "reading/certainty";
import { inOneLine, inWords } from "review/verdict";

export class ItemView {
  #root;

  constructor(root) {
    this.#root = root;
  }

  // `mine` is the verdict that the reviewer gave before, or null.
  show(item, { suggestion, mine, conflict }) {
    this.#showFacts(item);
    this.#showConflict(item, conflict);
    this.#fill("before", mine ? `You decided: ${inWords(mine)}. Decide anew, or go on with →.` : "");
    this.#find("why-shown").textContent = item.why;
    this.#button("writer").hidden = !item.correction;
    if (item.correction)
      this.#label("writer", `Writer: ${item.correction.text ? inOneLine(item.correction.text) : "no number"}`);
    this.#button("replay").disabled = !item.strokes;
    this.showAnswer({ suggestion, typed: "" });
  }

  // What Enter would send, on its button and below the field.
  showAnswer({ suggestion, typed }) {
    const accept = this.#button("accept");
    const sends = typed || (suggestion && inWords(suggestion));
    accept.disabled = !sends;
    this.#label("accept", sends ? `It is ${inOneLine(sends)}` : "It is …");
    this.#find("answer-help").textContent =
      typed || suggestion ? "" : "Nothing was read: type the number, or press X, U or S.";
  }

  #showFacts({ reading, correction, verdict, glyphs, alike }) {
    this.#fact("reading", reading);
    if (reading) this.#showReading(reading);
    this.#fact("correction", correction);
    this.#find("correction-text").textContent = correction ? correction.text || "no number" : "";
    this.#fact("verdict", verdict);
    this.#find("verdict-text").textContent = verdict
      ? `${inWords(verdict)}, by ${verdict.reviewer ?? "somebody"}`
      : "";
    this.#fact("glyphs", glyphs);
    if (glyphs) this.#find("glyphs").src = glyphs;
    this.#fact("alike", alike);
    this.#find("alike").textContent = alike === 1 ? "1 more drawing" : `${alike} more drawings`;
  }

  #showReading({ state, text, confidence, alternative }) {
    this.#find("reading-text").textContent = text || "no number";
    const sure = this.#find("sureness");
    sure.dataset.sure = sureness(state, confidence);
    sure.textContent = text ? `${sure.dataset.sure}, ${percent(confidence)}` : "";
    this.#find("alternative").textContent = alternative ? `or ${inOneLine(alternative)}` : "";
  }

  #showConflict({ correction }, conflict) {
    this.#find("conflict").hidden = !conflict;
    if (!conflict) return;
    const { current, mine } = conflict;
    const other = current
      ? `${current.reviewer ?? "Somebody"} said ${inWords(current)} meanwhile`
      : `This drawing changed meanwhile${correction ? `: its writer says ${inOneLine(correction.text) || "no number"}` : ""}`;
    this.#find("conflict-text").textContent =
      `${other}. You said ${inWords(mine)}. Enter sends yours all the same.`;
    this.#label("keep", current ? `Keep ${inWords(current)}` : "Leave it");
  }

  #fill(name, text) {
    const element = this.#find(name);
    element.textContent = text;
    element.hidden = !text;
  }

  #fact(name, value) {
    this.#root.querySelector(`[data-fact="${name}"]`).hidden = !value;
  }

  #find(name) {
    return this.#root.querySelector(`[data-${name}]`);
  }

  #button(action) {
    return this.#root.querySelector(`[data-action="${action}"]`);
  }

  #label(action, text) {
    this.#button(action).querySelector("[data-label]").textContent = text;
  }
}
