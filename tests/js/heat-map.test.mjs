import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { classOf, drawGlyph, drawStrokes, largestOf, squareAround } from "reading/heat-map";
import { FakeElement } from "./browser.mjs";

beforeEach(() => {
  globalThis.document = { createElementNS: (_, name) => Object.assign(new FakeElement(), { name }) };
});

test("the colours stretch to the largest value, of whatever sign", () => {
  assert.equal(largestOf([0.1, -0.4, 0.2], 0.05), 0.4);
});

test("values that hardly matter are not stretched", () => {
  assert.equal(largestOf([0.001, -0.002], 0.05), 0.05);
  assert.equal(largestOf([], 1), 1);
});

test("the square has the points in its middle and a margin around them", () => {
  const { x, y, side } = squareAround([
    [100, 50],
    [200, 70],
  ]);
  assert.equal(side, 120);
  assert.deepEqual([x, y], [90, 0]);
});

test("a single point has a square, too", () => {
  assert.ok(squareAround([[3, 4]]).side > 0);
});

test("the class of a share", () => {
  assert.equal(classOf(0.5), "heat-for");
  assert.equal(classOf(-0.5), "heat-against");
  assert.equal(classOf(0.09), "heat-none");
  assert.equal(classOf(-0.09), "heat-none");
});

const PIECES = [
  {
    points: [
      [0, 0],
      [100, 0],
    ],
    weight: 0.4,
    contrast: -8,
  },
  {
    points: [
      [0, 50],
      [100, 50],
    ],
    weight: 0.01,
    contrast: 1,
  },
];

test("strokes that matter lie on top of those that do not", () => {
  const svg = new FakeElement();
  drawStrokes(svg, PIECES, "weight");
  const [below, above] = svg.children;
  assert.equal(below.attributes.d, "M0 50L100 50");
  assert.ok(below.classList.added.has("heat-none"));
  assert.equal(above.attributes.d, "M0 0L100 0");
  assert.ok(above.classList.added.has("heat-for"));
  assert.equal(above.style["--share"], "100%");
  assert.ok(Number(above.attributes["stroke-width"]) > Number(below.attributes["stroke-width"]));
});

test("only ink that speaks against the reading is dashed", () => {
  const svg = new FakeElement();
  drawStrokes(svg, PIECES, "contrast");
  const [below, above] = svg.children;
  assert.ok(above.classList.added.has("heat-against"));
  assert.ok("stroke-dasharray" in above.attributes);
  assert.ok(!("stroke-dasharray" in below.attributes));
});

test("a glyph is a mask of its ink over coloured pixels", () => {
  const svg = new FakeElement();
  drawGlyph(svg, "cGl4ZWxz", [
    [0, 0.5],
    [-0.5, 0],
  ]);
  const [mask, ink] = svg.children;
  assert.equal(mask.children[0].attributes.href, "data:image/png;base64,cGl4ZWxz");
  assert.equal(ink.attributes.mask, `url(#${mask.attributes.id})`);
  const classes = ink.children.map((pixel) => [...pixel.classList.added][0]);
  assert.deepEqual(classes, ["heat-none", "heat-for", "heat-against", "heat-none"]);
  assert.deepEqual([ink.children[1].attributes.x, ink.children[1].attributes.y], ["1", "0"]);
});

test("two glyphs of a page have two masks", () => {
  const [first, second] = [new FakeElement(), new FakeElement()];
  drawGlyph(first, "", [[1]]);
  drawGlyph(second, "", [[1]]);
  assert.notEqual(first.children[0].attributes.id, second.children[0].attributes.id);
});
