import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { ApiError } from "api";
import { Outbox } from "review/outbox";
import { FakeStorage, settle } from "./browser.mjs";

let storage;
let sent;
let answers; // an answer or an error for each entry; without one the answer is {}
let events;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  storage = new FakeStorage();
  sent = [];
  answers = [];
  events = [];
});

afterEach(() => mock.timers.reset());

function open() {
  const note = (name) => (what) => events.push([name, what?.text ?? what?.kind]);
  return new Outbox({
    storage,
    user: "7",
    send: async (entry) => {
      sent.push(entry);
      const answer = answers.shift() ?? {};
      if (answer instanceof Error) throw answer;
      return answer;
    },
    on: {
      change: () => {},
      sent: note("sent"),
      conflict: note("conflict"),
      refused: note("refused"),
      failed: note("failed"),
    },
  });
}

function say(text, drawing = `d${text}`) {
  return { kind: "verdict", drawing, verdict: "number", text, seen: "0-0" };
}

test("what is decided is sent in order, each with a step of its own", async () => {
  const outbox = open();
  outbox.add(say("1"));
  outbox.add(say("2"));
  await outbox.flush();
  assert.deepEqual(
    sent.map(({ text }) => text),
    ["1", "2"],
  );
  assert.notEqual(sent[0].step, sent[1].step);
  assert.deepEqual(outbox.entries, []);
});

test("what the network lost is sent again with the same step, after growing waits", async () => {
  answers = [new ApiError("offline"), new ApiError("away")];
  const outbox = open();
  outbox.add(say("1"));
  await settle();
  assert.equal(outbox.unsent.length, 1);
  mock.timers.tick(1000);
  await settle();
  mock.timers.tick(1000);
  await settle();
  assert.equal(sent.length, 2);
  mock.timers.tick(1000);
  await settle();
  assert.equal(new Set(sent.map(({ step }) => step)).size, 1);
  assert.equal(sent.length, 3);
  assert.deepEqual(outbox.entries, []);
});

test("it outlasts the page, for this user only", async () => {
  answers = [new ApiError("signin")];
  open().add(say("1"));
  await settle();
  assert.equal(open().entries[0].text, "1");
  const other = new Outbox({ storage, user: "8", send: null, on: {} });
  assert.deepEqual(other.entries, []);
});

test("without a session nothing is asked again by itself", async () => {
  answers = [new ApiError("signin")];
  open().add(say("1"));
  await settle();
  mock.timers.tick(60_000);
  await settle();
  assert.equal(sent.length, 1);
  assert.deepEqual(events, [["failed", "signin"]]);
});

test("a wait that the server asks for is kept", async () => {
  answers = [new ApiError("busy", { retryAfter: 9 })];
  open().add(say("1"));
  await settle();
  mock.timers.tick(8000);
  await settle();
  assert.equal(sent.length, 1);
  mock.timers.tick(1000);
  await settle();
  assert.equal(sent.length, 2);
});

test("a later verdict on the same drawing has seen the first", async () => {
  answers = [{ item: { seen: "5-0" } }];
  const outbox = open();
  outbox.add(say("1", "d"));
  outbox.add(say("2", "d"));
  await outbox.flush();
  assert.deepEqual(
    sent.map(({ seen }) => seen),
    ["0-0", "5-0"],
  );
});

test("a conflict stays until it has been looked at, and lets others pass", async () => {
  answers = [new ApiError("conflict", { answer: { current: null, item: {} } })];
  const outbox = open();
  outbox.add(say("1"));
  outbox.add(say("2"));
  await outbox.flush();
  assert.deepEqual(outbox.unsent, []);
  assert.equal(open().conflicts[0].text, "1");
  assert.deepEqual(events, [
    ["conflict", "1"],
    ["sent", "2"],
  ]);
});

test("what the server refuses is told and dropped", async () => {
  answers = [new ApiError("refused", { message: "gone" })];
  const outbox = open();
  outbox.add(say("1"));
  await outbox.flush();
  assert.deepEqual(events, [["refused", "1"]]);
  assert.deepEqual(outbox.entries, []);
});

test("only what the server cannot have got is taken back", async () => {
  answers = [new ApiError("signin"), new ApiError("away")];
  const outbox = open();
  outbox.add(say("1"));
  await settle();
  outbox.add(say("2"));
  await settle();
  assert.equal(outbox.takeBack().text, "2");
  assert.equal(outbox.takeBack(), null); // the first was tried again, and its answer got lost
});

test("where storage is full it is kept while the page is open", async () => {
  storage.setItem = () => {
    throw new Error("full");
  };
  answers = [new ApiError("signin")];
  const outbox = open();
  outbox.add(say("1"));
  await settle();
  assert.equal(outbox.unsent.length, 1);
  await outbox.flush();
  assert.deepEqual(outbox.entries, []);
});
