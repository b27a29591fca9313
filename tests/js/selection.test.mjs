import assert from "node:assert/strict";
import { test } from "node:test";

import { placeByKey, Selection } from "review/selection";

test("toggling selects one and deselects it again", () => {
  const selection = new Selection(5);
  selection.toggle(3);
  selection.toggle(1);
  assert.deepEqual(selection.places, [1, 3]);
  assert.equal(selection.active, 1);
  selection.toggle(3);
  assert.deepEqual(selection.places, [1]);
});

test("a range goes from the last toggled place to another, in both directions", () => {
  const selection = new Selection(10);
  selection.toggle(4);
  selection.selectTo(7);
  assert.deepEqual(selection.places, [4, 5, 6, 7]);
  selection.selectTo(2);
  assert.deepEqual(selection.places, [2, 3, 4]);
  assert.equal(selection.active, 2);
});

test("a range that shrinks leaves what was selected before it", () => {
  const selection = new Selection(10);
  selection.toggle(6);
  selection.toggle(2);
  selection.selectTo(8);
  selection.selectTo(3);
  assert.deepEqual(selection.places, [2, 3, 6]);
});

test("going on with the arrows begins the next range there", () => {
  const selection = new Selection(10);
  selection.toggle(0);
  selection.goTo(4);
  selection.selectTo(5);
  assert.deepEqual(selection.places, [0, 4, 5]);
});

test("all and none", () => {
  const selection = new Selection(3);
  selection.selectAll();
  assert.deepEqual(selection.places, [0, 1, 2]);
  selection.clear();
  assert.deepEqual(selection.places, []);
});

test("a range after none holds nothing of the range before", () => {
  const selection = new Selection(9);
  selection.toggle(1);
  selection.selectTo(3);
  selection.clear();
  selection.selectTo(4);
  assert.deepEqual(selection.places, [3, 4]);
});

test("what is locked is not selected by any means, and what becomes locked is not any more", () => {
  const selection = new Selection(4);
  selection.lock(1);
  selection.toggle(1);
  selection.selectTo(3);
  assert.deepEqual(selection.places, [2, 3]);
  selection.selectAll();
  selection.select(1);
  assert.deepEqual(selection.places, [0, 2, 3]);
  selection.lock(2);
  assert.deepEqual(selection.places, [0, 3]);
  selection.unlock(2);
  selection.select(2);
  assert.deepEqual(selection.places, [0, 2, 3]);
});

// Eight things in rows of three: 0 1 2 / 3 4 5 / 6 7
for (const [key, from, to] of [
  ["ArrowRight", 2, 3],
  ["ArrowRight", 7, 7],
  ["ArrowLeft", 0, 0],
  ["ArrowLeft", 3, 2],
  ["ArrowDown", 1, 4],
  ["ArrowDown", 5, 7],
  ["ArrowDown", 6, 6],
  ["ArrowUp", 2, 2],
  ["ArrowUp", 7, 4],
  ["Home", 5, 0],
  ["End", 0, 7],
  ["Enter", 5, undefined],
]) {
  test(`${key} leads from ${from} to ${to}`, () => {
    assert.equal(placeByKey(key, { from, count: 8, columns: 3 }), to);
  });
}
