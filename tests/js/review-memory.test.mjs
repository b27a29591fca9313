import assert from "node:assert/strict";
import { test } from "node:test";

import { Memory } from "review/memory";

function open() {
  const asked = [];
  const memory = new Memory(async (id) => {
    asked.push(id);
    return { id, fetched: true };
  });
  return { memory, asked };
}

test("what was kept is not fetched", async () => {
  const { memory, asked } = open();
  memory.keep({ id: "a" });
  assert.ok(memory.has("a"));
  assert.deepEqual(await memory.item("a"), { id: "a" });
  assert.deepEqual(await memory.item("b"), { id: "b", fetched: true });
  assert.deepEqual(asked, ["b"]);
});

test("sixty are kept, the ones used last", async () => {
  const { memory } = open();
  for (let i = 0; i < 60; i++) memory.keep({ id: i });
  memory.keep({ id: 0 });
  memory.keep({ id: 60 });
  assert.ok(memory.has(0));
  assert.ok(!memory.has(1));
});
