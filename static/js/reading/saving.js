// Saving a drawing, and waiting for its reading where that takes longer than the request.

import { getJson, postDrawing } from "api";

const TIMEOUT = 20_000; // ms: a picture is uploaded, and the server itself waits a moment for the reading
const WAITS = [0.5, 1, 2, 4, 8, 15, 30]; // seconds before each look at a drawing that waits to be read

// The server stores the drawing at once. Its answer need not wait long for a reading that the page shows already.
export function saveDrawing(url, drawing) {
  return postDrawing(url, drawing, { timeout: TIMEOUT, headers: { Prefer: "wait=3" } });
}

export function isWaiting(saved) {
  return saved.state === "waiting";
}

// The drawing once it is read. Null when that took more than a minute: the history shows the reading later.
export async function awaitReading(saved) {
  for (const seconds of WAITS) {
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const now = await getJson(saved.url, { timeout: TIMEOUT }).catch(() => saved);
    if (!isWaiting(now)) return now;
  }
  return null;
}
