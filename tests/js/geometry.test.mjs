import assert from "node:assert/strict";
import { test } from "node:test";

import { boxInWorld, fittingScale, pictureFrame, WORLD } from "drawing/geometry";

test("an empty pad shows the world along its shorter side", () => {
  assert.equal(fittingScale({ width: 800, height: 500 }, []), 500 / WORLD);
  assert.equal(fittingScale({ width: 300, height: 900 }, []), 300 / WORLD);
});

test("ink beyond the world makes the scale smaller, ink within it does not", () => {
  const size = { width: 500, height: 500 };
  assert.equal(fittingScale(size, [[[900, 10, 0]]]), 0.5);
  assert.equal(fittingScale(size, [[[2000, 10, 0]]]), 0.25);
  assert.equal(fittingScale(size, [[[10, 4000, 0]]]), 0.125);
});

test("a picture is shown in the middle, as large as its margin allows", () => {
  const extent = { width: 1000, height: 2000 };
  const frame = pictureFrame({ width: 450, height: 300 }, extent);
  assert.deepEqual(frame, { x: 50, y: 700, width: 900, height: 600 });
});

test("a box in strokes is in drawing units already", () => {
  assert.deepEqual(boxInWorld([1, 2, 3, 4]), { x: 1, y: 2, width: 3, height: 4 });
});

test("a box in a picture moves and grows with the picture", () => {
  const frame = { x: 50, y: 700, width: 900, height: 600 };
  assert.deepEqual(boxInWorld([10, 20, 30, 40], frame, 450), { x: 70, y: 740, width: 60, height: 80 });
});
