// The desk of reviewers: joins its parts, its keys and its buttons.

import { Answer } from "review/answer";
import { Desk } from "review/desk";
import { DrawingView } from "review/drawing-view";
import { Frame } from "review/frame";
import { ItemView } from "review/item-view";
import { attachKeys } from "review/keys";
import { Notices } from "review/notices";
import { Outbox } from "review/outbox";
import { Queue } from "review/queue";
import { Replay } from "review/replay";
import { Server } from "review/server";
import { Single } from "review/single";
import { attachSwipe } from "review/swipe";
import { Trail } from "review/trail";
import { showLocalTimes } from "times";

const HEARTBEAT = 30_000; // ms; a lease lasts 120 s
const INSERTED = { space: " ", line: "\n" };

function openDesk(root) {
  const { user, reviewsUrl, itemsUrl, undoUrl, skipsUrl, drawingUrl, skipped } = root.dataset;
  const server = new Server({ reviews: reviewsUrl, items: itemsUrl, undo: undoUrl, skips: skipsUrl });
  let desk = null; // its parts call it back
  const outbox = new Outbox({
    storage: localStorage,
    user,
    send: (entry) => server.send(entry),
    on: {
      change: () => desk.showUnsent(),
      sent: (entry, answer) => desk.sent(entry, answer),
      conflict: (entry) => desk.conflicted(entry),
      refused: (entry, error) => desk.refused(entry, error),
      failed: (error) => desk.failed(error),
    },
  });
  const on = { fetched: () => desk.fetched(), failed: (error) => desk.failed(error) };
  const queue = drawingUrl
    ? new Single({ fetchItem: () => server.page(drawingUrl), on })
    : new Queue({
        claim: (count, held) => server.claim(count, held),
        outboxed: () => outbox.entries.map(({ drawing }) => drawing),
        on,
      });
  const parts = {
    server,
    outbox,
    queue,
    trail: new Trail({ fetchPage: (url) => server.page(url), first: reviewsUrl }),
    answer: new Answer(root.querySelector("[data-answer]"), {
      storage: sessionStorage,
      onInput: () => desk.showTyped(),
    }),
    drawing: new DrawingView(root.querySelector("[data-drawing]")),
    facts: new ItemView(root),
    replay: new Replay(),
    notices: new Notices(root),
    frame: new Frame(root, { onDecided: showHistory }),
  };
  desk = new Desk(parts, { shownFor: drawingUrl ? "search" : null, skipped: Number(skipped) });
  attachInput(root, desk, parts);
  keepAlive(desk, parts);
  desk.start();
}

function attachInput(root, desk, { answer }) {
  attachKeys(root, {
    isTyped: () => answer.isTyped,
    act: (action, since) => desk.act(action, since),
    type: (digit) => desk.type(digit),
  });
  root.addEventListener("click", ({ target, timeStamp }) => {
    const button = target.closest("button");
    if (button?.dataset.action) desk.act(button.dataset.action, timeStamp);
    if (button?.dataset.insert) desk.type(INSERTED[button.dataset.insert]);
  });
  attachSwipe(root.querySelector("[data-drawing-frame]"), (since) => desk.act("skip", since));
}

// Leases are prolonged while somebody looks; what waits is sent when the network or the reader comes back.
function keepAlive(desk, { queue, outbox }) {
  const isVisible = () => document.visibilityState === "visible";
  const beat = () => (queue.current ? queue.hold() : queue.fill());
  setInterval(() => isVisible() && beat(), HEARTBEAT);
  document.addEventListener("visibilitychange", () => {
    if (!isVisible()) return;
    beat();
    outbox.flush();
  });
  window.addEventListener("online", () => desk.lookAgain());
  window.addEventListener("offline", () => desk.showUnsent());
}

// The page of one drawing shows the history of its verdicts, as the server renders it.
async function showHistory() {
  const region = document.querySelector("[data-history]");
  if (!region) return;
  const response = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
  if (!response?.ok || response.redirected) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  region.replaceChildren(...page.querySelector("[data-history]").childNodes);
  showLocalTimes(region);
}

for (const root of document.querySelectorAll("[data-desk]")) openDesk(root);
showLocalTimes();
