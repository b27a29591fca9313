// The pages of training: times in the reader's zone, and a run's progress, looked at again until it is over.
import { localise } from "times";

const LOOK_AGAIN = 2000; // ms
const PATIENCE = 10_000; // ms

// Only the stage is said aloud: an epoch every few seconds would drown everything else.
function follow(region) {
  const announce = document.querySelector("[data-announce]");
  let said = stageOf(region);
  const look = async () => {
    const html = await fetchPart(region.dataset.progress);
    if (html === null) return wait(); // the site is away for a moment
    region.innerHTML = html;
    if (region.querySelector("[data-over]")) return location.reload();
    const stage = stageOf(region);
    if (stage !== said) announce.textContent = said = stage;
    return wait();
  };
  const wait = () => setTimeout(look, LOOK_AGAIN);
  wait();
}

function stageOf(region) {
  return region.querySelector("[data-stage]")?.textContent ?? "";
}

// Null where nothing could be had; a page that asks to log in is none of ours.
async function fetchPart(url) {
  try {
    const response = await fetch(url, { credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE) });
    return response.ok && !response.redirected ? await response.text() : null;
  } catch {
    return null;
  }
}

for (const region of document.querySelectorAll("[data-progress]")) follow(region);
localise();
