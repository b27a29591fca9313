// What the desk says above the drawing, and to screen readers.

export class Notices {
  #root;

  constructor(root) {
    this.#root = root;
  }

  // Screen readers hear it when they are done with what they say.
  announce(text) {
    this.#root.querySelector("[data-announce]").textContent = text;
  }

  showUnsent(count, { isAway }) {
    const waits = count === 1 ? "1 verdict waits" : `${count} verdicts wait`;
    this.#show(
      "unsent",
      isAway && count ? `${waits} to be sent. That happens by itself once the server answers.` : "",
    );
  }

  showProblem(text) {
    this.#show("problem", text);
    if (text) this.announce(text);
  }

  askForLogin(isNeeded) {
    this.#find("login").hidden = !isNeeded;
  }

  #show(name, text) {
    const notice = this.#find(name);
    notice.textContent = text;
    notice.hidden = !text;
  }

  #find(name) {
    return this.#root.querySelector(`[data-notice="${name}"]`);
  }
}
