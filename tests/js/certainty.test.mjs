import assert from "node:assert/strict";
import { test } from "node:test";

import { barPercent, percent, sureness } from "reading/certainty";

test("sureness follows the confidence", () => {
  assert.equal(sureness("recognised", 0.9), "sure");
  assert.equal(sureness("recognised", 0.899), "likely");
  assert.equal(sureness("recognised", 0.5), "likely");
  assert.equal(sureness("recognised", 0.499), "unsure");
});

test("an unsure reading is unsure, however high its confidence", () => {
  assert.equal(sureness("unsure", 0.99), "unsure");
});

test("no percentage claims certainty", () => {
  assert.equal(percent(1), "> 99 %");
  assert.equal(percent(0.991), "> 99 %");
  assert.equal(percent(0.99), "99 %");
  assert.equal(percent(0.126), "13 %");
  assert.equal(percent(0), "0 %");
});

test("a bar shows its share, but neither certainty nor zero", () => {
  assert.equal(barPercent(1), ">99");
  assert.equal(barPercent(0.126), "13");
  assert.equal(barPercent(0.005), "1");
  assert.equal(barPercent(0.0049), "");
});
