import assert from "node:assert/strict";
import { test } from "node:test";

import { pathUntil, timeline } from "review/replay";

test("strokes keep their pace, and pauses are short", () => {
  const times = timeline([
    [
      [0, 0, 100],
      [1, 0, 160],
    ],
    [
      [2, 0, 9000],
      [3, 0, 9040],
    ],
  ]).map(({ t }) => t);
  assert.deepEqual(times, [0, 60, 310, 350]);
});

test("strokes without times are drawn in their order", () => {
  const times = timeline([
    [
      [0, 0],
      [1, 0],
    ],
    [[2, 0]],
  ]).map(({ t }) => t);
  assert.deepEqual(times, [0, 12, 262]);
});

test("clocks that run backwards do not stop it", () => {
  const times = timeline([
    [
      [0, 0, 50],
      [1, 0, 20],
      [2, 0, 70],
    ],
  ]).map(({ t }) => t);
  assert.deepEqual(times, [0, 0, 20]);
});

test("a long drawing is run through faster", () => {
  const last = timeline([
    [
      [0, 0, 0],
      [1, 0, 60_000],
    ],
  ]).at(-1);
  assert.equal(last.t, 5000);
});

test("the path has what was drawn until then, a tap as a dot", () => {
  const points = timeline([
    [
      [0, 0, 0],
      [1, 5, 40],
    ],
    [[9, 9, 50]],
  ]);
  assert.equal(pathUntil(points, 0), "M0 0h.01");
  assert.equal(pathUntil(points, 40), "M0 0h.01L1 5");
  assert.equal(pathUntil(points, 1000), "M0 0h.01L1 5M9 9h.01");
});
