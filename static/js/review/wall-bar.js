// The bar below the wall: how many drawings are selected, which number they are to be, and what happened.

const GIVES = "[data-give]";

export class WallBar {
  #isWritten = false; // by the reviewer: no suggestion replaces it
  #count = 0;
  #isBusy = false;

  // `actions`: give(verdict), and undo, all, none and open for the buttons of these names.
  constructor(root, actions) {
    this.root = root;
    this.field = root.querySelector("[data-text]");
    this.status = root.querySelector("[data-status]");
    this.field.addEventListener("input", () => {
      this.#isWritten = true;
    });
    root.querySelector("[data-decide]").addEventListener("submit", (event) => {
      event.preventDefault();
      actions.give("number");
    });
    for (const button of root.querySelectorAll(`${GIVES}[type="button"]`)) {
      button.addEventListener("click", () => actions.give(button.dataset.give));
    }
    for (const button of root.querySelectorAll("[data-do]")) {
      button.addEventListener("click", () => actions[button.dataset.do]());
    }
  }

  get line() {
    return this.field.value.trim();
  }

  suggest(line) {
    if (!this.#isWritten) this.field.value = line;
  }

  // The first digit takes the place of what was suggested.
  write(digit) {
    this.field.value = this.#isWritten ? this.field.value + digit : digit;
    this.#isWritten = true;
  }

  erase() {
    this.field.value = this.#isWritten ? this.field.value.slice(0, -1) : "";
    this.#isWritten = true;
  }

  forgetWritten() {
    this.#isWritten = false;
  }

  showCount(count) {
    this.#count = count;
    this.root.querySelector("[data-count]").textContent = count;
    this.#refresh();
  }

  set isBusy(isBusy) {
    this.#isBusy = isBusy;
    this.#refresh();
  }

  get isBusy() {
    return this.#isBusy;
  }

  // `retry` is what a button "Try again" calls, `login` the address of a link, which opens beside the wall.
  say(words, { retry, login } = {}) {
    this.status.replaceChildren(words);
    if (login) this.status.append(" ", makeLink("Log in", login));
    if (retry) this.status.append(" ", makeButton("Try again", retry));
  }

  #refresh() {
    for (const button of this.root.querySelectorAll(GIVES)) button.disabled = this.#isBusy || this.#count === 0;
    this.root.toggleAttribute("data-busy", this.#isBusy);
  }
}

function makeLink(words, href) {
  const link = document.createElement("a");
  Object.assign(link, { href, target: "_blank", textContent: words });
  return link;
}

function makeButton(words, action) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "button button-small", textContent: words });
  button.addEventListener("click", action);
  return button;
}
