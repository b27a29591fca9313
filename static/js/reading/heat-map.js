// Ink coloured by how much it matters: lines by the weight of their pieces, a glyph by a map of its pixels.

const SVG = "http://www.w3.org/2000/svg";
const SIDE = 28; // pixels of a glyph
const FAINT = { weight: 0.05, contrast: 1 }; // less than this is not blown up to full colour
const PEN = 0.05; // of the longer side of the picture
const MARGIN = 0.1;

let masks = 0;

// `pieces` are {points, weight, contrast}; `by` is the one of the two that gives the colour.
export function drawStrokes(svg, pieces, by) {
  const most = scale(pieces.map((piece) => piece[by]), FAINT[by]);
  const side = frame(svg, pieces.flatMap((piece) => piece.points));
  const drawn = pieces.map((piece) => ({ path: makeLine(piece.points), share: piece[by] / most }));
  // What matters least first, so that what matters lies on top where lines cross.
  drawn.sort((a, b) => Math.abs(a.share) - Math.abs(b.share));
  for (const { path, share } of drawn) {
    colour(path, share);
    path.setAttribute("stroke-width", side * PEN * (0.5 + 0.8 * Math.abs(share)));
    if (path.classList.contains("heat-against")) path.setAttribute("stroke-dasharray", `${side * 0.01} ${side * PEN * 1.6}`);
  }
  svg.replaceChildren(...drawn.map(({ path }) => path));
}

// `png` is the glyph, white on black, as base64; `map` are its rows of values.
export function drawGlyph(svg, png, map) {
  const most = scale(map.flat(), FAINT.weight);
  const id = `glyph-mask-${(masks += 1)}`;
  const mask = make("mask", { id });
  mask.append(make("image", { href: `data:image/png;base64,${png}`, width: SIDE, height: SIDE, class: "heat-mask" }));
  const ink = make("g", { mask: `url(#${id})` });
  map.forEach((row, y) => row.forEach((value, x) => {
    // A little wider than a pixel, or the paper shows between two.
    const pixel = make("rect", { x, y, width: 1.02, height: 1.02 });
    colour(pixel, value / most);
    ink.append(pixel);
  }));
  svg.replaceChildren(mask, ink);
}

function scale(values, least) {
  return Math.max(least, ...values.map(Math.abs));
}

function colour(element, share) {
  element.classList.add(Math.abs(share) < 0.1 ? "heat-none" : share > 0 ? "heat-for" : "heat-against");
  element.style.setProperty("--share", `${Math.round(100 * Math.min(1, Math.abs(share)))}%`);
}

// A square around the points; answers its side.
function frame(svg, points) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [left, top, right, bottom] = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  const side = (Math.max(right - left, bottom - top) || 1) * (1 + 2 * MARGIN);
  svg.setAttribute("viewBox", `${(left + right - side) / 2} ${(top + bottom - side) / 2} ${side} ${side}`);
  return side;
}

function makeLine(points) {
  return make("path", { d: `M${points.map(([x, y]) => `${x} ${y}`).join("L")}` });
}

function make(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
