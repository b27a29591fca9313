// Drawing with the keyboard: arrow keys move the pen (two at once move it diagonally, Shift makes small steps),
// Space puts the pen down and lifts it.

const STEP = 40; // drawing units
const SMALL_STEP = 10;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// `announce` is called with the state of the pen in words, for people who cannot see it.
export function attachKeyboardPen(pad, announce) {
  const held = new Set(); // arrow keys that are down
  let position = null; // {x, y}; null until the first key

  const showCursor = () => {
    pad.cursor = { ...position };
    pad.repaint();
  };

  const move = (event) => {
    moveBy(position, held, event.shiftKey ? SMALL_STEP : STEP, pad.extent);
    if (pad.isDrawnByKeys) pad.extend({ ...position, time: event.timeStamp });
    showCursor();
  };

  const togglePen = (event) => {
    if (pad.isDrawnByKeys) pad.end();
    else pad.begin({ ...position, time: event.timeStamp });
    showCursor();
    announce(pad.isDrawnByKeys ? "Pen down" : "Pen up");
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
    position ??= { x: pad.extent.width / 2, y: pad.extent.height / 4 };
    if (event.key === " ") {
      if (!event.repeat) togglePen(event);
    } else {
      held.add(event.key);
      move(event);
    }
  });
  pad.canvas.addEventListener("keyup", (event) => held.delete(event.key));
  pad.canvas.addEventListener("blur", leave);
  pad.canvas.addEventListener("pointerdown", leave);
}

// Changes `position`, which stays within `extent`.
function moveBy(position, arrows, step, { width, height }) {
  for (const key of arrows) {
    const [right, down] = ARROWS[key];
    position.x = Math.min(Math.max(position.x + right * step, 0), width);
    position.y = Math.min(Math.max(position.y + down * step, 0), height);
  }
}
