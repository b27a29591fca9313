// Heat maps: ink coloured by how much it matters for a reading. Strokes are coloured by the weight of their
// pieces, a glyph by the weight of its pixels.

const SVG = "http://www.w3.org/2000/svg";
const GLYPH_SIDE = 28; // pixels
// Values below these are not stretched to the full colour, or ink that does not matter would look important.
const LEAST_SCALE = { weight: 0.05, contrast: 1 };
const NEUTRAL = 0.1; // a share below this is shown as making no difference
const PEN_WIDTH = 0.05; // of the side of the picture
const MARGIN = 0.1; // of the longer side of the ink, on each side

let masks = 0; // each mask of the page needs an id of its own

// `pieces` are {points, weight, contrast}; `by` names the one of the two values that gives the colour.
export function drawStrokes(svg, pieces, by) {
  const values = pieces.map((piece) => piece[by]);
  const largest = largestOf(values, LEAST_SCALE[by]);
  const frame = squareAround(pieces.flatMap((piece) => piece.points));
  svg.setAttribute("viewBox", `${frame.x} ${frame.y} ${frame.side} ${frame.side}`);
  const shares = pieces.map((piece) => ({ points: piece.points, share: piece[by] / largest }));
  // What matters least comes first, so that what matters lies on top where lines cross.
  shares.sort((a, b) => Math.abs(a.share) - Math.abs(b.share));
  svg.replaceChildren(...shares.map(({ points, share }) => makeLine(points, share, frame.side)));
}

// `png` is the glyph, white on black, as base64; `map` holds its rows of values.
export function drawGlyph(svg, png, map) {
  const largest = largestOf(map.flat(), LEAST_SCALE.weight);
  masks += 1;
  const id = `glyph-mask-${masks}`;
  const mask = makeElement("mask", { id });
  const href = `data:image/png;base64,${png}`;
  mask.append(makeElement("image", { href, width: GLYPH_SIDE, height: GLYPH_SIDE, class: "heat-mask" }));
  const ink = makeElement("g", { mask: `url(#${id})` });
  map.forEach((row, y) => {
    row.forEach((value, x) => {
      ink.append(makePixel(x, y, value / largest));
    });
  });
  svg.replaceChildren(mask, ink);
}

// The value that gets the full colour.
export function largestOf(values, least) {
  return Math.max(least, ...values.map(Math.abs));
}

// A square with the points in its middle: {x, y, side}.
export function squareAround(points) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [left, top, right, bottom] = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  const side = (Math.max(right - left, bottom - top) || 1) * (1 + 2 * MARGIN);
  return { x: (left + right - side) / 2, y: (top + bottom - side) / 2, side };
}

// The CSS class of a share from -1 (speaks against the reading) to 1 (speaks for it).
export function classOf(share) {
  if (Math.abs(share) < NEUTRAL) return "heat-none";
  return share > 0 ? "heat-for" : "heat-against";
}

function makeLine(points, share, side) {
  const line = makeElement("path", { d: `M${points.map(([x, y]) => `${x} ${y}`).join("L")}` });
  colour(line, share);
  const width = side * PEN_WIDTH;
  line.setAttribute("stroke-width", width * (0.5 + 0.8 * Math.abs(share)));
  // Dashed, so that it can be told apart without seeing colours.
  if (classOf(share) === "heat-against") line.setAttribute("stroke-dasharray", `${side * 0.01} ${width * 1.6}`);
  return line;
}

function makePixel(x, y, share) {
  // A little wider than a pixel, or the background shows between two.
  const pixel = makeElement("rect", { x, y, width: 1.02, height: 1.02 });
  colour(pixel, share);
  return pixel;
}

function colour(element, share) {
  element.classList.add(classOf(share));
  element.style.setProperty("--share", `${Math.round(100 * Math.min(1, Math.abs(share)))}%`);
}

function makeElement(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
