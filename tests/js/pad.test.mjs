import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Pad } from "drawing/pad";
import { FakeElement, makeEvent } from "./browser.mjs";

const BITMAP = { width: 450, height: 300 };
const PICTURE = { bitmap: BITMAP, blob: new Blob() };
let canvas;
let pad;
let events;

// 500 by 500 CSS pixels at the place (100, 200) of the page: half a pixel for each drawing unit.
class FakeCanvas extends FakeElement {
  size = { width: 500, height: 500 };

  getContext() {
    return new Proxy({}, { get: (values, name) => values[name] ?? (() => {}), set: () => true });
  }

  getBoundingClientRect() {
    return { left: 100, top: 200, ...this.size };
  }

  setPointerCapture() {}
}

beforeEach(() => {
  globalThis.matchMedia = () => new EventTarget();
  globalThis.ResizeObserver = class {
    observe() {}
  };
  globalThis.devicePixelRatio = 2;
  globalThis.addEventListener = () => {};
  globalThis.requestAnimationFrame = () => 1;
  globalThis.getComputedStyle = () => ({ color: "black", accentColor: "blue" });
  globalThis.Path2D = class {
    moveTo() {}
    lineTo() {}
    quadraticCurveTo() {}
  };
  canvas = new FakeCanvas();
  pad = new Pad(canvas);
  events = [];
  for (const name of ["stroke", "change", "view"]) pad.addEventListener(name, () => events.push(name));
});

function stroke(points, time = 0) {
  points.forEach(([x, y], i) => {
    const point = { x, y, time: time + 10 * i };
    if (i === 0) pad.begin(point);
    else pad.extend(point);
  });
  pad.end();
}

function pointer(name, { x, y, id = 1, type = "mouse", time = 0, button = 0, coalesced = [] }) {
  const place = { clientX: 100 + x / 2, clientY: 200 + y / 2 };
  const event = makeEvent(name, { ...place, pointerId: id, pointerType: type, button });
  event.getCoalescedEvents = () => coalesced;
  Object.defineProperty(event, "timeStamp", { value: time });
  canvas.dispatchEvent(event);
}

test("a stroke is kept in drawing units, with times from its first point", () => {
  pointer("pointerdown", { x: 100, y: 200, time: 5000 });
  pointer("pointermove", { x: 300.06, y: 200, time: 5010.4 });
  pointer("pointerup", { x: 300, y: 200, time: 5020 });
  assert.deepEqual(pad.strokes, [
    [
      [100, 200, 0],
      [300.1, 200, 10],
    ],
  ]);
  assert.deepEqual(events, ["stroke", "stroke", "change"]);
});

test("all points of a frame are kept", () => {
  pointer("pointerdown", { x: 0, y: 0 });
  const coalesced = [50, 60].map((x) => ({ clientX: 100 + x / 2, clientY: 200, timeStamp: x }));
  pointer("pointermove", { x: 60, y: 0, coalesced });
  assert.deepEqual(
    pad.strokes[0].map(([x]) => x),
    [0, 50, 60],
  );
});

test("points that hardly differ from the last one are dropped", () => {
  stroke([
    [10, 10],
    [11, 10],
    [11.4, 10],
    [11.6, 10],
  ]);
  assert.deepEqual(
    pad.strokes[0].map(([x]) => x),
    [10, 11.6],
  );
});

test("ink stays within the visible part", () => {
  stroke([
    [-50, 400],
    [5000, 5000],
  ]);
  assert.deepEqual(
    pad.strokes[0].map(([x, y]) => [x, y]),
    [
      [0, 400],
      [1000, 1000],
    ],
  );
});

test("a drawing that was put in goes on after its last point, whatever the clock says", () => {
  pad.put({ strokes: [[[1, 1, 7000]]] });
  stroke([[5, 5]], 30);
  assert.equal(pad.strokes[1][0][2], 7400);
  stroke([[9, 9]], 130);
  assert.equal(pad.strokes[2][0][2], 7500);
});

test("undo, redo and clear are steps", () => {
  stroke([[1, 1]]);
  stroke([[2, 2]]);
  pad.undo();
  assert.equal(pad.strokes.length, 1);
  pad.redo();
  assert.equal(pad.strokes.length, 2);
  pad.clear();
  assert.ok(pad.isEmpty);
  pad.undo();
  assert.equal(pad.strokes.length, 2);
});

test("what changes nothing sends no event", () => {
  pad.undo();
  pad.redo();
  pad.clear();
  pad.end();
  assert.deepEqual(events, []);
});

test("undo in the middle of a stroke takes this stroke, and redo brings it back", () => {
  stroke([[1, 1]]);
  pad.begin({ x: 5, y: 5, time: 100 });
  assert.deepEqual([pad.canUndo, pad.canRedo], [true, false]);
  pad.undo();
  assert.equal(pad.strokes.length, 1);
  pad.redo();
  assert.deepEqual(pad.strokes[1][0].slice(0, 2), [5, 5]);
});

test("undo brings back the very list of strokes, by which a page knows what it has saved", () => {
  stroke([[1, 1]]);
  const saved = pad.strokes;
  stroke([[2, 2]]);
  assert.notEqual(pad.strokes, saved);
  pad.undo();
  assert.equal(pad.strokes, saved);
});

test("a stroke over a picture replaces it, and undo brings it back", () => {
  pad.put({ picture: PICTURE });
  assert.deepEqual([pad.picture, pad.strokes], [PICTURE, []]);
  stroke([[1, 1]]);
  assert.equal(pad.picture, null);
  pad.undo();
  assert.equal(pad.picture, PICTURE);
});

test("a pen takes over from the palm, which leaves no ink", () => {
  pointer("pointerdown", { x: 900, y: 900, id: 1, type: "touch" });
  pointer("pointerdown", { x: 10, y: 10, id: 2, type: "pen" });
  pointer("pointerup", { x: 10, y: 10, id: 2, type: "pen" });
  assert.deepEqual(pad.strokes, [[[10, 10, 0]]]);
});

test("a second finger and other buttons do not draw", () => {
  pointer("pointerdown", { x: 1, y: 1, button: 2 });
  assert.ok(pad.isEmpty);
  pointer("pointerdown", { x: 10, y: 10, id: 1, type: "touch" });
  pointer("pointerdown", { x: 500, y: 500, id: 2, type: "touch" });
  pointer("pointermove", { x: 600, y: 600, id: 2, type: "touch" });
  pointer("pointerup", { x: 600, y: 600, id: 2, type: "touch" });
  assert.deepEqual(pad.strokes, [[[10, 10, 0]]]);
  assert.ok(!events.includes("change"));
});

test("a cancelled pointer keeps its ink", () => {
  pointer("pointerdown", { x: 10, y: 10 });
  pointer("pointercancel", { x: 10, y: 10 });
  assert.deepEqual(events, ["stroke", "change"]);
});

test("a box of strokes and a box of a picture lie on the canvas", () => {
  assert.deepEqual(pad.place([100, 200, 50, 60]), { left: 50, top: 100, width: 25, height: 30 });
  pad.put({ picture: PICTURE });
  assert.deepEqual(pad.place([0, 0, 450, 300], [450, 300]), { left: 25, top: 100, width: 450, height: 300 });
});

test("the canvas has a pixel for each pixel of the screen", () => {
  assert.deepEqual([canvas.width, canvas.height], [1000, 1000]);
});
