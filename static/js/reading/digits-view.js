// The digits of a reading: a box around each on the drawing, a chip for each to choose it by, and the ten
// probabilities of the chosen one as bars. What is not a digit gets a box with a question mark and nothing to
// choose: of a scribble, ten probabilities tell nothing.

import { sureness } from "reading/reading-view";

const LABEL = 32; // px that the label of a box takes above it

export class DigitsView {
  #pad;
  #root;
  #boxes;
  #chips;
  #heading;
  #bars;
  #idleHeading;
  #found = []; // all that has a box
  #digits = []; // those of it that are digits
  #size = null;
  #chosen = null; // index; null follows the last digit, the one being written

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

  show({ digits, size }) {
    this.#found = digits;
    this.#digits = digits.filter(isDigit);
    this.#size = size;
    this.#mark(false);
    this.#renderChips();
    this.#renderBoxes();
    this.#renderChoice();
  }

  clear() {
    this.#chosen = null;
    this.show({ digits: [], size: null });
  }

  stale() {
    this.#mark(true);
  }

  get #current() {
    const last = this.#digits.length - 1;
    return this.#chosen === null ? last : Math.min(this.#chosen, last);
  }

  // By hand: scrollIntoView would move the page, too.
  #reveal(chip) {
    if (!chip) return;
    const chips = this.#chips;
    const start = chip.offsetLeft - chips.offsetLeft;
    if (start < chips.scrollLeft) chips.scrollLeft = start;
    chips.scrollLeft = Math.max(chips.scrollLeft, start + chip.offsetWidth - chips.clientWidth);
  }

  #mark(stale) {
    this.#root.toggleAttribute("data-stale", stale);
    this.#boxes.toggleAttribute("data-stale", stale);
  }

  #choose(event) {
    const chip = event.target.closest("[data-chip]");
    if (!chip) return;
    this.#chosen = Number(chip.dataset.chip);
    this.#renderChoice();
  }

  // Chips are reused, so that the one in focus keeps the focus while the reading changes under it.
  #renderChips() {
    const template = this.#root.querySelector("[data-chip-template]");
    const chips = this.#chips;
    while (chips.children.length > this.#digits.length) chips.lastElementChild.remove();
    while (chips.children.length < this.#digits.length) chips.append(template.content.cloneNode(true));
    this.#digits.forEach((digit, i) => fillChip(chips.children[i].querySelector("button"), digit, i));
  }

  #renderBoxes() {
    this.#boxes.replaceChildren(...this.#found.map(makeBox));
    this.#placeBoxes();
  }

  #placeBoxes() {
    [...this.#boxes.children].forEach((box, i) => {
      const place = this.#pad.place(this.#found[i].box, this.#size);
      for (const side of Object.keys(place)) box.style[side] = `${place[side]}px`;
      box.toggleAttribute("data-high", place.top < LABEL);
    });
  }

  #renderChoice() {
    const current = this.#current;
    const digit = this.#digits[current];
    [...this.#chips.children].forEach((item, i) => {
      item.querySelector("button").setAttribute("aria-pressed", String(i === current));
    });
    this.#reveal(this.#chips.children[current]);
    [...this.#boxes.children].forEach((box, i) => box.toggleAttribute("data-chosen", this.#found[i] === digit));
    this.#heading.textContent = digit ? describe(digit, current, this.#digits.length) : this.#idleHeading;
    this.#bars.forEach((bar, label) => fillBar(bar, digit?.probabilities[label] ?? 0, digit?.label === label));
  }
}

function isDigit({ label }) {
  return label !== null;
}

// In a word, not a number: the confidence also doubts that these strokes are one digit, the bars do not.
function describe(digit, index, count) {
  const place = count > 1 ? `Digit ${index + 1} of ${count}: ` : "";
  return `${place}${digit.label}, ${sure(digit)}`;
}

function sure(digit) {
  return sureness("recognised", digit.confidence);
}

function fillChip(button, digit, index) {
  button.dataset.chip = index;
  button.toggleAttribute("data-unsure", sure(digit) !== "sure");
  button.textContent = digit.label;
}

function makeBox(digit) {
  const box = document.createElement("div");
  box.className = "box";
  const label = document.createElement("span");
  label.className = "box-label";
  label.textContent = isDigit(digit) ? digit.label : "?";
  box.append(label);
  return box;
}

function fillBar(bar, share, best) {
  bar.toggleAttribute("data-best", best);
  bar.querySelector("[data-bar-fill]").setAttribute("height", 100 * share);
  bar.querySelector("[data-bar-share]").textContent = percent(share);
}

// Nobody is certain of handwriting, and a zero over each of nine bars is noise.
function percent(share) {
  if (share > 0.99) return ">99";
  return share >= 0.005 ? Math.round(share * 100) : "";
}
