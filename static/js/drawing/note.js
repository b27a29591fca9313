// The line under the tools: what has just happened, or what one should know.

export class Note {
  #element;
  #resting;

  constructor(element) {
    this.#element = element;
    this.#resting = element.textContent.trim();
  }

  say(words, link = null) {
    this.#element.replaceChildren(words, ...(link ? [" ", makeLink(link)] : []));
  }

  rest() {
    this.say(this.#resting);
  }
}

function makeLink({ href, words }) {
  const a = document.createElement("a");
  a.href = href;
  a.textContent = words;
  return a;
}
