// What is on the pad and not saved yet, kept for this tab: it outlives a reload and the way through sign-up.
// Not for all tabs together: each has its own pad, and clearing one must not take the drawing of another.

import { fromDataUrl, openPicture, toDataUrl } from "drawing/picture";

const KEY = "numeral.draft";

let turn = 0; // pictures take a moment to encode; only the newest draft may be written

// Answers whether it is kept: storage can be full, or forbidden.
export async function keepDraft({ strokes, picture }) {
  const mine = ++turn;
  const url = picture && (await toDataUrl(picture.blob));
  if (mine !== turn) return true;
  try {
    sessionStorage.setItem(KEY, JSON.stringify(url ? { picture: url } : { strokes }));
    return true;
  } catch {
    return false;
  }
}

export function dropDraft() {
  turn += 1;
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Where storage is forbidden there is no draft.
  }
}

// {strokes} or {picture}, or null.
export async function loadDraft() {
  try {
    const draft = JSON.parse(sessionStorage.getItem(KEY));
    if (draft?.picture) return { picture: await openPicture(fromDataUrl(draft.picture)) };
    return draft?.strokes?.length ? { strokes: draft.strokes } : null;
  } catch {
    return null; // written by an older version, or storage is forbidden: start with a clean pad
  }
}
