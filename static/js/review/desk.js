// The desk: shows one item after another and takes the decisions. What is decided goes into the outbox, and the next
// item is shown at once, without waiting for the server.

import { ApiError } from "api";
import { preload } from "review/drawing-view";
import { Memory } from "review/memory";
import { inLines, inOneLine, inWords, isSame, numberOf, undoneInWords, verdictOf } from "review/verdict";

export class Desk {
  #parts;
  #past = null; // the item of the trail that is shown instead of the queue's, with `mine`
  #memory;
  #deeds = []; // drawings that were decided or skipped in this session: {kind, drawing}
  #walk = Promise.resolve(); // of the steps back, forward and of undo
  #isAway = false;
  #shown = null; // the drawing that is to be seen
  #since = null; // when the key was pressed after which nothing could be shown yet
  #shownFor;

  skipped = 0;

  // `parts`: server, outbox, queue, trail, answer, drawing, facts (an ItemView), replay, notices, frame (what is
  // visible; see pages/review.js). `shownFor` goes along with each verdict.
  constructor(parts, { shownFor, skipped }) {
    this.#parts = parts;
    this.#memory = new Memory((drawing) => parts.server.item(drawing));
    this.#shownFor = shownFor;
    this.skipped = skipped;
  }

  get item() {
    return this.#past?.item ?? this.#parts.queue.current;
  }

  async start() {
    const { outbox, queue } = this.#parts;
    for (const { conflict } of outbox.conflicts) queue.put(conflict.item);
    this.show();
    outbox.flush();
    await queue.fill();
  }

  // Does what a key or a button says; `since` is when it was pressed.
  act(action, since = performance.now()) {
    this.#parts.notices.showProblem("");
    this[ACTIONS[action]](since);
  }

  accept(since) {
    const { answer, notices } = this.#parts;
    if (!this.item) return;
    if (answer.isTyped && answer.text) {
      if (answer.isNumber) this.#decide(numberOf(answer.text), since);
      return;
    }
    const suggestion = this.#suggestion();
    if (suggestion) this.#decide(suggestion, since);
    else notices.announce("Nothing was read. Type the number, or press X, U or S.");
  }

  agreeWithWriter(since) {
    const correction = this.item?.correction;
    if (correction) this.#decide(verdictOf(correction.text), since);
    else this.#parts.notices.announce("Its writer has not said anything.");
  }

  sayNone(since) {
    this.#decide(verdictOf(""), since);
  }

  sayUnreadable(since) {
    this.#decide({ verdict: "unreadable", text: "" }, since);
  }

  skip(since) {
    const { outbox, queue } = this.#parts;
    if (this.#past) return this.goToPresent();
    const item = queue.current;
    if (!item) return undefined;
    if (this.#conflictOf(item)) return this.keep(since);
    this.#deeds.push({ kind: "skip", drawing: item.id });
    outbox.add({ kind: "skip", drawing: item.id });
    this.skipped += 1;
    queue.next();
    return this.show("Skipped.", since);
  }

  // Leaves what somebody else said meanwhile.
  keep(since) {
    const item = this.item;
    if (!item || !this.#conflictOf(item)) return;
    this.#dropConflicts(item.id);
    this.#parts.answer.clear();
    this.#moveOn();
    this.show("Kept as it is.", since);
  }

  clear() {
    const { answer } = this.#parts;
    if (answer.isTyped) {
      answer.clear();
      this.showTyped();
    } else if (this.#past) this.goToPresent();
  }

  replayStrokes() {
    const { drawing, replay, notices, frame } = this.#parts;
    const { item } = this;
    const path = item && drawing.addPath(item);
    if (!path) {
      notices.announce("There are no strokes: it is a picture.");
      return;
    }
    frame.markReplay(true);
    notices.announce("Replaying.");
    replay.start(path, item.strokes, () => frame.markReplay(false));
  }

  showKeys() {
    this.#parts.frame.openKeys();
  }

  goBack() {
    if (this.#shownFor) return undefined; // the page of one drawing
    return this.#inTurn(async () => {
      const entry = await this.#parts.trail.back();
      if (entry) await this.#showPast(entry);
      else this.#parts.notices.announce("There is nothing before this.");
    });
  }

  goForward() {
    return this.#inTurn(async () => {
      if (!this.#past) return;
      const entry = this.#parts.trail.forward();
      if (entry) await this.#showPast(entry);
      else this.goToPresent();
    });
  }

  goToPresent() {
    this.#past = null;
    this.#parts.trail.leave();
    this.show("Back at the desk.");
  }

  undo() {
    return this.#inTurn(() => this.#undoLast());
  }

  async seeSkippedAgain() {
    await this.#tryTo(async () => {
      await this.#parts.outbox.flush();
      await this.#parts.server.unskip();
      this.skipped = 0;
      await this.#parts.queue.fill();
    });
  }

