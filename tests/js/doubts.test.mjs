import assert from "node:assert/strict";
import { test } from "node:test";

import { describeDoubts, hasSeveral } from "reading/doubts";
import { announcementOf, describeReading } from "reading/reading-view";

const digits = (text) => [...text].map((label) => ({ label: Number(label) }));
const number = (text, line, state = "recognised") => ({ text, line, state });

function page(numbers, unread = []) {
  const state = numbers.some((each) => each.state === "unsure") || unread.length ? "unsure" : "recognised";
  const texts = numbers.map(({ text }) => text);
  return {
    text: texts.join(" "),
    state,
    confidence: 0.01,
    numbers,
    digits: [...digits(texts.join("")), ...unread],
  };
}

test("one number, or none of which anything is known, is no page", () => {
  assert.equal(hasSeveral({ numbers: [number("7", 0)] }), false);
  assert.equal(hasSeveral({ numbers: null }), false);
  assert.equal(hasSeveral({}), false);
  assert.equal(hasSeveral(page([number("7", 0), number("8", 0)])), true);
});

test("a page says which of its numbers are doubtful, and where", () => {
  const read = page([number("12", 0), number("48", 2, "unsure"), number("305", 3, "unsure")]);
  const words = describeDoubts(read);
  assert.equal(words.full, "7 digits in 3 numbers. 2 numbers are doubtful: 48 (line 2), 305 (line 3).");
  assert.deepEqual(describeReading(read), {
    lead: "3 numbers",
    sure: "unsure",
    howSure: "2 doubtful",
    hint: "48 (line 2), 305 (line 3)",
  });
  assert.equal(announcementOf(read, describeReading(read)), `Looks like 12 48 305. ${words.full}`);
});

test("a page without doubts is sure, however many numbers it has", () => {
  const words = describeDoubts(page([number("12", 0), number("48", 0)]));
  assert.deepEqual([words.sure, words.doubts, words.names], ["sure", "none doubtful", ""]);
  assert.equal(words.full, "4 digits in 2 numbers. None of them is doubtful.");
});

test("on a single line no line is named", () => {
  const { full } = describeDoubts(page([number("12", 0), number("48", 0, "unsure")]));
  assert.equal(full, "4 digits in 2 numbers. 1 number is doubtful: 48.");
});

test("of many doubtful numbers the first are named", () => {
  const { full, names } = describeDoubts(page([1, 2, 3, 4, 5, 6].map((i) => number(String(i), i, "unsure"))));
  assert.match(full, /6 numbers are doubtful: 1 \(line 1\), .*4 \(line 4\), and 2 more\.$/);
  assert.equal(names, "1 (line 1), 2 (line 2), and 4 more");
});

test("ink that was not read is told of", () => {
  const words = describeDoubts(page([number("12", 0), number("48", 1)], [{ label: null }]));
  assert.deepEqual([words.sure, words.doubts], ["unsure", "some ink not read"]);
  assert.match(words.full, /None of them is doubtful\. Some ink was not read\.$/);
});
