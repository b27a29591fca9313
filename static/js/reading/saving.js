// Keeping a drawing: one request, and patience where the reader needs longer than the request.

import { getJson, postDrawing } from "api";

const TIMEOUT = 20_000; // a picture goes up, and the server itself waits a moment for the reading
const LOOKS = [0.5, 1, 2, 4, 8, 15, 30]; // seconds between looks at a drawing that waits to be read

export function saveDrawing(url, drawing) {
  // Kept it is at once; the answer need not wait long for a reading that the page has already shown.
  return postDrawing(url, drawing, { timeout: TIMEOUT, headers: { Prefer: "wait=3" } });
}

export function isWaiting(saved) {
  return saved.state === "waiting";
}

// The reading of a saved drawing, or null when it did not come in a minute: the history has it later.
export async function awaitReading(saved) {
  for (const seconds of LOOKS) {
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const now = await getJson(saved.url, { timeout: TIMEOUT }).catch(() => saved);
    if (!isWaiting(now)) return now;
  }
  return null;
}
