// The drawing of an item as SVG: its ink or its picture, with boxes round its digits.

const SVG = "http://www.w3.org/2000/svg";

export class DrawingView {
  #root;

  constructor(root) {
    this.#root = root;
  }

  show(item) {
    const { ink, size, digits } = item;
    this.#root.setAttribute("viewBox", ink ? ink.view_box : `0 0 ${size?.join(" ") ?? "4 3"}`);
    this.#root.setAttribute("aria-label", nameOf(item));
    const pad = ink ? ink.pen / 2 : 0;
    const written = ink ? element("path", { d: ink.path, "stroke-width": ink.pen }) : pictureOf(item);
    this.#root.replaceChildren(written, ...digits.map((digit) => boxOf(digit, pad)));
  }

  // A path above the ink, which the caller fills; null for a picture.
  addPath(item) {
    if (!item.ink) return null;
    const path = element("path", { class: "desk-replayed", d: "", "stroke-width": item.ink.pen });
    this.#root.append(path);
    return path;
  }
}

export function preload(item) {
  if (item.image) new Image().src = item.image;
}

function nameOf({ ink, digits }) {
  const count = digits.length === 1 ? "1 digit" : `${digits.length} digits`;
  return `${ink ? "The drawing" : "The uploaded picture"}, ${count} found in it`;
}

function pictureOf({ image, size }) {
  const [width, height] = size ?? [4, 3];
  return element("image", { href: image, width, height });
}

// Boxes of ink are widened by the pen.
function boxOf({ box: [x, y, width, height] }, pad) {
  const frame = { x: x - pad, y: y - pad, width: width + 2 * pad, height: height + 2 * pad };
  return element("rect", { class: "ink-box", ...frame });
}

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
