// Talking to the server: JSON or a picture out, JSON in, and every failure as an Error in plain words.

const WORDS = {
  away: "The reader is away.",
  offline: "You seem to be offline.",
  broken: "Something went wrong on our side.",
  busy: "That was a lot at once.",
  signin: "Please log in first.",
  refused: "The server could not take this drawing.",
};

const AWAY = [502, 503, 504]; // a proxy in front answers the first and the last while the site starts anew

// `kind` says what can be done about it: "away" and "broken" try later, "offline" try when the network is back,
// "busy" wait `retryAfter` seconds, "signin", or "refused", when the drawing itself has to change.
export class ApiError extends Error {
  constructor(kind, { words = WORDS[kind], retryAfter = null } = {}) {
    super(words);
    this.name = "ApiError";
    this.kind = kind;
    this.retryAfter = retryAfter;
  }
}

// A drawing is {strokes} or {picture: {blob}}.
export function postDrawing(url, drawing, options) {
  const { body, type } = encode(drawing);
  return request(url, { ...options, method: "POST", body, headers: { ...type, ...options.headers } });
}

export function getJson(url, options) {
  return request(url, { method: "GET", ...options });
}

function encode({ strokes, picture }) {
  if (!picture) return { body: JSON.stringify({ strokes }), type: { "Content-Type": "application/json" } };
  const body = new FormData(); // sets its own type, with the boundary
  body.append("image", picture.blob, "picture");
  return { body };
}

async function request(url, { timeout, signal, headers, ...options }) {
  const limits = [AbortSignal.timeout(timeout), ...(signal ? [signal] : [])];
  let response;
  let answer;
  try {
    response = await fetch(url, {
      ...options,
      headers: { Accept: "application/json", ...csrfHeader(), ...headers },
      credentials: "same-origin",
      signal: AbortSignal.any(limits),
    });
    answer = await response.json().catch(ignoreNonJson);
  } catch (error) {
    if (signal?.aborted) throw error; // the caller wanted that
    throw new ApiError(error.name === "TimeoutError" ? "away" : "offline");
  }
  if (!response.ok) throw toError(response, answer);
  return answer;
}

// A proxy in between may answer with a page. A body that breaks off is another matter.
function ignoreNonJson(error) {
  if (error instanceof SyntaxError) return {};
  throw error;
}

function csrfHeader() {
  const cookie = document.cookie.match(/(?:^|; )(?:__Host-)?csrftoken=([^;]+)/)?.[1];
  // The page carries a token where the cookie has another name or cannot be read.
  const token = cookie ?? document.querySelector("[data-csrf]")?.dataset.csrf;
  return token ? { "X-CSRFToken": token } : {};
}

function toError({ status, headers }, problem) {
  if (status === 401 || status === 403) return new ApiError("signin");
  if (status === 429) return new ApiError("busy", { retryAfter: Number(headers.get("Retry-After")) || 5 });
  if (AWAY.includes(status)) return new ApiError("away");
  if (status >= 500) return new ApiError("broken");
  return new ApiError("refused", { words: problem.detail });
}
