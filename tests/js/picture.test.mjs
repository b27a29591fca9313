import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { fromDataUrl, openPicture } from "drawing/picture";
import { FakeElement } from "./browser.mjs";

let decoded; // what the browser makes of a file; null where it cannot open it
let canvases = [];

class FakeCanvas extends FakeElement {
  texts = [];

  getContext() {
    const fillText = (text) => this.texts.push(text);
    return { drawImage() {}, fillRect() {}, fillText };
  }

  toBlob(callback, type, quality) {
    callback(Object.assign(new Blob(["drawn anew"], { type }), { quality }));
  }
}

beforeEach(() => {
  canvases = [];
  globalThis.createImageBitmap = async () => {
    if (!decoded) throw new DOMException("", "InvalidStateError");
    return decoded;
  };
  globalThis.document = {
    createElement() {
      canvases.push(new FakeCanvas());
      return canvases.at(-1);
    },
  };
});

function file({ name = "photo.png", type = "image/png", size = 1000 } = {}) {
  return new File([new Uint8Array(size)], name, { type });
}

test("a small picture is sent unchanged", async () => {
  decoded = { width: 800, height: 600 };
  const chosen = file();
  assert.deepEqual(await openPicture(chosen), { bitmap: decoded, blob: chosen });
});

test("a large picture is made smaller, in its proportions", async () => {
  decoded = { width: 3200, height: 1000 };
  const { bitmap, blob } = await openPicture(file());
  assert.deepEqual([bitmap.width, bitmap.height], [1600, 500]);
  assert.equal(blob.type, "image/webp");
});

test("a photograph stays a JPEG", async () => {
  decoded = { width: 4000, height: 3000 };
  const { blob } = await openPicture(file({ type: "image/jpeg" }));
  assert.equal(blob.type, "image/jpeg");
});

test("a heavy file, and a type that the server does not know, are drawn anew in their size", async () => {
  decoded = { width: 800, height: 600 };
  for (const chosen of [file({ size: 1_500_001 }), file({ type: "image/svg+xml" })]) {
    const { bitmap, blob } = await openPicture(chosen);
    assert.deepEqual([bitmap.width, bitmap.height], [800, 600]);
    assert.equal(await blob.text(), "drawn anew");
  }
});

test("a thin picture keeps at least one pixel", async () => {
  decoded = { width: 10_000, height: 1 };
  assert.equal((await openPicture(file())).bitmap.height, 1);
});

test("a picture that only the server can open is sent, with a placeholder on the pad", async () => {
  decoded = null;
  const chosen = file({ name: "IMG_1.HEIC", type: "" });
  const { bitmap, blob } = await openPicture(chosen);
  assert.equal(blob, chosen);
  assert.equal(bitmap.texts[0], "IMG_1.HEIC");
});

test("a file that is no picture is refused in plain words", async () => {
  decoded = null;
  await assert.rejects(openPicture(file({ name: "letter.pdf" })), /can't open this file/);
});

test("a data URL becomes its bytes", async () => {
  const blob = fromDataUrl(`data:image/png;base64,${btoa("\x89PNG\x00\xff")}`);
  assert.equal(blob.type, "image/png");
  assert.deepEqual([...new Uint8Array(await blob.arrayBuffer())], [0x89, 0x50, 0x4e, 0x47, 0, 0xff]);
});
