import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { getJson, postDrawing } from "api";
import { FakeElement } from "./browser.mjs";

const OPTIONS = { timeout: 5000 };
const STROKES = [[[1, 2, 0]]];
let requests = [];

function answerWith(body, init) {
  globalThis.fetch = async (url, options) => {
    requests.push({ url, ...options });
    return new Response(body, init);
  };
}

function openPage({ cookie = "" } = {}) {
  globalThis.document = Object.assign(new FakeElement(), { cookie });
}

beforeEach(() => {
  requests = [];
  openPage();
  answerWith('{"text": "7"}');
});

test("strokes are sent as JSON, and the answer is the body", async () => {
  assert.deepEqual(await postDrawing("/read/", { strokes: STROKES }, OPTIONS), { text: "7" });
  const [{ url, method, body, headers, credentials }] = requests;
  assert.deepEqual([url, method, credentials], ["/read/", "POST", "same-origin"]);
  assert.deepEqual(JSON.parse(body), { strokes: STROKES });
  assert.equal(headers["Content-Type"], "application/json");
});

test("a picture is sent as a form, which sets its own content type", async () => {
  const blob = new Blob(["pixels"], { type: "image/png" });
  await postDrawing("/read/", { picture: { blob } }, { ...OPTIONS, headers: { Prefer: "wait=3" } });
  const [{ body, headers }] = requests;
  assert.equal(await body.get("image").text(), "pixels");
  assert.equal(headers["Content-Type"], undefined);
  assert.equal(headers.Prefer, "wait=3");
});

for (const cookie of ["csrftoken=abc", "theme=dark; __Host-csrftoken=abc; other=1"]) {
  test(`the token of the cookie "${cookie}" is sent`, async () => {
    openPage({ cookie });
    await getJson("/", OPTIONS);
    assert.equal(requests[0].headers["X-CSRFToken"], "abc");
  });
}

test("without a cookie the token of the page is sent, and without either none", async () => {
  await getJson("/", OPTIONS);
  assert.ok(!("X-CSRFToken" in requests[0].headers));
  document.parts["[data-csrf]"] = { dataset: { csrf: "of the page" } };
  await getJson("/", OPTIONS);
  assert.equal(requests[1].headers["X-CSRFToken"], "of the page");
});

for (const [status, kind] of [
  [401, "signin"],
  [403, "signin"],
  [429, "busy"],
  [500, "broken"],
  [502, "away"],
  [503, "away"],
  [504, "away"],
]) {
  test(`a ${status} is an error of the kind ${kind}`, async () => {
    answerWith("<h1>A page of a proxy</h1>", { status });
    await assert.rejects(getJson("/", OPTIONS), { name: "ApiError", kind });
  });
}

test("a refusal says what the server says", async () => {
  answerWith('{"detail": "Too many strokes."}', { status: 400 });
  await assert.rejects(getJson("/", OPTIONS), { kind: "refused", message: "Too many strokes." });
});

test("a 429 says how long to wait, and five seconds if it does not", async () => {
  answerWith("{}", { status: 429, headers: { "Retry-After": "17" } });
  await assert.rejects(getJson("/", OPTIONS), { retryAfter: 17 });
  answerWith("{}", { status: 429 });
  await assert.rejects(getJson("/", OPTIONS), { retryAfter: 5 });
});

test("a network that fails is offline, one that takes too long is away", async () => {
  globalThis.fetch = async () => {
    throw new TypeError("Failed to fetch");
  };
  await assert.rejects(getJson("/", OPTIONS), { kind: "offline" });
  globalThis.fetch = async () => {
    throw new DOMException("", "TimeoutError");
  };
  await assert.rejects(getJson("/", OPTIONS), { kind: "away" });
});

test("a body that breaks off is offline, not an empty answer", async () => {
  globalThis.fetch = async () => ({ ok: true, status: 200, json: () => Promise.reject(new TypeError("network")) });
  await assert.rejects(getJson("/", OPTIONS), { kind: "offline" });
});

test("an answer takes no longer than the timeout", async () => {
  globalThis.fetch = (_, { signal }) =>
    new Promise((_, reject) => {
      // The timer of AbortSignal.timeout does not keep Node running; this one does.
      const running = setTimeout(() => reject(new Error("was not aborted")), 2000);
      signal.addEventListener("abort", () => {
        clearTimeout(running);
        reject(signal.reason);
      });
    });
  await assert.rejects(getJson("/", { timeout: 10 }), { kind: "away" });
});

test("a caller who aborts gets the AbortError", async () => {
  globalThis.fetch = async (_, { signal }) => signal.throwIfAborted();
  const options = { ...OPTIONS, signal: AbortSignal.abort() };
  await assert.rejects(getJson("/", options), { name: "AbortError" });
});
