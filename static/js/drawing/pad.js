// The drawing surface. It gets a canvas, keeps what is drawn on it and sends events when that changes. It knows
// nothing of the page around it.
//
// Events:
//   "stroke"  ink is being added
//   "change"  a step was made: pen up, undo, redo, clear, or a picture
//   "view"    the canvas has another size, so places on it have moved
//
// A drawing is either strokes or one picture: a stroke that begins over a picture replaces it (undo brings it back).

import { boxInWorld, fittingScale, pictureFrame } from "drawing/geometry";
import { Painter } from "drawing/painter";
import { Timeline } from "drawing/timeline";

const LEAST_DISTANCE = 1.5; // drawing units: points closer than this add bytes and no shape
const PAUSE = 400; // ms between the ink of a restored drawing and the next stroke
const KEYS = "keys"; // the type of a stroke that no pointer draws
const EMPTY = { strokes: [], picture: null };

const roundToTenth = (value) => Math.round(value * 10) / 10;
const clamp = (value, max) => Math.min(Math.max(value, 0), max);

export class Pad extends EventTarget {
  cursor = null; // {x, y} while the pen is moved by keys

  #painter;
  #timeline = new Timeline(EMPTY);
  #active = null; // the stroke under the pen: {id, type, points}
  #size = { width: 1, height: 1 }; // CSS pixels
  #scale = 1; // CSS pixels per drawing unit
  #start = Number.NaN; // the event time that counts as t = 0
  #frameRequest = 0;

  constructor(canvas) {
    super();
    this.canvas = canvas;
    this.#painter = new Painter(canvas);
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

  // The part of the world that can be seen, in drawing units.
  get extent() {
    return { width: this.#size.width / this.#scale, height: this.#size.height / this.#scale };
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

  // Replaces the drawing, as one step: {strokes} or {picture: {bitmap, blob}}.
  put({ strokes = [], picture = null }) {
    this.#step(() => {
      this.#timeline.push({ strokes, picture });
      return true;
    });
  }

  // Begins a stroke. A point is {x, y} in drawing units with the `time` of its event.
  begin(point, { id = null, type = KEYS } = {}) {
    this.end();
    this.#startClock(point.time);
    this.#active = { id, type, points: [this.#toSample(point)] };
    this.#strokeChanged();
  }

  extend(point) {
    const { points } = this.#active;
    const sample = this.#toSample(point);
    const last = points.at(-1);
    if (Math.hypot(sample[0] - last[0], sample[1] - last[1]) < LEAST_DISTANCE) return;
    points.push(sample);
    this.#painter.forgetOutline(points);
    this.#strokeChanged();
  }

  end() {
    this.#step(() => false);
  }

  // Where a box of a reading lies on the canvas, in CSS pixels. `pictureSize` is [width, height] of the picture in
  // which the box was found; without it the box is in the units of the strokes.
  place(box, pictureSize = null) {
    const isInPicture = pictureSize && this.picture;
    const frame = isInPicture ? pictureFrame(this.picture.bitmap, this.extent) : null;
    const { x, y, width, height } = boxInWorld(box, frame, pictureSize?.[0]);
    const scale = this.#scale;
    return { left: x * scale, top: y * scale, width: width * scale, height: height * scale };
  }

  // Many points arrive between two frames: they are painted together.
  repaint() {
    this.#frameRequest ||= requestAnimationFrame(() => {
      this.#frameRequest = 0;
      this.#paint();
    });
  }

  // A step in the middle of a stroke first ends that stroke: so undo takes this stroke, and redo brings it back.
  // `move` answers whether it has changed anything.
  #step(move) {
    const hasLifted = this.#liftPen();
    if (!move() && !hasLifted) return;
    this.#fit();
    this.#send("change");
  }

  #liftPen() {
    if (!this.#active) return false;
    const { points } = this.#active;
    this.#active = null;
    this.#timeline.push({ strokes: [...this.#timeline.now.strokes, points], picture: null });
    return true;
  }

  #strokeChanged() {
    this.repaint();
    this.#send("stroke");
  }

  #send(name) {
    this.dispatchEvent(new Event(name));
  }

  // Times count in ms from the first point of a drawing. A drawing that was restored, from a draft or by undo,
  // goes on after its last point, whatever the clock says.
  #startClock(time) {
    const last = this.strokes.at(-1)?.at(-1)[2];
    if (last === undefined) this.#start = time;
    else if (!(time - this.#start >= last)) this.#start = time - last - PAUSE; // also where #start is still NaN
  }

  // The point as it is kept: [x, y, t].
  #toSample({ x, y, time }) {
    const { width, height } = this.extent;
    const t = Math.max(0, Math.round(time - this.#start));
    return [roundToTenth(clamp(x, width)), roundToTenth(clamp(y, height)), t];
  }

  #followPointers() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => this.#pointerDown(event));
    canvas.addEventListener("pointermove", (event) => this.#pointerMove(event));
    // A cancelled pointer (a call comes in, the system takes the gesture) keeps the ink that it has drawn.
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(name, (event) => this.#isActivePointer(event) && this.end());
    }
  }

  #isActivePointer(event) {
    return this.#active?.id === event.pointerId;
  }

  #pointerDown(event) {
    if (event.button !== 0 || !this.#mayBegin(event)) return;
    if (this.#active?.type === "touch") this.#active = null; // the palm of the hand: not ink
    this.canvas.setPointerCapture(event.pointerId);
    this.begin(this.#toPoint(event), { id: event.pointerId, type: event.pointerType });
  }

  // There is one stroke at a time. The palm often touches before the pen does, so a pen takes over from a touch.
  #mayBegin(event) {
    if (!this.#active || this.isDrawnByKeys) return true;
    return event.pointerType === "pen" && this.#active.type === "touch";
  }

  #pointerMove(event) {
    if (!this.#isActivePointer(event)) return;
    // Pens report several times a frame. The list is empty for events made by scripts.
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) this.extend(this.#toPoint(each));
  }

  #toPoint(event) {
    const box = this.canvas.getBoundingClientRect();
    return {
      x: (event.clientX - box.left) / this.#scale,
      y: (event.clientY - box.top) / this.#scale,
      time: event.timeStamp,
    };
  }

  #followSize() {
    new ResizeObserver(() => this.#measure()).observe(this.canvas);
    addEventListener("resize", () => this.#measure()); // zooming may leave the size in CSS pixels as it is
    this.#measure();
  }

  // The canvas has one pixel for each pixel of the screen, so that ink is sharp everywhere.
  #measure() {
    const { width, height } = this.canvas.getBoundingClientRect();
    if (!width || !height) return;
    this.canvas.width = Math.round(width * devicePixelRatio);
    this.canvas.height = Math.round(height * devicePixelRatio);
    this.#size = { width, height };
    this.#fit();
    this.#paint(); // at once: setting the size has just wiped the canvas
    this.#send("view");
  }

  #fit() {
    this.#scale = fittingScale(this.#size, this.strokes);
    this.repaint();
  }

  #paint() {
    const { picture } = this;
    this.#painter.paint({
      scale: this.#scale * (this.canvas.width / this.#size.width),
      strokes: this.strokes,
      picture: picture && { bitmap: picture.bitmap, frame: pictureFrame(picture.bitmap, this.extent) },
      cursor: this.cursor,
      isPenDown: this.isDrawnByKeys,
    });
  }
}
