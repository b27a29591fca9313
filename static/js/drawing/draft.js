// The draft: what is on the pad and not saved yet. It is kept in the session storage of this tab, so it outlives
// a reload and the way through log-in. It is not shared between tabs: each tab has its own pad, and clearing one
// must not delete the drawing of another.

import { fromDataUrl, openPicture, toDataUrl } from "drawing/picture";

const KEY = "numeral.draft";

// A picture takes a moment to encode. Only the newest draft may be written, so each change of the draft counts up.
let newest = 0;

// Answers whether the draft is kept: storage can be full or forbidden.
export async function keepDraft({ strokes, picture }) {
  newest += 1;
  const mine = newest;
  const url = picture && (await toDataUrl(picture.blob));
  if (mine !== newest) return true;
  try {
    sessionStorage.setItem(KEY, JSON.stringify(url ? { picture: url } : { strokes }));
    return true;
  } catch {
    return false;
  }
}

export function dropDraft() {
  newest += 1;
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Where storage is forbidden there is no draft.
  }
}

// {strokes} or {picture}; null without a draft, and for a draft that cannot be read: one of an older version, or
// storage is forbidden.
export async function loadDraft() {
  try {
    const draft = JSON.parse(sessionStorage.getItem(KEY));
    if (draft?.picture) return { picture: await openPicture(fromDataUrl(draft.picture)) };
    return draft?.strokes?.length ? { strokes: draft.strokes } : null;
  } catch {
    return null;
  }
}
