// The text field. What Enter would send stands in it as its placeholder; the first digit replaces it. What is half
// typed is kept in the session storage by drawing, so that it outlasts a reload.

import { isNumber, tidy } from "review/verdict";

const WRONG = /[^0-9\s]/g;
const KEY = "numeral.review-typed.";

export class Answer {
  #field;
  #storage;
  #drawing = null;

  constructor(field, { storage, onInput }) {
    this.#field = field;
    this.#storage = storage;
    field.addEventListener("input", () => {
      this.#clean();
      this.#keep();
      onInput();
    });
  }

  // Text as it would be sent; "" if nothing is typed.
  get text() {
    return tidy(this.#field.value);
  }

  get isTyped() {
    return this.#field.value !== "";
  }

  get isNumber() {
    return isNumber(this.text);
  }

  // Begins with a drawing: with what was half typed of it.
  begin(drawing, suggestion) {
    this.#drawing = drawing;
    this.#field.placeholder = suggestion;
    this.#field.value = this.#storage.getItem(KEY + drawing) ?? "";
    this.#field.rows = Math.max(suggestion.split("\n").length, this.#field.value.split("\n").length);
  }

  insert(text) {
    const { selectionStart, selectionEnd } = this.#field;
    this.#field.setRangeText(text, selectionStart, selectionEnd, "end");
    this.#field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  clear() {
    this.#field.value = "";
    this.#keep();
  }

  focus() {
    this.#field.focus({ preventScroll: true });
  }

  // Letters are commands or slips.
  #clean() {
    const { value, selectionStart } = this.#field;
    const clean = value.replace(WRONG, "");
    if (clean === value) return;
    const caret = selectionStart - (value.length - clean.length);
    this.#field.value = clean;
    this.#field.setSelectionRange(caret, caret);
  }

  #keep() {
    if (this.isTyped) this.#storage.setItem(KEY + this.#drawing, this.#field.value);
    else this.#storage.removeItem(KEY + this.#drawing);
  }
}
