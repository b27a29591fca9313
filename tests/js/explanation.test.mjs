import assert from "node:assert/strict";
import { test } from "node:test";

import { formatSimilarity } from "reading/explanation";

test("a similarity is shown between 0 and 99 %", () => {
  assert.equal(formatSimilarity(0.876), "88 %");
  assert.equal(formatSimilarity(1), "99 %");
  assert.equal(formatSimilarity(-0.2), "0 %");
});
