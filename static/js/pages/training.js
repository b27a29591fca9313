// The pages of training: show times in the time zone of the reader, and the progress of a run until it is over.

import { showLocalTimes } from "times";

const INTERVAL = 2000; // ms between two looks
const TIMEOUT = 10_000; // ms

// The server renders the progress as a fragment of HTML, which replaces the content of `region`. Screen readers are
// told the stage only: an epoch every few seconds would drown out everything else.
function followProgress(region) {
  const announcer = document.querySelector("[data-announce]");
  let announced = stageOf(region);

  const look = async () => {
    const html = await fetchFragment(region.dataset.progress);
    if (html === null) {
      lookAgain();
      return;
    }
    region.innerHTML = html;
    if (region.querySelector("[data-over]")) {
      location.reload(); // the page then shows the result
      return;
    }
    announced = announceChange(announcer, announced, stageOf(region));
    lookAgain();
  };
  const lookAgain = () => setTimeout(look, INTERVAL);

  lookAgain();
}

function announceChange(announcer, before, now) {
  if (now !== before) announcer.textContent = now;
  return now;
}

function stageOf(region) {
  return region.querySelector("[data-stage]")?.textContent ?? "";
}

// Null while the site is away, and where it answers with the log-in page.
async function fetchFragment(url) {
  try {
    const response = await fetch(url, { credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT) });
    return response.ok && !response.redirected ? await response.text() : null;
  } catch {
    return null;
  }
}

for (const region of document.querySelectorAll("[data-progress]")) followProgress(region);
showLocalTimes();
