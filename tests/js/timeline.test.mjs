import assert from "node:assert/strict";
import { test } from "node:test";

import { Timeline } from "drawing/timeline";

test("undo and redo go through the states", () => {
  const timeline = new Timeline("empty");
  timeline.push("one");
  timeline.push("two");
  assert.equal(timeline.undo(), true);
  assert.equal(timeline.now, "one");
  assert.equal(timeline.undo(), true);
  assert.equal(timeline.now, "empty");
  assert.equal(timeline.redo(), true);
  assert.equal(timeline.redo(), true);
  assert.equal(timeline.now, "two");
});

test("at either end there is no step to make", () => {
  const timeline = new Timeline("empty");
  assert.deepEqual([timeline.canUndo, timeline.canRedo], [false, false]);
  assert.equal(timeline.undo(), false);
  assert.equal(timeline.redo(), false);
  assert.equal(timeline.now, "empty");
  timeline.push("one");
  assert.deepEqual([timeline.canUndo, timeline.canRedo], [true, false]);
  timeline.undo();
  assert.deepEqual([timeline.canUndo, timeline.canRedo], [false, true]);
});

test("a new state after undo replaces what was undone", () => {
  const timeline = new Timeline("empty");
  timeline.push("one");
  timeline.undo();
  timeline.push("other");
  assert.equal(timeline.canRedo, false);
  timeline.undo();
  assert.equal(timeline.now, "empty");
});
