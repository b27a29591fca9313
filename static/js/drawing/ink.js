// What ink is: strokes of [x, y, t], their outline and extent, and the line of states that undo and redo walk.

// Midpoints as ends and points as control points: a polyline of samples becomes a curve without corners.
export function outline(points) {
  const path = new Path2D();
  const [first, ...rest] = points;
  path.moveTo(first[0], first[1]);
  rest.forEach(([x, y], i) => {
    const next = rest[i + 1] ?? [x, y];
    path.quadraticCurveTo(x, y, (x + next[0]) / 2, (y + next[1]) / 2);
  });
  if (!rest.length) path.lineTo(first[0] + 0.01, first[1]); // a tap: round caps make a dot, but not of no length
  return path;
}

// The farthest right and down that ink reaches; [0, 0] without ink.
export function reach(strokes) {
  let right = 0;
  let bottom = 0;
  for (const [x, y] of strokes.flat()) {
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
  }
  return [right, bottom];
}

// States are never changed, only followed by others, so a step back is exact and clearing is one more step.
export class Timeline {
  #past = [];
  #future = [];

  constructor(first) {
    this.now = first;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  push(state) {
    this.#past.push(this.now);
    this.#future = [];
    this.now = state;
  }

  undo() {
    return this.#step(this.#past, this.#future);
  }

  redo() {
    return this.#step(this.#future, this.#past);
  }

  #step(from, to) {
    if (!from.length) return false;
    to.push(this.now);
    this.now = from.pop();
    return true;
  }
}
