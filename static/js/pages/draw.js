// The drawing page: joins the pad, the reading of what is on it, pictures that come in, and saving.

import { dropDraft, keepDraft, loadDraft } from "drawing/draft";
import { attachKeyboardPen } from "drawing/keyboard-pen";
import { Note } from "drawing/note";
import { Pad } from "drawing/pad";
import { openPicture } from "drawing/picture";
import { attachPictureInput } from "drawing/picture-input";
import { attachShortcuts } from "drawing/shortcuts";
import { DigitsView } from "reading/digits-view";
import { LiveReading } from "reading/live";
import { ReadingView } from "reading/reading-view";
import { awaitReading, isWaiting, saveDrawing } from "reading/saving";

class DrawPage {
  #isSaving = false;
  #savedInk = null; // the ink that was saved last: undo and redo may leave it and come back to it
  #unsentInk = null; // the ink to save as soon as the network is back

  constructor(root) {
    this.root = root;
    this.pad = new Pad(this.#find("pad"));
    this.live = new LiveReading(root.dataset.liveUrl);
    this.readingView = new ReadingView(this.#find("reading"), this.#find("announce"));
    this.digitsView = new DigitsView(this.#find("digits"), this.#find("boxes"), this.pad);
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
    this.#refreshTools();
    return this.#restoreDraft();
  }

  // The picture or the list of strokes: the same object as long as nothing was changed, so it tells drawings apart.
  get #ink() {
    return this.pad.picture ?? this.pad.strokes;
  }

  // The drawing as it is sent and kept.
  get #drawing() {
    return this.pad.picture ? { picture: this.pad.picture } : { strokes: this.pad.strokes };
  }

  get #isSaved() {
    return this.#savedInk !== null && this.#savedInk === this.#ink;
  }

  get #isSignedIn() {
    return "signedIn" in this.root.dataset;
  }

  #find(hook) {
    return this.root.querySelector(`[data-${hook}]`);
  }

  #tool(name) {
    return this.root.querySelector(`[data-tool=${name}]`);
  }

  #followPad() {
    this.pad.addEventListener("stroke", () => {
      this.#markStale();
      this.live.askSoon(() => this.#drawing);
    });
    this.pad.addEventListener("change", () => {
      this.#markStale();
      if (this.pad.isEmpty) this.#becomeEmpty();
      else this.#readAndKeep();
    });
  }

  #followAnswers() {
    const on = (name, show) => this.live.addEventListener(name, ({ detail }) => show(detail));
    on("answer", (reading) => {
      this.#show(reading);
      this.#saveUnsent();
    });
    on("away", (kind) => this.readingView.showNoAnswer(kind));
    on("busy", (seconds) => this.readingView.showBusy(seconds));
    on("refused", (message) => this.readingView.showRefused(message));
    addEventListener("online", () => this.#saveUnsent());
  }

  #attachTools() {
    for (const [name, action] of Object.entries(this.tools)) this.#tool(name).addEventListener("click", action);
    attachShortcuts(this.pad.canvas, this.tools);
    attachKeyboardPen(this.pad, (words) => {
      this.#find("pen").textContent = words;
    });
    attachPictureInput(this.#find("file"), {
      use: (file) => this.usePicture(file),
      hover: (isOver) => this.root.toggleAttribute("data-hovered", isOver),
    });
  }

  // After a reload, or after log-in: ?save=1 in the address then finishes what the Save button began.
  async #restoreDraft() {
    const wantsSaving = new URLSearchParams(location.search).has("save");
    if (wantsSaving) history.replaceState(null, "", location.pathname); // a reload must not save again
    const draft = await loadDraft();
    if (!draft || !this.pad.isEmpty) return;
    this.pad.put(draft);
    if (wantsSaving && this.#isSignedIn) await this.save();
  }

  #markStale() {
    this.readingView.markStale();
    this.digitsView.markStale();
    this.#refreshTools();
  }

  #becomeEmpty() {
    this.live.stop();
    this.readingView.showIdle();
    this.digitsView.clear();
    this.#forgetUnsent();
    dropDraft();
  }

  // A drawing that is saved already needs no draft.
  #readAndKeep() {
    this.live.ask(this.#drawing);
    if (this.#isSaved) return dropDraft();
    this.#forgetUnsent();
    return keepDraft(this.#drawing);
  }

  #show(reading) {
    this.readingView.show(reading);
    this.digitsView.show(reading);
  }

  #refreshTools() {
    const { pad } = this;
    const isSaved = this.#isSaved;
    this.#tool("undo").disabled = !pad.canUndo;
    this.#tool("redo").disabled = !pad.canRedo;
    this.#tool("clear").disabled = pad.isEmpty;
    this.#tool("save").disabled = pad.isEmpty || this.#isSaving || isSaved;
    this.#tool("save").toggleAttribute("data-saved", isSaved);
    this.#find("save-label").textContent = this.#isSaving ? "Saving" : isSaved ? "Saved" : "Save";
    this.#find("pad-hint").hidden = !pad.isEmpty;
    pad.canvas.setAttribute("aria-label", `Drawing pad, ${describeContent(pad)}`);
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
      await this.#store(this.#ink, this.#drawing);
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
    this.note.say(
      "Not saved yet: you seem to be offline. Your drawing is safe here, and is saved when you are back.",
    );
  }

  // Called for the "online" event and for each live answer: some networks come back without that event.
  #saveUnsent() {
    if (this.#unsentInk && this.#unsentInk === this.#ink) this.save();
  }

  // Ink that has changed is another drawing, which nobody has asked to save.
  #forgetUnsent() {
    this.#unsentInk = null;
    this.note.reset();
  }

  #setSaving(isSaving) {
    this.#isSaving = isSaving;
    this.#refreshTools();
  }

  async #store(ink, drawing) {
    const saved = await saveDrawing(this.root.dataset.predictionsUrl, drawing);
    this.#savedInk = ink;
    if (this.#isSaved) dropDraft(); // otherwise the draft is what has been drawn meanwhile
    const text = isWaiting(saved) ? "Saved. It will be read in a moment." : "Saved.";
    this.note.say(text, { href: saved.page, text: "See it in your history" });
    this.#showSavedReading(saved);
  }

  // The saved reading may be the first one: large drawings are not read live, and the reader may have been away.
  async #showSavedReading(saved) {
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

function describeContent({ isEmpty, picture, strokes }) {
  if (isEmpty) return "empty";
  if (picture) return "a picture";
  return strokes.length === 1 ? "1 stroke" : `${strokes.length} strokes`;
}

const root = document.querySelector("[data-draw]");
if (root) new DrawPage(root).start();
