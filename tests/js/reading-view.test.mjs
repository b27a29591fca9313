import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { announcementOf, describeReading, ReadingView } from "reading/reading-view";
import { FakeElement } from "./browser.mjs";

const SEVEN = { text: "7", state: "recognised", confidence: 0.97, alternative: null };
const UNSURE = { text: "41\n7", state: "unsure", confidence: 0.4, alternative: "47\n7" };
let root;
let announcer;
let view;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const parts = ["lead", "number", "sure", "hint"].map((name) => [`[data-reading-${name}]`, new FakeElement()]);
  root = new FakeElement(Object.fromEntries(parts));
  announcer = new FakeElement();
  view = new ReadingView(root, announcer);
});

afterEach(() => mock.timers.reset());

function shown(name) {
  return root.querySelector(`[data-reading-${name}]`);
}

test("a sure reading in words", () => {
  assert.deepEqual(describeReading(SEVEN), { lead: "Looks like", sure: "sure", howSure: "sure, 97 %", hint: "" });
});

test("an unsure reading names the alternative, in one line", () => {
  const words = describeReading(UNSURE);
  assert.deepEqual(words, { lead: "Perhaps", sure: "unsure", howSure: "unsure, 40 %", hint: "or 47 / 7" });
  assert.equal(announcementOf(UNSURE, words), "Perhaps 41, then 7, unsure, or 47 / 7");
});

test("a sure reading does not name its alternative", () => {
  assert.equal(describeReading({ ...SEVEN, alternative: "1" }).hint, "");
});

test("a reading is shown, and goes stale when the ink changes", () => {
  view.show(SEVEN);
  assert.equal(root.dataset.state, "fresh");
  assert.equal(shown("number").textContent, "7");
  assert.equal(shown("sure").textContent, "sure, 97 %");
  view.markStale();
  assert.equal(root.dataset.state, "stale");
  assert.equal(shown("number").textContent, "7");
});

test("the first ink of an idle page is being read", () => {
  assert.equal(shown("lead").textContent, "Draw a number");
  view.markStale();
  assert.equal(root.dataset.state, "reading");
});

test("the style sheet learns how much there is to show", () => {
  view.show(UNSURE);
  const { style } = shown("number");
  assert.deepEqual([style["--columns"], style["--lines"]], [2, 2]);
});

test("a reading without a number says why, by its state", () => {
  const leads = ["empty", "not_a_digit", "unsure"].map((state) => {
    view.show({ text: "", state });
    return shown("lead").textContent;
  });
  assert.deepEqual(leads, ["I see no number here", "Not a number?", "I can't read this one"]);
  assert.equal(root.dataset.state, "unreadable");
});

test("each kind of failure has its words", () => {
  view.showNoAnswer("offline");
  assert.equal(shown("lead").textContent, "No connection");
  view.showBusy(7);
  assert.match(shown("hint").textContent, /in 7 s/);
  assert.equal(root.dataset.state, "away");
  view.showRefused("Too many strokes.");
  assert.deepEqual([root.dataset.state, shown("hint").textContent], ["refused", "Too many strokes."]);
});

test("a screen reader is told what stays, not every step to it", () => {
  view.show({ ...SEVEN, text: "1" });
  mock.timers.tick(599);
  view.markStale();
  view.show(SEVEN);
  mock.timers.tick(599);
  assert.equal(announcer.textContent, "");
  mock.timers.tick(1);
  assert.equal(announcer.textContent, "Looks like 7, sure");
});
