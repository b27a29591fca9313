import assert from "node:assert/strict";
import { test } from "node:test";

import { attachKeys, findAction } from "review/keys";
import { FakeElement, makeEvent } from "./browser.mjs";

const field = { closest: (selector) => (selector === "textarea" ? {} : null) };
const button = { closest: (selector) => (selector.includes("button") ? {} : null) };
const NOTHING_TYPED = { isTyped: false };

function press(key, properties = {}, state = NOTHING_TYPED) {
  return findAction({ key, target: field, ...properties }, state);
}

test("letters are commands, small or large", () => {
  const expected = { a: "writer", X: "none", u: "unreadable", S: "skip", z: "undo", r: "replay", "?": "keys" };
  for (const [key, action] of Object.entries(expected)) assert.equal(press(key), action);
});

test("digits and spaces are typed", () => {
  for (const key of ["0", "9", " ", "Backspace"]) assert.equal(press(key), undefined);
});

test("Enter sends, Shift and Enter begins a line, and Enter on a button presses it", () => {
  assert.equal(press("Enter"), "accept");
  assert.equal(press("Enter", { shiftKey: true }), undefined);
  assert.equal(press("Enter", { target: button }), undefined);
});

test("arrows move the caret where something is typed", () => {
  assert.equal(press("ArrowLeft"), "back");
  assert.equal(press("ArrowRight"), "forward");
  assert.equal(press("ArrowLeft", {}, { isTyped: true }), undefined);
});

test("of the chords only undo is ours", () => {
  assert.equal(press("z", { ctrlKey: true }), "undo");
  assert.equal(press("z", { metaKey: true }), "undo");
  for (const key of ["a", "r", "s", "x", "u"]) assert.equal(press(key, { ctrlKey: true }), undefined);
  assert.equal(press("a", { altKey: true }), undefined);
});

test("a key that is held down decides once", () => {
  assert.equal(press("Enter", { repeat: true }), undefined);
});

test("a digit beside the field is typed into it, none in the dialog", () => {
  const desk = new FakeElement();
  const seen = [];
  attachKeys(desk, {
    isTyped: () => false,
    act: (action) => seen.push(action),
    type: (digit) => seen.push(digit),
  });
  const send = (key, target) => {
    const event = makeEvent("keydown", { key });
    Object.defineProperty(event, "target", { value: target });
    desk.dispatchEvent(event);
  };
  send("7", button);
  send("7", field);
  send("x", { closest: (selector) => (selector === "dialog" ? {} : null) });
  send("x", field);
  assert.deepEqual(seen, ["7", "none"]);
});
