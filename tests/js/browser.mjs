// Stand-ins for the few parts of a browser that the modules under test use. Each holds only what they call.

// An element of a page: attributes, events, text and children, but no layout.
export class FakeElement extends EventTarget {
  attributes = {};
  children = [];
  dataset = {};
  disabled = false;
  hidden = false;
  textContent = "";

  classList = { added: new Set(), add: (name) => this.classList.added.add(name) };

  style = { setProperty: (name, value) => (this.style[name] = value) };

  constructor(parts = {}) {
    super();
    this.parts = parts; // elements by the selector that finds them
  }

  querySelector(selector) {
    return this.parts[selector] ?? null;
  }

  querySelectorAll(selector) {
    return this.parts[selector] ?? [];
  }

  setAttribute(name, value) {
    this.attributes[name] = String(value);
  }

  append(...children) {
    this.children.push(...children);
  }

  replaceChildren(...children) {
    this.children = children;
  }
}

// An event with the given properties, which remembers whether its default action was prevented.
export function makeEvent(name, properties = {}) {
  return Object.assign(new Event(name, { cancelable: true }), properties);
}

export class FakeStorage {
  #items = new Map();

  getItem(key) {
    return this.#items.get(key) ?? null;
  }

  setItem(key, value) {
    this.#items.set(key, String(value));
  }

  removeItem(key) {
    this.#items.delete(key);
  }
}

// Lets everything run that waits for a promise which is settled already.
export function settle() {
  return new Promise((resolve) => setImmediate(resolve));
}
