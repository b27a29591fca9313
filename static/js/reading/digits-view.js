// The digits of a reading: a box around each digit on the drawing, a chip for each to choose it by, and the ten
// probabilities of the chosen digit as bars. Ink that is no digit gets a box with a question mark, but no chip:
// of a scribble, ten probabilities tell nothing.

import { barPercent, sureness } from "reading/certainty";
import { hasSeveral, isDoubtful } from "reading/doubts";

const LABEL_HEIGHT = 32; // px that the label of a box takes above the box

export class DigitsView {
  #pad;
  #root;
  #boxes;
  #chips;
  #heading;
  #bars;
  #idleHeading;
  #found = []; // all that has a box
  #digits = []; // those of #found that are digits
  #inDoubt = new Set(); // places in #found of the digits of doubtful numbers, where there are several numbers
  #pictureSize = null; // of the picture in which they were found; null for strokes
  #chosen = null; // index of a digit; null follows the last digit, the one that is being written

  constructor(root, boxes, pad) {
    this.#root = root;
    this.#pad = pad;
    this.#boxes = boxes;
    this.#chips = root.querySelector("[data-chips]");
    this.#heading = root.querySelector("[data-bars-heading]");
    this.#bars = [...root.querySelectorAll("[data-bar]")];
    this.#idleHeading = this.#heading.textContent;
    this.#chips.addEventListener("click", (event) => this.#choose(event));
    this.#chips.addEventListener("focusin", (event) => this.#choose(event));
    pad.addEventListener("view", () => this.#placeBoxes());
  }

  // The argument is a reading, as the API answers it.
  show(reading) {
    const { digits, size, numbers } = reading;
    this.#found = digits;
    this.#inDoubt = new Set(
      hasSeveral(reading) ? numbers.filter(isDoubtful).flatMap((number) => number.digits) : [],
    );
    this.#digits = digits.filter(isDigit);
    this.#pictureSize = size;
    this.#setStale(false);
    this.#renderChips();
    this.#renderBoxes();
    this.#renderChoice();
  }

  clear() {
    this.#chosen = null;
    this.show({ digits: [], size: null });
  }

  markStale() {
    this.#setStale(true);
  }

  // Index of the digit whose bars are shown; -1 without digits.
  get #current() {
    const last = this.#digits.length - 1;
    return this.#chosen === null ? last : Math.min(this.#chosen, last);
  }

  #setStale(isStale) {
    this.#root.toggleAttribute("data-stale", isStale);
    this.#boxes.toggleAttribute("data-stale", isStale);
  }

  #choose(event) {
    const chip = event.target.closest("[data-chip]");
    if (!chip) return;
    this.#chosen = Number(chip.dataset.chip);
    this.#renderChoice();
  }

  // Chips are reused: the one in focus keeps the focus while the reading changes.
  #renderChips() {
    const template = this.#root.querySelector("[data-chip-template]");
    const chips = this.#chips;
    while (chips.children.length > this.#digits.length) chips.lastElementChild.remove();
    while (chips.children.length < this.#digits.length) chips.append(template.content.cloneNode(true));
    this.#digits.forEach((digit, i) => {
      fillChip(chips.children[i].querySelector("button"), digit, i);
    });
  }

  #renderBoxes() {
    this.#boxes.replaceChildren(...this.#found.map((found, i) => makeBox(found, this.#inDoubt.has(i))));
    this.#placeBoxes();
  }

  #placeBoxes() {
    [...this.#boxes.children].forEach((box, i) => {
      const place = this.#pad.place(this.#found[i].box, this.#pictureSize);
      for (const side of Object.keys(place)) box.style[side] = `${place[side]}px`;
      box.toggleAttribute("data-high", place.top < LABEL_HEIGHT);
    });
  }

  #renderChoice() {
    const current = this.#current;
    const digit = this.#digits[current];
    [...this.#chips.children].forEach((item, i) => {
      item.querySelector("button").setAttribute("aria-pressed", String(i === current));
    });
    this.#scrollTo(this.#chips.children[current]);
    [...this.#boxes.children].forEach((box, i) => {
      box.toggleAttribute("data-chosen", this.#found[i] === digit);
    });
    this.#heading.textContent = digit ? describeDigit(digit, current, this.#digits.length) : this.#idleHeading;
    this.#bars.forEach((bar, label) => {
      fillBar(bar, digit?.probabilities[label] ?? 0, digit?.label === label);
    });
  }

  // Not with scrollIntoView, which would scroll the page, too.
  #scrollTo(chip) {
    if (!chip) return;
    const chips = this.#chips;
    const start = chip.offsetLeft - chips.offsetLeft;
    if (start < chips.scrollLeft) chips.scrollLeft = start;
    chips.scrollLeft = Math.max(chips.scrollLeft, start + chip.offsetWidth - chips.clientWidth);
  }
}

export function isDigit({ label }) {
  return label !== null;
}

// The heading over the bars. It says the confidence in a word, not as a number: the confidence also counts whether
// these strokes are one digit at all, which the bars do not, so two different numbers would stand there.
export function describeDigit(digit, index, count) {
  const position = count > 1 ? `Digit ${index + 1} of ${count}: ` : "";
  return `${position}${digit.label}, ${surenessOf(digit)}`;
}

function surenessOf(digit) {
  return sureness("recognised", digit.confidence);
}

function fillChip(button, digit, index) {
  button.dataset.chip = index;
  button.toggleAttribute("data-unsure", surenessOf(digit) !== "sure");
  button.textContent = digit.label;
}

function makeBox(found, isInDoubt) {
  const box = document.createElement("div");
  box.className = "box";
  box.toggleAttribute("data-doubtful", isInDoubt);
  const label = document.createElement("span");
  label.className = "box-label";
  label.textContent = isDigit(found) ? found.label : "?";
  box.append(label);
  return box;
}

function fillBar(bar, share, isBest) {
  bar.toggleAttribute("data-best", isBest);
  bar.querySelector("[data-bar-fill]").setAttribute("height", 100 * share);
  bar.querySelector("[data-bar-share]").textContent = barPercent(share);
}