  lookAgain() {
    this.#parts.outbox.flush();
    return this.#parts.queue.fill();
  }

  type(text) {
    this.#parts.answer.insert(text);
    this.#parts.answer.focus();
  }

  // ---- What comes back

  // The queue has fetched.
  fetched() {
    const { queue } = this.#parts;
    this.#answered();
    queue.ahead.forEach(preload);
    if (!this.item || this.item.id !== this.#shown) this.show();
  }

  sent(entry, answer) {
    this.#answered();
    if (!answer.item) return;
    if (this.#memory.has(answer.item.id)) this.#memory.keep(answer.item);
    if (this.#past?.item.id === answer.item.id) this.#past.item = answer.item;
    this.#parts.frame.decided(entry);
    if (this.#parts.queue.current?.id === answer.item.id && this.#shownFor) {
      this.#parts.queue.current = answer.item;
      if (!this.#parts.answer.isTyped) this.show();
    }
  }

  // Somebody decided meanwhile: the drawing comes next, or at once if there is none.
  conflicted({ drawing, step, conflict }) {
    const { outbox, queue, notices, trail } = this.#parts;
    this.#answered();
    trail.remove(drawing);
    if (!conflict.item) {
      outbox.drop(step);
      notices.showProblem("A drawing that you decided on is gone.");
      return;
    }
    this.#memory.keep(conflict.item);
    const isShown = !this.item || this.item.id === drawing;
    queue.put(conflict.item);
    notices.announce("Somebody decided meanwhile on a drawing of yours. It comes next.");
    if (isShown) this.show();
  }

  refused(entry, error) {
    this.#answered();
    const said = entry.kind === "skip" ? "A drawing was not skipped" : `“${inWords(entry)}” was not taken`;
    this.#parts.notices.showProblem(`${said}: ${error.message ?? "the server refused it."}`);
    this.#parts.trail.remove(entry.drawing);
  }

  failed(error) {
    this.#isAway = true;
    if (error.kind === "signin") this.#parts.notices.askForLogin(true);
    this.showUnsent();
    if (!this.item) this.show();
  }

  showUnsent() {
    const isAway = this.#isAway || globalThis.navigator?.onLine === false;
    this.#parts.notices.showUnsent(this.#parts.outbox.unsent.length, { isAway });
  }

  showTyped() {
    const { answer, facts } = this.#parts;
    facts.showAnswer({ suggestion: this.#suggestion(), typed: answer.text });
  }

  // ---- Showing

  // Shows the item that is due, and says `done` and what comes. `since` is when the key was pressed.
  show(done = "", since = null) {
    const { answer, drawing, facts, frame, notices, queue, replay } = this.#parts;
    const { item } = this;
    this.#shown = item?.id ?? null;
    this.#since ??= since;
    replay.stop();
    frame.markReplay(false);
    frame.show({
      item,
      isOver: queue.isOver,
      isAway: this.#isAway,
      skipped: this.skipped,
      isPast: Boolean(this.#past),
    });
    if (!item) {
      notices.announce(`${done} ${frame.emptyWords}`.trim());
      return;
    }
    this.#memory.keep(item);
    const suggestion = this.#suggestion();
    drawing.show(item);
    facts.show(item, { suggestion, mine: this.#past?.mine ?? null, conflict: this.#conflictOf(item) });
    answer.begin(item.id, suggestion ? inLines(suggestion) : "");
    if (answer.isTyped) this.showTyped();
    frame.focus();
    notices.announce(`${done} ${this.#describe(item)}`.trim());
    if (this.#since !== null) measure(this.#since);
    this.#since = null;
  }

  #describe(item) {
    const read = item.reading ? `read as ${inOneLine(item.reading.text) || "no number"}` : "not read";
    const past = this.#past ? `You decided ${inWords(this.#past.mine)}. ` : "";
    const writer = item.correction ? ` Its writer says ${inOneLine(item.correction.text) || "no number"}.` : "";
    return `${past}${this.#past ? "It was" : "Next:"} ${read}.${writer}`;
  }

  // What Enter sends where nothing is typed, or null.
  #suggestion() {
    const { item } = this;
    if (!item) return null;
    const said = this.#conflictOf(item)?.mine ?? this.#past?.mine ?? item.verdict;
    if (said && said.verdict !== "refused") return { verdict: said.verdict, text: said.text };
    return item.reading ? verdictOf(item.reading.text) : null;
  }

  #conflictOf({ id }) {
    const entry = this.#parts.outbox.conflicts.findLast(({ drawing }) => drawing === id);
    return entry ? { current: entry.conflict.current, mine: entry } : null;
  }

  #dropConflicts(id) {
    for (const { drawing, step } of this.#parts.outbox.conflicts) {
      if (drawing === id) this.#parts.outbox.drop(step);
    }
  }

  // ---- Deciding

  #decide(decision, since) {
    const { outbox, trail, answer } = this.#parts;
    const { item } = this;
    if (!item) return;
    if (this.#past && isSame(decision, this.#past.mine)) {
      this.goToPresent();
      return;
    }
    const { id: drawing, seen } = item;
    const shownFor = this.#shownFor ? { shownFor: this.#shownFor } : {};
    outbox.add({ kind: "verdict", drawing, seen, ...decision, ...shownFor });
    this.#dropConflicts(drawing);
    this.#deeds.push({ kind: "verdict", drawing });
    trail.add({ drawing, ...decision });
    answer.clear();
    this.#moveOn();
    this.show(`${inWords(decision)}.`, since);
  }

  #moveOn() {
    const { queue, trail } = this.#parts;
    if (this.#past) {
      this.#past = null;
      trail.leave();
    } else queue.next();
  }

  async #undoLast() {
    const { outbox, server } = this.#parts;
    const deed = this.#deeds.pop();
    if (deed?.kind === "skip") {
      await this.#unskip(deed.drawing);
      return;
    }
    const taken = outbox.takeBack();
    if (taken) {
      await this.#showUndone(await this.#memory.item(taken.drawing), `Undone: ${inWords(taken)}.`);
      return;
    }
    if (!(await outbox.flush())) {
      if (deed) this.#deeds.push(deed);
      this.#parts.notices.showProblem("Undo has to wait until the server answers. Nothing is lost.");
      return;
    }
    const { undone, drawings, kept } = await server.undo();
    const words = undoneInWords({ drawings, kept, known: this.#parts.trail.find(drawings[0]) });
    if (undone.length) await this.#showUndone(undone[0], words);
    else this.#parts.notices.showProblem(words);
  }

  async #unskip(drawing) {
    const { outbox } = this.#parts;
    const unsent = outbox.unsent.find((entry) => entry.kind === "skip" && entry.drawing === drawing);
    if (unsent) outbox.drop(unsent.step);
    this.skipped = Math.max(0, this.skipped - 1);
    await this.#showUndone(await this.#memory.item(drawing), "Not skipped.");
  }

  async #showUndone(item, words) {
    const { queue, trail, frame } = this.#parts;
    this.#past = null;
    trail.leave();
    trail.remove(item.id);
    this.#memory.keep(item);
    queue.interrupt(item);
    this.show(words);
    frame.sayDone(words);
    frame.decided({ drawing: item.id });
  }

  async #showPast(entry) {
    const item = await this.#memory.item(entry.drawing);
    this.#past = { item, mine: entry };
    this.show();
  }

  #answered() {
    this.#isAway = false;
    this.#parts.notices.askForLogin(false);
    this.showUnsent();
  }

  // One step after the other, however fast the keys are pressed: where each fetched at once, the item that the
  // server sent last would be shown, not the one asked for last.
  #inTurn(work) {
    this.#walk = this.#walk.then(() => this.#tryTo(work));
    return this.#walk;
  }

  async #tryTo(work) {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.kind === "signin") this.#parts.notices.askForLogin(true);
      this.#parts.notices.showProblem(error.message ?? "The server refused that.");
    }
  }
}

const ACTIONS = {
  accept: "accept",
  back: "goBack",
  clear: "clear",
  forward: "goForward",
  keep: "keep",
  keys: "showKeys",
  none: "sayNone",
  refresh: "lookAgain",
  replay: "replayStrokes",
  skip: "skip",
  undo: "undo",
  unreadable: "sayUnreadable",
  unskip: "seeSkippedAgain",
  writer: "agreeWithWriter",
};

// From the key to the frame that shows the next item, for whoever wants to know: performance.getEntriesByName.
function measure(since) {
  requestAnimationFrame(() =>
    setTimeout(() => performance.measure("review:next", { start: since, end: performance.now() })),
  );
}
