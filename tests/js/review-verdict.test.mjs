import assert from "node:assert/strict";
import { test } from "node:test";

import { inWords, isNumber, isSame, numberOf, tidy, verdictOf } from "review/verdict";

test("verdicts have words", () => {
  assert.equal(inWords(numberOf("71\n04")), "71 / 04");
  assert.equal(inWords(verdictOf("")), "no number");
  assert.equal(inWords({ verdict: "unreadable", text: "" }), "unreadable");
});

test("white space is kept as the server keeps it", () => {
  assert.equal(tidy("  7  1 \n\n 0\n"), "7 1\n0");
  assert.equal(tidy(" \n "), "");
});

test("a number is digits with single spaces and new lines between them", () => {
  assert.ok(isNumber("7 1\n0"));
  for (const wrong of ["", "7a", "7  1", " 7", "7\n"]) assert.equal(isNumber(wrong), false, wrong);
});

test("the same verdict has the same text", () => {
  assert.ok(isSame(numberOf("7"), numberOf("7")));
  assert.equal(isSame(numberOf("7"), verdictOf("")), false);
});
