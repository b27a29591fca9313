// The wall: selects drawings, gives all selected ones the same verdict, and takes such a step back.

import { toText } from "review/numbers";
import { placeByKey, Selection } from "review/selection";
import { Tile } from "review/tile";
import { WallBar } from "review/wall-bar";
import { wallAction } from "review/wall-keys";
import { WallSteps } from "review/wall-steps";
import { failureInWords, objectionTo, outcomeInWords, UNKNOWN_UNDO, undoInWords } from "review/wall-words";

class Wall {
  constructor(root) {
    this.label = root.dataset.label;
    this.login = root.dataset.login;
    this.list = root.querySelector("[data-tiles]");
    this.tiles = [...root.querySelectorAll("[data-tile]")].map((element) => new Tile(element));
    this.places = new Map(this.tiles.map((tile, place) => [tile.id, place]));
    this.selection = new Selection(this.tiles.length);
    this.steps = new WallSteps({ bulk: root.dataset.bulk, undo: root.dataset.undo, items: root.dataset.items });
    this.bar = new WallBar(root.querySelector("[data-bar]"), {
      give: (verdict) => this.give(verdict),
      undo: () => this.undo(),
      all: () => this.#change(() => this.selection.selectAll()),
      none: () => this.#change(() => this.selection.clear()),
      open: () => this.#open(this.selection.active),
    });
    this.actions = this.#keyActions();
    this.list.addEventListener("click", (event) => this.#click(event));
    this.list.addEventListener("dblclick", (event) => this.#open(this.#placeOf(event)));
    this.list.addEventListener("keydown", (event) => this.#press(event));
    window.addEventListener("beforeunload", (event) => {
      if (this.steps.isUnanswered) event.preventDefault(); // the browser asks whether to leave
    });
    this.#lockDisabled();
    this.#refresh();
  }

  #keyActions() {
    return {
      toggle: () => this.#toggle(this.selection.active),
      selectAll: () => this.#change(() => this.selection.selectAll()),
      selectNone: () => this.#change(() => this.selection.clear()),
      write: (digit) => this.#write(() => this.bar.write(digit)),
      erase: () => this.#write(() => this.bar.erase()),
      giveNumber: () => this.give("number"),
      giveNoNumber: () => this.give("no_number"),
      giveUnreadable: () => this.give("unreadable"),
      undo: () => this.undo(),
      open: () => this.#open(this.selection.active),
      nextPage: () => document.querySelector("[data-next]")?.click(),
    };
  }

  // ---- Selecting

  #click(event) {
    const place = this.#placeOf(event);
    if (place === undefined || event.target.closest("[data-open]")) return;
    if (event.shiftKey) this.#change(() => this.selection.selectTo(place));
    else this.#toggle(place);
    this.tiles[place].element.focus({ preventScroll: true });
  }

  #press(event) {
    if (event.target.closest("[data-open]")) return;
    const { active: from, count } = this.selection;
    const place = placeByKey(event.key, { from, count, columns: this.#columns });
    if (place !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      this.#go(place, event.shiftKey);
      return;
    }
    const action = wallAction(event);
    if (!action) return;
    event.preventDefault(); // Space would scroll, Ctrl+A would select the words of the page
    if (!event.repeat || action.name === "erase") this.actions[action.name](action.digit);
  }

  #go(place, isRange) {
    this.#change(() => (isRange ? this.selection.selectTo(place) : this.selection.goTo(place)));
    this.tiles[place].element.focus();
  }

  #toggle(place) {
    if (this.selection.isLocked(place)) this.bar.say("This drawing can’t be decided here. Open it to see why.");
    this.#change(() => this.selection.toggle(place));
  }

  #change(change) {
    change();
    this.#refresh();
  }

  #refresh() {
    const { selection, tiles } = this;
    for (const [place, tile] of tiles.entries()) {
      tile.showSelected(selection.has(place));
      tile.showActive(place === selection.active);
    }
    this.bar.showCount(selection.places.length);
    this.bar.suggest(this.label || this.#commonReading());
  }

  // The number that was read in all selected drawings; "" if they differ.
  #commonReading() {
    const readings = new Set(this.selection.places.map((place) => this.tiles[place].reading));
    return readings.size === 1 ? [...readings][0] : "";
  }

  #placeOf(event) {
    return this.places.get(event.target.closest("[data-tile]")?.dataset.tile);
  }

  get #columns() {
    const top = this.tiles[0].element.offsetTop;
    return this.tiles.filter(({ element }) => element.offsetTop === top).length;
  }

  #open(place) {
    if (place !== undefined) window.open(this.tiles[place].url, "_blank", "noopener"); // the selection stays here
  }

  #write(change) {
    change();
    this.bar.say(this.bar.line ? `Enter decides: ${this.bar.line}` : "");
  }

  // ---- Deciding

  async give(verdict) {
    const decision = { verdict, text: verdict === "number" ? toText(this.bar.line) : "" };
    const { places } = this.selection;
    const objection = objectionTo(decision, places.length);
    if (objection) this.bar.say(objection);
    if (objection || this.bar.isBusy) return;
    const drawings = places.map((place) => ({ id: this.tiles[place].id, seen: this.tiles[place].seen }));
    await this.#busily(async () => {
      try {
        this.#showOutcome(decision, await this.steps.decide(decision, drawings));
      } catch (error) {
        this.#sayFailure(error, { retry: () => this.give(verdict) });
      }
    });
  }

  #showOutcome(decision, { decided, stale, gone }) {
    for (const id of decided) this.tiles[this.places.get(id)].showDecided(decision);
    for (const item of stale) this.tiles[this.places.get(item.id)].showItem(item, { isStale: true });
    for (const id of gone) this.tiles[this.places.get(id)].showGone();
    this.selection.clear();
    this.#lockDisabled();
    this.bar.forgetWritten();
    this.#refresh();
    this.bar.say(outcomeInWords(decision, { decided, stale, gone, isOver: this.#isOver }));
  }

  async undo() {
    if (this.bar.isBusy) return;
    await this.#busily(async () => {
      try {
        this.#showUndone(await this.steps.undo());
      } catch (error) {
        this.#sayUndoFailure(error);
      }
    });
  }

  // What was undone is selected again, since most often it is to be decided otherwise.
  #showUndone({ undone, drawings, kept }) {
    this.selection.clear();
    const here = undone.filter(({ id }) => this.places.has(id));
    for (const item of here) this.tiles[this.places.get(item.id)].showItem(item);
    this.#lockDisabled();
    for (const { id } of here) this.selection.select(this.places.get(id));
    this.#refresh();
    this.bar.say(undoInWords(drawings.length, here.length, kept.length));
  }

  #lockDisabled() {
    for (const [place, tile] of this.tiles.entries()) {
      if (tile.isDisabled) this.selection.lock(place);
      else this.selection.unlock(place);
    }
  }

  get #isOver() {
    return this.tiles.every((tile) => tile.isDisabled);
  }

  async #busily(work) {
    this.bar.isBusy = true;
    await work();
    this.bar.isBusy = false;
  }

  #sayFailure(error, { retry }) {
    if (error.kind === "refused") this.bar.say(error.message);
    else this.bar.say(failureInWords(error), { retry, login: error.kind === "signin" ? this.login : undefined });
  }

  // Sent twice, an undo would take two steps back.
  #sayUndoFailure(error) {
    if (error.kind === "signin" || error.kind === "busy") this.#sayFailure(error, { retry: () => this.undo() });
    else this.bar.say(error.kind === "conflict" ? error.message : UNKNOWN_UNDO);
  }
}

const root = document.querySelector("[data-wall]");
if (root) new Wall(root);
