// Drawing without a pointer: arrows move the pen, two at once go slanting, Shift makes small steps, Space
// puts the pen down and lifts it.

const STEP = 40;
const SMALL_STEP = 10;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// `say` is told in words what the eye sees of the pen.
export function attachPenKeys(pad, say) {
  const held = new Set();
  let at = null;

  const show = () => {
    pad.cursor = { ...at };
    pad.repaint();
  };

  const move = (event) => {
    const step = event.shiftKey ? SMALL_STEP : STEP;
    const { width, height } = pad.extent;
    for (const key of held) {
      at.x = Math.min(Math.max(at.x + ARROWS[key][0] * step, 0), width);
      at.y = Math.min(Math.max(at.y + ARROWS[key][1] * step, 0), height);
    }
    if (pad.isDrawnByKeys) pad.extend({ ...at, time: event.timeStamp });
    show();
  };

  const toggle = (event) => {
    if (pad.isDrawnByKeys) pad.end();
    else pad.begin({ ...at, time: event.timeStamp });
    show();
    say(pad.isDrawnByKeys ? "Pen down" : "Pen up");
  };

  const leave = () => {
    held.clear();
    if (pad.isDrawnByKeys) pad.end();
    pad.cursor = null;
    pad.repaint();
  };

  pad.canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key !== " " && !(event.key in ARROWS)) return;
    event.preventDefault(); // the page would scroll
    at ??= { x: pad.extent.width / 2, y: pad.extent.height / 4 };
    if (event.key === " ") {
      if (!event.repeat) toggle(event);
    } else {
      held.add(event.key);
      move(event);
    }
  });
  pad.canvas.addEventListener("keyup", (event) => held.delete(event.key));
  pad.canvas.addEventListener("blur", leave);
  pad.canvas.addEventListener("pointerdown", leave);
}
