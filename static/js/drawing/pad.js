// The drawing surface. It is handed a canvas, keeps what is drawn on it and says when that changes; it knows
// nothing of the page around it.
//
// Events: "stroke"  ink is being added        "change"  a step was made (pen up, undo, redo, clear, picture)
//         "view"    the canvas has another size, so places on it have moved
//
// A drawing is either strokes or one picture: a stroke begun over a picture puts the picture away (undo
// brings it back).

import { Timeline, outline, reach } from "drawing/ink";

const WORLD = 1000; // drawing units along the shorter side; strokes are kept in these, never in pixels
const PEN = 26; // for the eye only: the reader draws the strokes anew with its own pen
const NEAR = 1.5; // samples closer than this add bytes and no shape
const PAUSE = 400; // ms put between the ink of a restored drawing and the next stroke
const MARGIN = 0.05; // of the canvas, around a picture
const KEYS = "keys"; // the type of a stroke that no pointer draws
const EMPTY = { strokes: [], picture: null };

const round = (value) => Math.round(value * 10) / 10;
const clamp = (value, max) => Math.min(Math.max(value, 0), max);

export class Pad extends EventTarget {
  cursor = null; // {x, y} while the pen is moved by keys

  #timeline = new Timeline(EMPTY);
  #active = null; // {id, type, points} of the stroke under the pen
  #outlines = new WeakMap();
  #size = { width: 1, height: 1 };
  #scale = 1;
  #start = NaN; // event time that counts as t = 0
  #frame = 0;

  constructor(canvas) {
    super();
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.#followPointers();
    this.#followSize();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.repaint());
  }

  get strokes() {
    const { strokes } = this.#timeline.now;
    return this.#active ? [...strokes, this.#active.points] : strokes;
  }

  get picture() {
    return this.#active ? null : this.#timeline.now.picture;
  }

  get isEmpty() {
    return !this.picture && !this.strokes.length;
  }

  get isDrawnByKeys() {
    return this.#active?.type === KEYS;
  }

  get canUndo() {
    return this.#active !== null || this.#timeline.canUndo;
  }

  get canRedo() {
    return this.#active === null && this.#timeline.canRedo;
  }

  undo() {
    this.#step(() => this.#timeline.undo());
  }

  redo() {
    this.#step(() => this.#timeline.redo());
  }

  clear() {
    if (!this.isEmpty) this.put(EMPTY);
  }

