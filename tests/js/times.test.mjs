import assert from "node:assert/strict";
import { test } from "node:test";

import { showLocalTimes } from "times";
import { FakeElement } from "./browser.mjs";

test("a time is shown in the local zone, and the server's words become its title", () => {
  const time = Object.assign(new FakeElement(), {
    dateTime: "2026-03-01T23:30:00+00:00",
    textContent: " 1 March 2026, 23:30\n",
  });
  showLocalTimes(new FakeElement({ "time[data-local]": [time] }));
  assert.equal(time.title, "1 March 2026, 23:30");
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  assert.equal(time.textContent, format.format(Date.UTC(2026, 2, 1, 23, 30)));
});
