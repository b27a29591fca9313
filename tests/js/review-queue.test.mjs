import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { ApiError } from "api";
import { Queue } from "review/queue";
import { settle } from "./browser.mjs";

let claims;
let answers;
let outboxed;
let failed;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  claims = [];
  answers = [];
  outboxed = [];
  failed = [];
});

afterEach(() => mock.timers.reset());

function items(...ids) {
  return ids.map((id) => ({ id }));
}

function open() {
  return new Queue({
    claim: async (count, held) => {
      claims.push({ count, held });
      const answer = answers.shift() ?? [];
      if (answer instanceof Error) throw answer;
      return answer;
    },
    outboxed: () => outboxed,
    on: { fetched: () => {}, failed: (error) => failed.push(error.kind) },
  });
}

test("the first is shown and four lie ready", async () => {
  answers = [items("a", "b", "c", "d", "e")];
  const queue = open();
  await queue.fill();
  assert.equal(claims[0].count, 5);
  assert.equal(queue.current.id, "a");
  assert.equal(queue.ahead.length, 4);
});

test("more are fetched before it runs out, with what is held", async () => {
  answers = [items("a", "b", "c", "d", "e"), items("f", "g", "h")];
  const queue = open();
  await queue.fill();
  queue.next();
  assert.equal(claims.length, 1);
  queue.next();
  await settle();
  assert.deepEqual(claims[1], { count: 3, held: ["c", "d", "e"] });
  assert.equal(queue.ahead.length, 5);
});

test("what is decided but not yet sent does not come again", async () => {
  outboxed = ["x"];
  answers = [items("x", "a")];
  const queue = open();
  await queue.fill();
  assert.equal(queue.current.id, "a");
  assert.deepEqual(claims[0].held, ["x"]);
});

test("an interrupted item comes next, once", async () => {
  answers = [items("a", "b")];
  const queue = open();
  await queue.fill();
  queue.interrupt({ id: "b" });
  assert.equal(queue.current.id, "b");
  assert.deepEqual(queue.ahead, items("a"));
});

test("at the end it says so", async () => {
  const queue = open();
  await queue.fill();
  assert.equal(queue.current, null);
  assert.ok(queue.isOver);
});

test("a failure is told, and it asks again", async () => {
  answers = [new ApiError("offline"), items("a")];
  const queue = open();
  await queue.fill();
  assert.deepEqual(failed, ["offline"]);
  mock.timers.tick(1000);
  await settle();
  assert.equal(queue.current.id, "a");
});

test("what is decided and not yet sent does not come again, however much that is", async () => {
  outboxed = Array.from({ length: 300 }, (_, i) => `unsent-${i}`);
  answers = [items("unsent-299", "new")];
  const queue = open();
  await queue.fill();
  assert.equal(queue.current.id, "new");
  assert.equal(claims[0].held.length, 200);
});
