// Where things lie on the pad. Ink is kept in drawing units; the pad shows them at a scale (CSS pixels per unit).

import { reach } from "drawing/ink";

export const WORLD = 1000; // drawing units along the shorter side of an empty pad
const PICTURE_MARGIN = 0.05; // of the visible part, on each side of a picture

// The scale at which a square of WORLD units and all ink can be seen. After a rotation, or in a smaller window,
// ink is shown smaller but never cut off. `size` is that of the pad in CSS pixels.
export function fittingScale(size, strokes) {
  const [right, bottom] = reach(strokes);
  return Math.min(size.width / Math.max(WORLD, right), size.height / Math.max(WORLD, bottom));
}

// The frame of a picture in drawing units: as large as possible, in the middle. `extent` is the visible part.
export function pictureFrame(bitmap, extent) {
  const room = 1 - 2 * PICTURE_MARGIN;
  const zoom = Math.min((extent.width * room) / bitmap.width, (extent.height * room) / bitmap.height);
  const width = bitmap.width * zoom;
  const height = bitmap.height * zoom;
  return { x: (extent.width - width) / 2, y: (extent.height - height) / 2, width, height };
}

// A box of a reading, in drawing units. A box found in strokes is in them already; one found in a picture of
// `pictureWidth` pixels is moved to where the picture is shown, `frame`.
export function boxInWorld([x, y, width, height], frame = null, pictureWidth = 1) {
  if (!frame) return { x, y, width, height };
  const zoom = frame.width / pictureWidth;
  return { x: frame.x + x * zoom, y: frame.y + y * zoom, width: width * zoom, height: height * zoom };
}
