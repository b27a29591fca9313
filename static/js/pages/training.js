// The pages of training: show times in the time zone of the reader, the progress of a run until it is over, and what
// takes a while to find out.

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

// Fill a region with a fragment that the server needs seconds for.
async function fillIn(region) {
  const html = await fetchFragment(region.dataset.fragment);
  region.removeAttribute("aria-busy");
  if (html === null) region.textContent = "The site does not answer. Load the page again.";
  else region.innerHTML = html;
}

// Beside a field with a time in UTC, say which time that is today in the zone of the reader.
function showLocalClock(note) {
  const field = document.getElementById(note.dataset.localClock);
  const format = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
  const show = () => {
    const [hours, minutes] = field.value.split(":").map(Number);
    note.hidden = Number.isNaN(hours + minutes) || new Date().getTimezoneOffset() === 0;
    if (note.hidden) return;
    note.querySelector("span").textContent = format.format(new Date().setUTCHours(hours, minutes));
  };
  field.addEventListener("input", show);
  show();
}

for (const region of document.querySelectorAll("[data-progress]")) followProgress(region);
for (const region of document.querySelectorAll("[data-fragment]")) fillIn(region);
for (const note of document.querySelectorAll("[data-local-clock]")) showLocalClock(note);
showLocalTimes();
