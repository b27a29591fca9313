import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { dropDraft, keepDraft, loadDraft } from "drawing/draft";
import { FakeStorage } from "./browser.mjs";

const STROKES = [[[1, 2, 0]]];
const bitmap = { width: 20, height: 10 };
let encoded = []; // readers that have not answered yet

// Encodes when the test says so; the URL holds the text of the blob.
class FakeFileReader {
  readAsDataURL(blob) {
    encoded.push(async () => {
      this.result = `data:${blob.type};base64,${btoa(await blob.text())}`;
      this.onload();
    });
  }
}

beforeEach(() => {
  encoded = [];
  globalThis.sessionStorage = new FakeStorage();
  globalThis.FileReader = FakeFileReader;
  globalThis.createImageBitmap = async () => bitmap;
});

function picture(text) {
  return { picture: { blob: new Blob([text], { type: "image/png" }) } };
}

test("strokes come back as they were", async () => {
  assert.equal(await keepDraft({ strokes: STROKES, picture: null }), true);
  assert.deepEqual(await loadDraft(), { strokes: STROKES });
});

test("a picture comes back with its bytes and its type", async () => {
  const kept = keepDraft(picture("pixels"));
  await encoded[0]();
  assert.equal(await kept, true);
  const draft = await loadDraft();
  assert.equal(draft.picture.bitmap, bitmap);
  assert.equal(draft.picture.blob.type, "image/png");
  assert.equal(await draft.picture.blob.text(), "pixels");
});

test("a picture that is encoded late does not replace a newer draft", async () => {
  const late = keepDraft(picture("old"));
  await keepDraft({ strokes: STROKES });
  await encoded[0]();
  await late;
  assert.deepEqual(await loadDraft(), { strokes: STROKES });
});

test("a picture that is encoded late does not bring a dropped draft back", async () => {
  const late = keepDraft(picture("old"));
  dropDraft();
  await encoded[0]();
  await late;
  assert.equal(await loadDraft(), null);
});

test("nothing comes back of a dropped draft or of an empty pad", async () => {
  await keepDraft({ strokes: STROKES });
  dropDraft();
  assert.equal(await loadDraft(), null);
  await keepDraft({ strokes: [] });
  assert.equal(await loadDraft(), null);
});

test("storage that is full or forbidden keeps nothing and breaks nothing", async () => {
  const refuse = () => {
    throw new DOMException("", "QuotaExceededError");
  };
  globalThis.sessionStorage = { getItem: refuse, setItem: refuse, removeItem: refuse };
  assert.equal(await keepDraft({ strokes: STROKES }), false);
  assert.equal(await loadDraft(), null);
  dropDraft();
});

test("a draft that cannot be read counts as none", async () => {
  sessionStorage.setItem("numeral.draft", "{not JSON");
  assert.equal(await loadDraft(), null);
});
