import assert from "node:assert/strict";
import { test } from "node:test";

import { attachShortcuts, findAction } from "drawing/shortcuts";
import { FakeElement, makeEvent } from "./browser.mjs";

const ON_PAD = { isOnPad: true };
const ELSEWHERE = { isOnPad: false };

test("chords count everywhere, with Ctrl and with Cmd", () => {
  assert.equal(findAction({ key: "z", ctrlKey: true }, ELSEWHERE), "undo");
  assert.equal(findAction({ key: "Z", ctrlKey: true, shiftKey: true }, ELSEWHERE), "redo");
  assert.equal(findAction({ key: "y", ctrlKey: true }, ELSEWHERE), "redo");
  assert.equal(findAction({ key: "s", metaKey: true }, ELSEWHERE), "save");
});

test("single letters count only on the pad", () => {
  assert.equal(findAction({ key: "s" }, ON_PAD), "save");
  assert.equal(findAction({ key: "U" }, ON_PAD), "upload");
  assert.equal(findAction({ key: "s" }, ELSEWHERE), undefined);
});

test("Delete and Escape clear from everywhere", () => {
  assert.equal(findAction({ key: "Delete" }, ELSEWHERE), "clear");
  assert.equal(findAction({ key: "Escape" }, ON_PAD), "clear");
});

test("Alt belongs to the browser, and other keys do nothing", () => {
  assert.equal(findAction({ key: "s", altKey: true }, ON_PAD), undefined);
  assert.equal(findAction({ key: "z", ctrlKey: true, altKey: true }, ON_PAD), undefined);
  assert.equal(findAction({ key: "x" }, ON_PAD), undefined);
  assert.equal(findAction({ key: "u", ctrlKey: true }, ON_PAD), undefined);
});

function press(keys, { isInField = false } = {}) {
  const canvas = new FakeElement();
  const called = [];
  globalThis.document = new FakeElement();
  document.activeElement = canvas;
  attachShortcuts(canvas, { save: () => called.push("save"), undo: () => called.push("undo") });
  const event = makeEvent("keydown", keys);
  Object.defineProperty(event, "target", { value: { closest: () => (isInField ? {} : null) } });
  document.dispatchEvent(event);
  return { called, isPrevented: event.defaultPrevented };
}

test("a shortcut calls its action in place of the browser's", () => {
  assert.deepEqual(press({ key: "s", ctrlKey: true }), { called: ["save"], isPrevented: true });
});

test("a form field keeps its keys", () => {
  assert.deepEqual(press({ key: "z", ctrlKey: true }, { isInField: true }), { called: [], isPrevented: false });
});
