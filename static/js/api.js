// Requests to the server: JSON or a picture out, JSON in. Every failure is an ApiError with a message in plain words.

const MESSAGES = {
  away: "The reader is away.",
  offline: "You seem to be offline.",
  broken: "Something went wrong on our side.",
  busy: "That was a lot at once.",
  signin: "Please log in first.",
  refused: "The server could not take this drawing.",
};

// The server itself sends 503; a proxy in front of it sends 502 and 504 while the site restarts.
const AWAY_STATUSES = [502, 503, 504];
const DEFAULT_RETRY_AFTER = 5; // seconds, for a 429 that does not say

// `kind` says what the caller can do: for "away" and "broken" try later; for "offline" try when the network is back;
// for "busy" wait `retryAfter` seconds; for "signin" log in; for "refused" change the drawing;
// for "conflict" look at `answer`, the body that says what is there instead.
export class ApiError extends Error {
  constructor(kind, { message = MESSAGES[kind], retryAfter = null, answer = null } = {}) {
    super(message);
    this.name = "ApiError";
    this.kind = kind;
    this.retryAfter = retryAfter;
    this.answer = answer;
  }
}

// `drawing` is {strokes} or {picture: {blob}}. `options` are those of `request`.
export function postDrawing(url, drawing, options) {
  const { body, contentType } = encodeDrawing(drawing);
  return request(url, { ...options, method: "POST", body, headers: { ...contentType, ...options.headers } });
}

export function getJson(url, options) {
  return request(url, { method: "GET", ...options });
}

export function postJson(url, data, options) {
  const headers = { "Content-Type": "application/json" };
  return request(url, { ...options, method: "POST", body: JSON.stringify(data), headers });
}

export function remove(url, options) {
  return request(url, { ...options, method: "DELETE" });
}

function encodeDrawing({ strokes, picture }) {
  if (!picture) return { body: JSON.stringify({ strokes }), contentType: { "Content-Type": "application/json" } };
  // The browser sets the content type of a form itself, because it chooses the boundary.
  const body = new FormData();
  body.append("image", picture.blob, "picture");
  return { body };
}

// `timeout` in ms. When the caller aborts with `signal`, the AbortError goes through unchanged.
async function request(url, { timeout, signal, headers, ...options }) {
  const signals = [AbortSignal.timeout(timeout), ...(signal ? [signal] : [])];
  let response;
  let answer;
  try {
    response = await fetch(url, {
      ...options,
      headers: { Accept: "application/json", ...csrfHeader(), ...headers },
      credentials: "same-origin",
      signal: AbortSignal.any(signals),
    });
    answer = await response.json().catch(emptyIfNotJson);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(error.name === "TimeoutError" ? "away" : "offline");
  }
  if (!response.ok) throw toApiError(response, answer);
  return answer;
}

// A proxy may answer with an HTML page, which is no failure of the network. A body that breaks off is one.
function emptyIfNotJson(error) {
  if (error instanceof SyntaxError) return {};
  throw error;
}

function csrfHeader() {
  const cookie = document.cookie.match(/(?:^|; )(?:__Host-)?csrftoken=([^;]+)/)?.[1];
  // The page carries a token, too, for a cookie that has another name or cannot be read by scripts.
  const token = cookie ?? document.querySelector("[data-csrf]")?.dataset.csrf;
  return token ? { "X-CSRFToken": token } : {};
}

function toApiError({ status, headers }, problem) {
  if (status === 401 || status === 403) return new ApiError("signin");
  if (status === 429) {
    return new ApiError("busy", { retryAfter: Number(headers.get("Retry-After")) || DEFAULT_RETRY_AFTER });
  }
  if (AWAY_STATUSES.includes(status)) return new ApiError("away");
  if (status >= 500) return new ApiError("broken");
  if (status === 409) return new ApiError("conflict", { message: problem.detail, answer: problem });
  return new ApiError("refused", { message: problem.detail });
}
