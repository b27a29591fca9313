// How certain a reading is, in words and in percent. The templates recognizer/drawing/_sureness.html and _digit.html
// say the same of stored readings.

// "sure", "likely" or "unsure". `state` is that of the reading, `confidence` a share from 0 to 1.
export function sureness(state, confidence) {
  if (state === "unsure" || confidence < 0.5) return "unsure";
  return confidence >= 0.9 ? "sure" : "likely";
}

// Never 100 %: the network is never certain of handwriting.
export function percent(share) {
  return share > 0.99 ? "> 99 %" : `${Math.round(share * 100)} %`;
}

// The number over a bar, without its unit. A bar that would say 0 says nothing: nine zeros would be noise.
export function barPercent(share) {
  if (share > 0.99) return ">99";
  return share >= 0.005 ? String(Math.round(share * 100)) : "";
}
