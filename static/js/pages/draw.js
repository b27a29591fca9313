// The drawing page: joins the pad, the reading, the picture that comes in and the saving.

import { DigitsView } from "reading/digits-view";
import { dropDraft, keepDraft, loadDraft } from "drawing/draft";
import { attachIntake } from "drawing/picture-input";
import { LiveReading } from "reading/live";
import { Note } from "drawing/note";
import { Pad } from "drawing/pad";
import { attachPenKeys } from "drawing/keyboard-pen";
import { openPicture } from "drawing/picture";
import { ReadingView } from "reading/reading-view";
import { awaitReading, isWaiting, saveDrawing } from "reading/saving";
import { attachShortcuts } from "drawing/shortcuts";

class DrawPage {
  #isSaving = false;
  #savedInk = null; // what was saved last: undo and redo may leave it and come back
  #unsentInk = null; // what is to be saved as soon as the network is back

  constructor(root) {
    this.root = root;
    this.pad = new Pad(this.#find("pad"));
    this.live = new LiveReading(root.dataset.liveUrl);
    this.reading = new ReadingView(this.#find("reading"), this.#find("announce"));
    this.digits = new DigitsView(this.#find("digits"), this.#find("boxes"), this.pad);
    this.note = new Note(this.#find("note"));
    this.tools = {
      undo: () => this.pad.undo(),
      redo: () => this.pad.redo(),
      clear: () => this.pad.clear(),
      upload: () => this.#find("file").click(),
      save: () => this.save(),
    };
  }

  start() {
    this.#followPad();
    this.#followAnswers();
    this.#attachTools();
    this.#refresh();
    return this.#resume();
  }

  // A picture or the list of strokes; the same object as long as nothing was changed.
  get #ink() {
    return this.pad.picture ?? this.pad.strokes;
  }

  get #drawing() {
    return this.pad.picture ? { picture: this.pad.picture } : { strokes: this.pad.strokes };
  }

  get #isSaved() {
    return this.#savedInk !== null && this.#savedInk === this.#ink;
  }

  #find(hook) {
    return this.root.querySelector(`[data-${hook}]`);
  }