  // Shows this instead of what is there, as one step: {strokes} or {picture: {bitmap, blob}}.
  put({ strokes = [], picture = null }) {
    this.#step(() => {
      this.#timeline.push({ strokes, picture });
      return true;
    });
  }

  // The part of the world that can be seen, in drawing units.
  get extent() {
    return { width: this.#size.width / this.#scale, height: this.#size.height / this.#scale };
  }

  begin(point, { id = null, type = KEYS } = {}) {
    this.end();
    this.#startClock(point.time);
    this.#active = { id, type, points: [this.#sample(point)] };
    this.#inked();
  }

  extend(point) {
    const sample = this.#sample(point);
    const last = this.#active.points.at(-1);
    if (Math.hypot(sample[0] - last[0], sample[1] - last[1]) < NEAR) return;
    this.#active.points.push(sample);
    // The outline is kept by the array, which has just grown.
    this.#outlines.delete(this.#active.points);
    this.#inked();
  }

  end() {
    this.#step(() => false);
  }

  // Where a box of a reading lies on the canvas, in CSS pixels. `size` is [width, height] of the picture that
  // the box was found in; without it the box is in the units of the strokes.
  place([x, y, width, height], size = null) {
    const frame = size && this.picture ? this.#pictureFrame() : null;
    const zoom = frame ? frame.width / size[0] : 1;
    const scale = this.#scale;
    return {
      left: ((frame?.x ?? 0) + x * zoom) * scale,
      top: ((frame?.y ?? 0) + y * zoom) * scale,
      width: width * zoom * scale,
      height: height * zoom * scale,
    };
  }

  // Many samples arrive between two frames: they are painted once.
  repaint() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  // In the middle of a stroke a step first ends that stroke, so undo takes this one and redo brings it back.
  #step(move) {
    const lifted = this.#lift();
    if (!move() && !lifted) return;
    this.#fit();
    this.#tell("change");
  }

  #lift() {
    if (!this.#active) return false;
    const { points } = this.#active;
    this.#active = null;
    this.#timeline.push({ strokes: [...this.#timeline.now.strokes, points], picture: null });
    return true;
  }

  #inked() {
    this.repaint();
    this.#tell("stroke");
  }

  #tell(name) {
    this.dispatchEvent(new Event(name));
  }

  // Time counts in ms from the first point of a drawing. One that was restored, from a draft or by undo, goes on
  // after its last point whatever the clock says.
  #startClock(time) {
    const last = this.strokes.at(-1)?.at(-1)[2];
    if (last === undefined) this.#start = time;
    else if (!(time - this.#start >= last)) this.#start = time - last - PAUSE;
  }

  // A place in drawing units and a time of the clock, as it is kept.
  #sample({ x, y, time }) {
    const { width, height } = this.extent;
    return [round(clamp(x, width)), round(clamp(y, height)), Math.max(0, Math.round(time - this.#start))];
  }

  #followPointers() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => this.#pointerDown(event));
    canvas.addEventListener("pointermove", (event) => this.#pointerMove(event));
    // A cancelled pointer (a call comes in, the system takes the gesture) has still drawn what it has drawn.
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(name, (event) => this.#isActive(event) && this.end());
    }
  }

  #isActive(event) {
    return this.#active?.id === event.pointerId;
  }

  #pointerDown(event) {
    if (event.button !== 0 || !this.#mayBegin(event)) return;
    if (this.#active?.type === "touch") this.#active = null; // the palm: no ink
    this.canvas.setPointerCapture(event.pointerId);
    this.begin(this.#locate(event), { id: event.pointerId, type: event.pointerType });
  }

  // One stroke at a time. The palm often lands before the pen, so a pen takes over from a touch.
  #mayBegin(event) {
    if (!this.#active || this.isDrawnByKeys) return true;
    return event.pointerType === "pen" && this.#active.type === "touch";
  }

  #pointerMove(event) {
    if (!this.#isActive(event)) return;
    // Pens report several times a frame; the list is empty for events made by scripts.
    const samples = event.getCoalescedEvents?.() ?? [];
    for (const sample of samples.length ? samples : [event]) this.extend(this.#locate(sample));
  }

  #locate(event) {
    const box = this.canvas.getBoundingClientRect();
    return {
      x: (event.clientX - box.left) / this.#scale,
      y: (event.clientY - box.top) / this.#scale,
      time: event.timeStamp,
    };
  }

  #followSize() {
    new ResizeObserver(() => this.#measure()).observe(this.canvas);
    addEventListener("resize", () => this.#measure()); // zoom may leave the size in CSS pixels as it is
    this.#measure();
  }

  // The backing store has one pixel for each of the screen's, so that ink is sharp everywhere.
  #measure() {
    const { width, height } = this.canvas.getBoundingClientRect();
    if (!width || !height) return;
    this.canvas.width = Math.round(width * devicePixelRatio);
    this.canvas.height = Math.round(height * devicePixelRatio);
    this.#size = { width, height };
    this.#fit();
    this.#paint(); // at once: setting the size has just wiped the canvas
    this.#tell("view");
  }

  // The square of WORLD units is always in view, and so is all ink: after a rotation or in a smaller window
  // it is shown smaller, never cut off.
  #fit() {
    const [right, bottom] = reach(this.strokes);
    const { width, height } = this.#size;
    this.#scale = Math.min(width / Math.max(WORLD, right), height / Math.max(WORLD, bottom));
    this.repaint();
  }

  #paint() {
    const { context, canvas } = this;
    const scale = this.#scale * (canvas.width / this.#size.width);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    this.#paintPicture();
    this.#paintInk();
    this.#paintCursor();
  }

  #paintInk() {
    const { context } = this;
    context.strokeStyle = getComputedStyle(this.canvas).color; // follows the theme
    context.lineWidth = PEN;
    context.lineCap = context.lineJoin = "round";
    for (const points of this.strokes) context.stroke(this.#outline(points));
  }

  #outline(points) {
    if (!this.#outlines.has(points)) this.#outlines.set(points, outline(points));
    return this.#outlines.get(points);
  }

  #paintPicture() {
    if (!this.picture) return;
    const { x, y, width, height } = this.#pictureFrame();
    this.context.fillStyle = "#9aa1a9"; // dark ink and light ink of a transparent picture can be seen on it
    this.context.fillRect(x, y, width, height);
    this.context.drawImage(this.picture.bitmap, x, y, width, height);
  }

  #pictureFrame() {
    const { bitmap } = this.picture;
    const { width, height } = this.extent;
    const room = 1 - 2 * MARGIN;
    const zoom = Math.min((width * room) / bitmap.width, (height * room) / bitmap.height);
    const [w, h] = [bitmap.width * zoom, bitmap.height * zoom];
    return { x: (width - w) / 2, y: (height - h) / 2, width: w, height: h };
  }

  #paintCursor() {
    if (!this.cursor) return;
    const { context, cursor } = this;
    context.strokeStyle = context.fillStyle = getComputedStyle(this.canvas).accentColor;
    context.lineWidth = 4;
    context.beginPath();
    context.arc(cursor.x, cursor.y, PEN, 0, 2 * Math.PI);
    context.stroke();
    if (this.isDrawnByKeys) context.fill();
  }
}
