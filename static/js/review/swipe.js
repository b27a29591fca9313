// A swipe to the left with one finger. It only skips: a finger that slips must not decide anything.

const LEAST = 70; // px to the left
const MOST_SLOPE = 0.5; // down or up for each px to the left: more is scrolling
const LONGEST = 800; // ms

export function attachSwipe(element, onSwipe) {
  let start = null;
  element.addEventListener("pointerdown", (event) => {
    start = event.pointerType === "touch" && event.isPrimary ? event : null;
  });
  element.addEventListener("pointercancel", () => {
    start = null;
  });
  element.addEventListener("pointerup", (event) => {
    if (start && isSwipe(start, event)) onSwipe(event.timeStamp);
    start = null;
  });
}

export function isSwipe(start, end) {
  const left = start.clientX - end.clientX;
  const across = Math.abs(start.clientY - end.clientY);
  return left >= LEAST && across <= left * MOST_SLOPE && end.timeStamp - start.timeStamp <= LONGEST;
}
