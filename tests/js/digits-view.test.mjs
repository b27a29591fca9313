import assert from "node:assert/strict";
import { test } from "node:test";

import { describeDigit, isDigit } from "reading/digits-view";

test("ink that is no digit has no label", () => {
  assert.equal(isDigit({ label: null }), false);
  assert.equal(isDigit({ label: 0 }), true);
});

test("a single digit needs no position", () => {
  assert.equal(describeDigit({ label: 7, confidence: 0.95 }, 0, 1), "7, sure");
});

test("one of several digits says which it is", () => {
  assert.equal(describeDigit({ label: 0, confidence: 0.3 }, 1, 3), "Digit 2 of 3: 0, unsure");
});
