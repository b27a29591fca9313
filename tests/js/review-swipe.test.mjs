import assert from "node:assert/strict";
import { test } from "node:test";

import { isSwipe } from "review/swipe";

const START = { clientX: 300, clientY: 200, timeStamp: 0 };

test("a quick way to the left is a swipe", () => {
  assert.ok(isSwipe(START, { clientX: 180, clientY: 220, timeStamp: 200 }));
});

test("to the right, across, too short or too slow is none", () => {
  assert.equal(isSwipe(START, { clientX: 400, clientY: 200, timeStamp: 200 }), false);
  assert.equal(isSwipe(START, { clientX: 200, clientY: 300, timeStamp: 200 }), false);
  assert.equal(isSwipe(START, { clientX: 260, clientY: 200, timeStamp: 200 }), false);
  assert.equal(isSwipe(START, { clientX: 100, clientY: 200, timeStamp: 2000 }), false);
});
