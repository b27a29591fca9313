import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { awaitReading, isWaiting, saveDrawing } from "reading/saving";
import { FakeElement, settle } from "./browser.mjs";

const WAITING = { state: "waiting", url: "/predictions/1/" };
let requests = [];
let answers = [];

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  requests = [];
  answers = [];
  globalThis.document = Object.assign(new FakeElement(), { cookie: "" });
  globalThis.fetch = async (url, options) => {
    requests.push({ url, ...options });
    const answer = answers.shift();
    if (!answer) throw new TypeError("Failed to fetch");
    return Response.json(answer);
  };
});

afterEach(() => mock.timers.reset());

async function pass(seconds) {
  mock.timers.tick(seconds * 1000);
  await settle();
}

test("a drawing is posted, and the server is asked not to wait long", async () => {
  answers = [WAITING];
  const saved = await saveDrawing("/predictions/", { strokes: [[[1, 2, 0]]] });
  assert.ok(isWaiting(saved));
  assert.equal(requests[0].headers.Prefer, "wait=3");
});

test("a waiting drawing is looked at until it is read", async () => {
  answers = [WAITING, { state: "recognised", text: "7" }];
  const reading = awaitReading(WAITING);
  await pass(0.5);
  assert.deepEqual(
    requests.map(({ url }) => url),
    ["/predictions/1/"],
  );
  await pass(1);
  assert.equal((await reading).text, "7");
});

test("a look that fails is no answer, and the next one may be", async () => {
  const reading = awaitReading(WAITING);
  await pass(0.5);
  answers = [{ state: "recognised", text: "4" }];
  await pass(1);
  assert.equal((await reading).text, "4");
});

test("after a minute it gives up", async () => {
  answers = Array(7).fill(WAITING);
  const reading = awaitReading(WAITING);
  for (const seconds of [0.5, 1, 2, 4, 8, 15, 30]) await pass(seconds);
  assert.equal(await reading, null);
  assert.equal(requests.length, 7);
});
