// The line under the tools: it says what has just happened, or what people should know.

export class Note {
  #element;
  #restingText; // what the page says in this place until something happens

  constructor(element) {
    this.#element = element;
    this.#restingText = element.textContent.trim();
  }

  // `link` is {href, text} and follows the text.
  say(text, link = null) {
    this.#element.replaceChildren(text, ...(link ? [" ", makeLink(link)] : []));
  }

  reset() {
    this.say(this.#restingText);
  }
}

function makeLink({ href, text }) {
  const link = document.createElement("a");
  link.href = href;
  link.textContent = text;
  return link;
}
