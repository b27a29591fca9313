// What the wall says: why nothing was decided, and what came of a step.

import { verdictInWords } from "review/numbers";

const MOST = 60; // drawings that are decided at once, a full page: a verdict on more than one can look at is a mistake
const STAYS = "Your selection stays.";
const FAILURES = {
  offline: `You seem to be offline. ${STAYS} Try again when the network is back.`,
  away: `The site does not answer. ${STAYS} Try again in a moment.`,
  broken: `Something went wrong on our side. ${STAYS} Try again in a moment.`,
  busy: `That was a lot at once. ${STAYS} Try again in a moment.`,
  signin: `You are logged out, or may not review any more. ${STAYS} Log in in another window, then try again.`,
};
export const UNKNOWN_UNDO = "The site did not answer. Load the page again to see whether the step was taken back.";

export function failureInWords({ kind }) {
  return FAILURES[kind];
}

// Why a decision can't be sent, or "".
export function objectionTo({ text }, count) {
  if (count === 0) return "Nothing is selected.";
  if (count > MOST) return `At most ${MOST} drawings are decided at once.`;
  if (text === null) return "Write a number in digits first, or say that there is none.";
  return "";
}

export function outcomeInWords(decision, { decided, stale, gone, isOver }) {
  const words = [
    decided.length && `${drawings(decided.length)} decided: ${verdictInWords(decision)}. Z takes that back.`,
    stale.length && `${drawings(stale.length)} had changed meanwhile. Look again.`,
    gone.length && `${drawings(gone.length)} can’t be shown any more.`,
    isOver && "All on this page are decided.",
  ];
  return words.filter(Boolean).join(" ");
}

export function undoInWords(undone, here, kept) {
  const words = [
    `${drawings(undone)} undone.`,
    here < undone && `${undone - here} of them on another page.`,
    kept && `${drawings(kept)} stay, as others have decided since.`,
  ];
  return words.filter(Boolean).join(" ");
}

function drawings(count) {
  return count === 1 ? "1 drawing" : `${count} drawings`;
}
