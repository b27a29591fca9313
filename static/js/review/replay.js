// Replays strokes as they were drawn: in their order and, where their points have a time, at their pace.

const POINT = 12; // ms from point to point, where there is no time
const LIFT = 250; // ms between strokes, at most: pauses say nothing about the number
const LONGEST = 5000; // ms of a replay; longer ones are run faster

// [{x, y, t, isStart}] in order, t in ms from 0.
export function timeline(strokes) {
  const points = [];
  let shift = 0;
  for (const stroke of strokes) {
    const begin = points.length ? points.at(-1).t + LIFT : 0;
    stroke.forEach(([x, y, t], i) => {
      if (i === 0) shift = begin - (t ?? 0);
      const time = t === undefined || t === null ? begin + i * POINT : t + shift;
      points.push({ x, y, t: Math.max(time, points.at(-1)?.t ?? 0), isStart: i === 0 });
    });
  }
  const total = points.at(-1)?.t ?? 0;
  const pace = Math.max(1, total / LONGEST);
  return points.map((point) => ({ ...point, t: point.t / pace }));
}

// The path of SVG up to a time in ms. A single point is a dot.
export function pathUntil(points, time) {
  const drawn = points.filter(({ t }) => t <= time);
  return drawn.map(({ x, y, isStart }) => (isStart ? `M${x} ${y}h.01` : `L${x} ${y}`)).join("");
}

export class Replay {
  #frame = null;
  #path = null;

  // Draws into `path`, and takes it away at the end. `onEnd` is called there.
  start(path, strokes, onEnd) {
    this.stop();
    this.#path = path;
    const points = timeline(strokes);
    const total = points.at(-1)?.t ?? 0;
    const begin = performance.now();
    const step = (now) => {
      path.setAttribute("d", pathUntil(points, now - begin));
      if (now - begin < total + LIFT) this.#frame = requestAnimationFrame(step);
      else {
        this.stop();
        onEnd();
      }
    };
    this.#frame = requestAnimationFrame(step);
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    this.#path?.remove();
    this.#path = null;
  }
}
