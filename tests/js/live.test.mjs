import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { LiveReading } from "reading/live";
import { FakeElement, settle } from "./browser.mjs";

const DRAWING = { strokes: [[[1, 2, 0]]] };
const OTHER = { strokes: [[[3, 4, 0]]] };
let questions = []; // requests under way: {drawing, signal, answer(body, init), fail(error)}
let events = [];
let hearsAbort; // whether a request ends when it is aborted
let network;
let live;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  questions = [];
  events = [];
  hearsAbort = true;
  network = new EventTarget();
  globalThis.document = Object.assign(new FakeElement(), { cookie: "" });
  globalThis.addEventListener = network.addEventListener.bind(network);
  globalThis.fetch = (_, { body, signal }) =>
    new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => hearsAbort && reject(signal.reason));
      const answer = (text, init) => resolve(new Response(text, init));
      const drawing = body instanceof FormData ? "a picture" : JSON.parse(body);
      questions.push({ drawing, signal, answer, fail: reject });
    });
  live = new LiveReading("/live/");
  for (const name of ["answer", "away", "busy", "refused"]) {
    live.addEventListener(name, ({ detail }) => events.push([name, detail]));
  }
});

afterEach(() => mock.timers.reset());

async function answer(question, text, init) {
  question.answer(text, init);
  await settle();
}

test("it asks once after a pause, however many points come before", async () => {
  for (let point = 0; point < 5; point += 1) {
    live.askSoon(() => DRAWING);
    mock.timers.tick(150);
  }
  assert.equal(questions.length, 0);
  mock.timers.tick(50);
  assert.deepEqual(
    questions.map(({ drawing }) => drawing),
    [DRAWING],
  );
  await answer(questions[0], '{"text": "7"}');
  assert.deepEqual(events, [["answer", { text: "7" }]]);
});

test("a new question cancels the one before it", async () => {
  live.ask(DRAWING);
  live.ask(OTHER);
  assert.equal(questions[0].signal.aborted, true);
  await answer(questions[1], '{"text": "new"}');
  assert.deepEqual(events, [["answer", { text: "new" }]]);
});

test("an answer that comes although its question was cancelled is ignored", async () => {
  hearsAbort = false;
  live.ask(DRAWING);
  live.ask(OTHER);
  await answer(questions[0], '{"text": "late"}');
  assert.deepEqual(events, []);
  await answer(questions[1], '{"text": "new"}');
  assert.deepEqual(events, [["answer", { text: "new" }]]);
});

test("after stop nothing is asked and nothing is told", async () => {
  hearsAbort = false;
  live.ask(DRAWING);
  live.stop();
  await answer(questions[0], '{"text": "late"}');
  live.askSoon(() => DRAWING);
  live.stop();
  mock.timers.tick(60_000);
  await settle();
  assert.equal(questions.length, 1);
  assert.deepEqual(events, []);
});

test("while the reader is away it asks again, ever more seldom", async () => {
  live.ask(DRAWING);
  for (const [i, seconds] of [1, 2, 4, 8, 15, 15].entries()) {
    await answer(questions[i], "{}", { status: 503 });
    assert.deepEqual(events.at(-1), ["away", "away"]);
    mock.timers.tick(seconds * 1000 - 1);
    assert.equal(questions.length, i + 1, `not before ${seconds} s`);
    mock.timers.tick(1);
    assert.equal(questions.length, i + 2, `after ${seconds} s`);
    assert.deepEqual(questions.at(-1).drawing, DRAWING);
  }
});

test("people who are told why no answer comes are not told something else", async () => {
  live.ask(DRAWING);
  questions[0].fail(new TypeError("Failed to fetch"));
  await settle();
  mock.timers.tick(1000);
  questions[1].fail(new TypeError("Failed to fetch"));
  await settle();
  mock.timers.tick(1990);
  assert.deepEqual(events, [
    ["away", "offline"],
    ["away", "offline"],
  ]);
});

test("an answer ends the series of failures", async () => {
  live.ask(DRAWING);
  await answer(questions[0], "{}", { status: 503 });
  mock.timers.tick(1000);
  await answer(questions[1], '{"text": "7"}');
  live.ask(OTHER);
  await answer(questions[2], "{}", { status: 500 });
  assert.deepEqual(events.at(-1), ["away", "broken"]);
  mock.timers.tick(1000);
  assert.equal(questions.length, 4);
});

test("a busy server is asked again when it says", async () => {
  live.ask(DRAWING);
  await answer(questions[0], "{}", { status: 429, headers: { "Retry-After": "7" } });
  assert.deepEqual(events, [["busy", 7]]);
  mock.timers.tick(6999);
  assert.equal(questions.length, 1);
  mock.timers.tick(1);
  assert.equal(questions.length, 2);
});

test("a refused drawing is not asked about again", async () => {
  live.ask(DRAWING);
  await answer(questions[0], '{"detail": "Too many strokes."}', { status: 400 });
  mock.timers.tick(60_000);
  assert.deepEqual(events, [["refused", "Too many strokes."]]);
  assert.equal(questions.length, 1);
});

test("people who keep drawing hear that the reader is away", () => {
  for (let stroke = 0; stroke < 10; stroke += 1) {
    live.ask({ strokes: [[[stroke, 0, 0]]] });
    mock.timers.tick(300);
  }
  assert.deepEqual(events, [["away", "away"]]);
});

test("a picture may take longer than strokes", () => {
  live.ask({ picture: { blob: new Blob(["pixels"]) } });
  mock.timers.tick(19_999);
  assert.deepEqual(events, []);
  mock.timers.tick(1);
  assert.deepEqual(events, [["away", "away"]]);
});

test("when the network is back it asks at once, if an answer is still missing", async () => {
  live.ask(DRAWING);
  questions[0].fail(new TypeError("Failed to fetch"));
  await settle();
  assert.deepEqual(events, [["away", "offline"]]);
  network.dispatchEvent(new Event("online"));
  assert.equal(questions.length, 2);
  await answer(questions[1], '{"text": "7"}');
  network.dispatchEvent(new Event("online"));
  assert.equal(questions.length, 2);
});
