// Numbers as people write them in one line: a space between numbers, a slash between lines.

const NUMBER = /^\d+( \d+)*(\n\d+( \d+)*)*$/;

// The text of a number, or null if the line is none.
export function toText(line) {
  const lines = line.split("/").map((part) => part.trim().replace(/\s+/g, " "));
  const text = lines.join("\n");
  return NUMBER.test(text) ? text : null;
}

export function toLine(text) {
  return text.split("\n").join(" / ");
}

// A verdict of the API in words, such as "17" or "no number".
export function verdictInWords({ verdict, text }) {
  if (verdict === "number") return toLine(text);
  return { no_number: "no number", unreadable: "unreadable" }[verdict] ?? "not what its writer says";
}
