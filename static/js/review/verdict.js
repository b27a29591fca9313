// Verdicts: {verdict, text}. Their words, and what may be typed.

const WORDS = {
  no_number: "no number",
  unreadable: "unreadable",
  refused: "not what its writer says",
};
const NUMBERS = /^[0-9]+([ \n][0-9]+)*$/;

export function numberOf(text) {
  return { verdict: "number", text };
}

// What a reading or a writer says, as a verdict; "" is no number.
export function verdictOf(text) {
  return text ? numberOf(text) : { verdict: "no_number", text: "" };
}

export function inWords({ verdict, text }) {
  return verdict === "number" ? inOneLine(text) : WORDS[verdict];
}

// The same, in the lines in which it is typed.
export function inLines({ verdict, text }) {
  return verdict === "number" ? text : WORDS[verdict];
}

// What one step back has undone; `known` is the verdict on the first of the drawings, where it is known.
export function undoneInWords({ drawings, kept, known }) {
  const what = known ? inWords(known) : "your last verdict";
  const done = drawings.length > 1 ? `${drawings.length} verdicts of one step` : what;
  return `Undone: ${done}.${kept.length ? ` Others have decided since on ${kept.length} of them.` : ""}`;
}

export function inOneLine(text) {
  return text.replaceAll("\n", " / ");
}

export function isSame(one, other) {
  return one.verdict === other.verdict && one.text === other.text;
}

// One space between numbers, one new line between lines, as the server keeps it.
export function tidy(text) {
  const lines = text.split("\n").map((line) => line.trim().split(/\s+/).join(" "));
  return lines.filter(Boolean).join("\n");
}

export function isNumber(text) {
  return NUMBERS.test(text);
}
