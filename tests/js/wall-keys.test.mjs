import assert from "node:assert/strict";
import { test } from "node:test";

import { toLine, toText, verdictInWords } from "review/numbers";
import { wallAction } from "review/wall-keys";
import { objectionTo, outcomeInWords, undoInWords } from "review/wall-words";

for (const [keys, name] of [
  [{ key: " " }, "toggle"],
  [{ key: "Enter" }, "giveNumber"],
  [{ key: "X" }, "giveNoNumber"],
  [{ key: "u" }, "giveUnreadable"],
  [{ key: "z" }, "undo"],
  [{ key: "z", ctrlKey: true }, "undo"],
  [{ key: "a", metaKey: true }, "selectAll"],
  [{ key: "Escape" }, "selectNone"],
  [{ key: "a" }, undefined],
  [{ key: "x", ctrlKey: true }, undefined],
  [{ key: "7", altKey: true }, undefined],
  [{ key: "Tab" }, undefined],
]) {
  test(`${JSON.stringify(keys)} is ${name}`, () => assert.equal(wallAction(keys)?.name, name));
}

test("digits are written", () => {
  assert.deepEqual(wallAction({ key: "7" }), { name: "write", digit: "7" });
});

test("a number in one line is a text and back", () => {
  assert.equal(toText(" 12  34 /5 "), "12 34\n5");
  assert.equal(toLine("12 34\n5"), "12 34 / 5");
  for (const line of ["", "/", "7 /", "x", "1a", "-1"]) assert.equal(toText(line), null, line);
});

test("verdicts in words", () => {
  const say = (verdict, text = "") => verdictInWords({ verdict, text });
  assert.deepEqual(
    [say("number", "1\n2"), say("no_number"), say("unreadable"), say("refused")],
    ["1 / 2", "no number", "unreadable", "not what its writer says"],
  );
});

test("nothing is decided without drawings, without a number, or on too many", () => {
  assert.match(objectionTo({ text: "7" }, 0), /Nothing is selected/);
  assert.match(objectionTo({ text: null }, 1), /Write a number/);
  assert.match(objectionTo({ text: "7" }, 61), /At most 60/);
  assert.equal(objectionTo({ text: "7" }, 60), "");
  assert.equal(objectionTo({ text: "" }, 1), "");
});

test("what came of a step is told", () => {
  const seven = { verdict: "number", text: "7" };
  const outcome = { decided: ["a", "b"], stale: [{}], gone: [], isOver: false };
  assert.equal(
    outcomeInWords(seven, outcome),
    "2 drawings decided: 7. Z takes that back. 1 drawing had changed meanwhile. Look again.",
  );
  assert.equal(undoInWords(3, 2, 0), "3 drawings undone. 1 of them on another page.");
  assert.match(undoInWords(1, 1, 2), /2 drawings stay/);
});
