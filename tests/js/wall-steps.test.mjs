import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { WallSteps } from "review/wall-steps";
import { FakeElement } from "./browser.mjs";

const URLS = { bulk: "/bulk/", undo: "/undo/", items: "/items/" };
const SEVEN = { verdict: "number", text: "7" };
const DRAWINGS = [
  { id: "a", seen: "0-0" },
  { id: "b", seen: "0-3" },
];
let requests;
let steps;

// Answers by the beginning of the address: JSON, or a status.
function answerWith(answers) {
  globalThis.fetch = async (url, { method, body }) => {
    requests.push({ url, method, body: body && JSON.parse(body) });
    const answer = answers[url];
    if (answer === undefined) throw new TypeError("the network is gone");
    return typeof answer === "number" ? new Response("{}", { status: answer }) : Response.json(answer);
  };
}

beforeEach(() => {
  globalThis.document = Object.assign(new FakeElement(), { cookie: "" });
  requests = [];
  steps = new WallSteps(URLS);
});

test("a decision is sent with what was seen of each drawing, as one step", async () => {
  answerWith({ "/bulk/": { decided: ["a", "b"], stale: [] } });
  assert.deepEqual(await steps.decide(SEVEN, DRAWINGS), { decided: ["a", "b"], stale: [], gone: [] });
  const [{ method, body }] = requests;
  assert.equal(method, "POST");
  assert.match(body.step, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual(body, { ...SEVEN, drawings: DRAWINGS, step: body.step });
});

test("what had changed comes as it is now, and what is in neither list is gone", async () => {
  const now = { id: "b", seen: "9-3", verdict: { verdict: "number", text: "1" } };
  answerWith({ "/bulk/": { decided: [], stale: ["b"] }, "/items/b/": now });
  assert.deepEqual(await steps.decide(SEVEN, DRAWINGS), { decided: [], stale: [now], gone: ["a"] });
});

test("a changed drawing whose state can't be had is still told as changed", async () => {
  answerWith({ "/bulk/": { decided: ["a"], stale: ["b"] }, "/items/b/": 404 });
  assert.deepEqual((await steps.decide(SEVEN, DRAWINGS)).stale, [{ id: "b" }]);
});

for (const failure of [undefined, 401, 403, 429, 500, 503]) {
  test(`after ${failure ?? "a lost connection"} the same decision is the same step`, async () => {
    answerWith({ "/bulk/": failure });
    await assert.rejects(steps.decide(SEVEN, DRAWINGS), { name: "ApiError" });
    assert.ok(steps.isUnanswered);
    answerWith({ "/bulk/": { decided: ["a", "b"], stale: [] } });
    await steps.decide(SEVEN, DRAWINGS);
    assert.equal(requests[0].body.step, requests[1].body.step);
    assert.ok(!steps.isUnanswered);
  });
}

test("another decision is another step, and so is the same one after an answer", async () => {
  answerWith({});
  await assert.rejects(steps.decide(SEVEN, DRAWINGS));
  answerWith({ "/bulk/": { decided: ["a"], stale: [] } });
  await steps.decide(SEVEN, DRAWINGS.slice(0, 1));
  await steps.decide(SEVEN, DRAWINGS.slice(0, 1));
  assert.equal(new Set(requests.map(({ body }) => body.step)).size, 3);
});

test("a refused decision is over", async () => {
  answerWith({ "/bulk/": 400 });
  await assert.rejects(steps.decide(SEVEN, DRAWINGS), { kind: "refused" });
  assert.ok(!steps.isUnanswered);
});

test("undo is sent once and answers with what was undone", async () => {
  answerWith({ "/undo/": { undone: [{ id: "a" }], kept: ["b"] } });
  assert.deepEqual(await steps.undo(), { undone: [{ id: "a" }], kept: ["b"] });
  assert.equal(requests.length, 1);
});
