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