  #tool(name) {
    return this.root.querySelector(`[data-tool=${name}]`);
  }

  #followPad() {
    this.pad.addEventListener("stroke", () => {
      this.#outdate();
      this.live.askSoon(() => this.#drawing);
    });
    this.pad.addEventListener("change", () => {
      this.#outdate();
      if (this.pad.isEmpty) this.#reset();
      else this.#ask();
    });
  }

  #followAnswers() {
    const on = (name, show) => this.live.addEventListener(name, ({ detail }) => show(detail));
    on("answer", (reading) => {
      this.#show(reading);
      this.#sendUnsent();
    });
    on("away", (why) => this.reading.away(why));
    on("busy", (seconds) => this.reading.busy(seconds));
    on("refused", (words) => this.reading.refused(words));
    addEventListener("online", () => this.#sendUnsent());
  }

  #attachTools() {
    for (const [name, act] of Object.entries(this.tools)) this.#tool(name).addEventListener("click", act);
    attachShortcuts(this.pad.canvas, this.tools);
    attachPenKeys(this.pad, (words) => (this.#find("pen").textContent = words));
    attachIntake(this.#find("file"), {
      use: (file) => this.usePicture(file),
      hover: (over) => this.root.toggleAttribute("data-hovered", over),
    });
  }

  // After a reload, or after the way through log-in with ?save=1, which finishes what Save began.
  async #resume() {
    const wantsSaving = new URLSearchParams(location.search).has("save");
    if (wantsSaving) history.replaceState(null, "", location.pathname); // a reload must not save again
    const draft = await loadDraft();
    if (!draft || !this.pad.isEmpty) return;
    this.pad.put(draft);
    if (wantsSaving && this.#isSignedIn) await this.save();
  }

  get #isSignedIn() {
    return "signedIn" in this.root.dataset;
  }

  #outdate() {
    this.reading.stale();
    this.digits.stale();
    this.#refresh();
  }

  #reset() {
    this.live.stop();
    this.reading.idle();
    this.digits.clear();
    this.#forgetUnsent();
    dropDraft();
  }

  #ask() {
    this.live.ask(this.#drawing);
    if (this.#isSaved) return dropDraft();
    this.#forgetUnsent();
    return keepDraft(this.#drawing);
  }

  #show(reading) {
    this.reading.show(reading);
    this.digits.show(reading);
  }

  #refresh() {
    const { pad } = this;
    const saved = this.#isSaved;
    this.#tool("undo").disabled = !pad.canUndo;
    this.#tool("redo").disabled = !pad.canRedo;
    this.#tool("clear").disabled = pad.isEmpty;
    this.#tool("save").disabled = pad.isEmpty || this.#isSaving || saved;
    this.#tool("save").toggleAttribute("data-saved", saved);
    this.#find("save-label").textContent = this.#isSaving ? "Saving" : saved ? "Saved" : "Save";
    this.#find("pad-hint").hidden = !pad.isEmpty;
    pad.canvas.setAttribute("aria-label", `Drawing pad, ${contents(pad)}`);
  }

  async usePicture(file) {
    try {
      this.pad.put({ picture: await openPicture(file) });
    } catch (error) {
      this.note.say(error.message);
    }
  }

  async save() {
    if (this.#tool("save").disabled) return;
    if (!this.#isSignedIn) {
      await this.#goToLogin();
      return;
    }
    this.#unsentInk = null;
    this.#setSaving(true);
    try {
      await this.#keep(this.#ink, this.#drawing);
    } catch (error) {
      if (error.kind === "signin") await this.#goToLogin();
      else if (error.kind === "offline") this.#saveLater();
      else this.note.say(`Not saved: ${error.message} Your drawing is still here; try again in a moment.`);
    } finally {
      this.#setSaving(false);
    }
  }

  #saveLater() {
    this.#unsentInk = this.#ink;
    this.note.say("Not saved yet: you seem to be offline. Your drawing is safe here, and is saved when you are back.");
  }

  // Some networks come back without an "online"; a live answer shows it, too.
  #sendUnsent() {
    if (this.#unsentInk && this.#unsentInk === this.#ink) this.save();
  }

  // Changed ink is another drawing; nobody has asked for that to be saved.
  #forgetUnsent() {
    this.#unsentInk = null;
    this.note.rest();
  }

  #setSaving(saving) {
    this.#isSaving = saving;
    this.#refresh();
  }

  async #keep(ink, drawing) {
    const saved = await saveDrawing(this.root.dataset.predictionsUrl, drawing);
    this.#savedInk = ink;
    if (this.#isSaved) dropDraft(); // else it belongs to what has been drawn meanwhile
    const words = isWaiting(saved) ? "Saved. It will be read in a moment." : "Saved.";
    this.note.say(words, { href: saved.page, words: "See it in your history" });
    this.#followUp(saved);
  }

  // Large drawings are not read along, and an absent reader may be back: the saved reading shows either.
  async #followUp(saved) {
    const reading = isWaiting(saved) ? await awaitReading(saved) : saved;
    if (!reading || !this.#isSaved) return;
    this.live.stop();
    this.#show(reading);
  }

  async #goToLogin() {
    if (await keepDraft(this.#drawing)) location.assign(this.root.dataset.loginUrl);
    else this.note.say("This browser cannot keep your drawing while you log in. Please log in first, then draw.");
  }
}

function contents({ isEmpty, picture, strokes }) {
  if (isEmpty) return "empty";
  if (picture) return "a picture";
  return strokes.length === 1 ? "1 stroke" : `${strokes.length} strokes`;
}

const root = document.querySelector("[data-draw]");
if (root) new DrawPage(root).start();
