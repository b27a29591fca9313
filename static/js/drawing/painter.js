// Paints the canvas of the pad: a picture, the ink and the cursor of the keyboard pen.

import { outline } from "drawing/ink";

const PEN_WIDTH = 26; // drawing units, for the eye only: the reader draws the strokes anew with its own pen
const CURSOR_LINE = 4; // drawing units
const PICTURE_GROUND = "#9aa1a9"; // dark and light ink of a transparent picture can both be seen on it

export class Painter {
  #canvas;
  #context;
  #outlines = new WeakMap(); // of the points of each stroke

  constructor(canvas) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d");
  }

  // Must be called when points were added to a stroke that has been painted.
  forgetOutline(points) {
    this.#outlines.delete(points);
  }

  // All in drawing units. `scale` is in pixels of the canvas per unit. `picture` is {bitmap, frame} or null,
  // `cursor` {x, y} or null; a cursor with its pen down is filled.
  paint({ scale, strokes, picture, cursor, isPenDown }) {
    const context = this.#context;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    if (picture) this.#paintPicture(picture);
    this.#paintInk(strokes);
    if (cursor) this.#paintCursor(cursor, isPenDown);
  }

  #paintPicture({ bitmap, frame: { x, y, width, height } }) {
    const context = this.#context;
    context.fillStyle = PICTURE_GROUND;
    context.fillRect(x, y, width, height);
    context.drawImage(bitmap, x, y, width, height);
  }

  #paintInk(strokes) {
    const context = this.#context;
    context.strokeStyle = getComputedStyle(this.#canvas).color; // follows the theme
    context.lineWidth = PEN_WIDTH;
    context.lineCap = "round";
    context.lineJoin = "round";
    for (const points of strokes) context.stroke(this.#outlineOf(points));
  }

  #outlineOf(points) {
    if (!this.#outlines.has(points)) this.#outlines.set(points, outline(points));
    return this.#outlines.get(points);
  }

  #paintCursor({ x, y }, isPenDown) {
    const context = this.#context;
    const colour = getComputedStyle(this.#canvas).accentColor;
    context.strokeStyle = colour;
    context.fillStyle = colour;
    context.lineWidth = CURSOR_LINE;
    context.beginPath();
    context.arc(x, y, PEN_WIDTH, 0, 2 * Math.PI);
    context.stroke();
    if (isPenDown) context.fill();
  }
}
