import assert from "node:assert/strict";
import { test } from "node:test";

import { Trail } from "review/trail";

function said(drawing, text, inForce = true) {
  return { drawing, verdict: "number", text, in_force: inForce };
}

function open(pages) {
  return new Trail({ fetchPage: async (url) => pages[url], first: "1" });
}

test("back goes through this session, then through what the server knows", async () => {
  const trail = open({ 1: { results: [said("b", "2"), said("a", "1")], next: null } });
  trail.add(said("b", "2"));
  assert.equal((await trail.back()).drawing, "b");
  assert.equal((await trail.back()).drawing, "a");
  assert.equal(await trail.back(), null);
  assert.equal(trail.forward().drawing, "b");
  assert.equal(trail.forward(), null);
  assert.equal(trail.isPast, false);
});

test("what was undone or replaced is left out, over pages", async () => {
  const trail = open({
    1: { results: [said("a", "1", false)], next: "2" },
    2: { results: [said("a", "7")], next: null },
  });
  assert.equal((await trail.back()).text, "7");
});

test("a drawing that is decided anew is in it once", async () => {
  const trail = open({ 1: { results: [], next: null } });
  trail.add(said("a", "1"));
  trail.add(said("b", "2"));
  trail.add(said("a", "7"));
  assert.equal((await trail.back()).text, "7");
  assert.equal((await trail.back()).drawing, "b");
  assert.equal(await trail.back(), null);
});
