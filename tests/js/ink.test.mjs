import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { outline, reach } from "drawing/ink";

class FakePath {
  calls = [];
  moveTo(...numbers) {
    this.calls.push(["moveTo", ...numbers]);
  }
  lineTo(...numbers) {
    this.calls.push(["lineTo", ...numbers]);
  }
  quadraticCurveTo(...numbers) {
    this.calls.push(["quadraticCurveTo", ...numbers]);
  }
}

beforeEach(() => {
  globalThis.Path2D = FakePath;
});

test("the outline passes through the midpoints and ends at the last point", () => {
  const points = [
    [0, 0, 0],
    [10, 0, 8],
    [20, 20, 16],
  ];
  assert.deepEqual(outline(points).calls, [
    ["moveTo", 0, 0],
    ["quadraticCurveTo", 10, 0, 15, 10],
    ["quadraticCurveTo", 20, 20, 20, 20],
  ]);
});

test("the outline of a tap is a line that is short, but has a length", () => {
  const [move, line] = outline([[5, 7, 0]]).calls;
  assert.deepEqual(move, ["moveTo", 5, 7]);
  assert.equal(line[0], "lineTo");
  assert.ok(line[1] > 5 && line[1] < 5.1);
  assert.equal(line[2], 7);
});

test("the reach is the largest x and the largest y, of whatever stroke", () => {
  const strokes = [
    [
      [1, 900, 0],
      [40, 2, 9],
    ],
    [[700, 3, 20]],
  ];
  assert.deepEqual(reach(strokes), [700, 900]);
});

test("without ink the reach is zero", () => {
  assert.deepEqual(reach([]), [0, 0]);
});
