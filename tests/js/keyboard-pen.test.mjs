import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { attachKeyboardPen } from "drawing/keyboard-pen";
import { FakeElement, makeEvent } from "./browser.mjs";

let pad;
let announced;

class FakePad {
  canvas = new FakeElement();
  extent = { width: 1000, height: 800 };
  cursor = null;
  isDrawnByKeys = false;
  points = [];

  begin({ x, y }) {
    this.isDrawnByKeys = true;
    this.points.push([x, y]);
  }

  extend({ x, y }) {
    this.points.push([x, y]);
  }

  end() {
    this.isDrawnByKeys = false;
  }

  repaint() {}
}

beforeEach(() => {
  pad = new FakePad();
  announced = [];
  attachKeyboardPen(pad, (words) => announced.push(words));
});

function press(key, properties = {}) {
  const event = makeEvent("keydown", { key, ...properties });
  pad.canvas.dispatchEvent(event);
  return event;
}

function release(key) {
  pad.canvas.dispatchEvent(makeEvent("keyup", { key }));
}

function tap(key, properties) {
  press(key, properties);
  release(key);
}

test("arrows move the pen without ink, with Shift in small steps", () => {
  tap("ArrowRight");
  assert.deepEqual(pad.cursor, { x: 540, y: 200 });
  tap("ArrowUp", { shiftKey: true });
  assert.deepEqual(pad.cursor, { x: 540, y: 190 });
  assert.deepEqual(pad.points, []);
});

test("Space puts the pen down and lifts it, and both are announced", () => {
  tap(" ");
  tap("ArrowDown");
  tap(" ");
  tap("ArrowDown");
  assert.deepEqual(pad.points, [
    [500, 200],
    [500, 240],
  ]);
  assert.deepEqual(announced, ["Pen down", "Pen up"]);
});

test("a Space that is held down counts once", () => {
  press(" ");
  press(" ", { repeat: true });
  assert.equal(pad.isDrawnByKeys, true);
});

test("two arrows at once move diagonally", () => {
  press("ArrowRight");
  press("ArrowDown");
  assert.deepEqual(pad.cursor, { x: 580, y: 240 });
});

test("the pen stops at the edge", () => {
  for (let i = 0; i < 30; i += 1) tap("ArrowLeft");
  for (let i = 0; i < 30; i += 1) tap("ArrowDown");
  assert.deepEqual(pad.cursor, { x: 0, y: 800 });
});

test("only its own keys keep the page from scrolling", () => {
  assert.equal(press("ArrowDown").defaultPrevented, true);
  assert.equal(press("Tab").defaultPrevented, false);
  assert.equal(press("ArrowDown", { ctrlKey: true }).defaultPrevented, false);
});

test("leaving the pad lifts the pen and forgets the keys that were down", () => {
  press(" ");
  press("ArrowRight");
  pad.canvas.dispatchEvent(new Event("blur"));
  assert.deepEqual([pad.isDrawnByKeys, pad.cursor], [false, null]);
  tap("ArrowDown");
  assert.deepEqual(pad.cursor, { x: 540, y: 240 });
});
