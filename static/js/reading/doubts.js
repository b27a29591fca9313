// Which numbers of a reading are doubtful, in words. recognizer/presentation/doubts.py says the same of stored readings.

const MOST_NAMED = 4; // doubtful numbers; more are counted

// Whether a reading has several numbers. A worker of the release before names none.
export function hasSeveral({ numbers = [] }) {
  return numbers.length > 1;
}

export function isDoubtful({ state }) {
  return state === "unsure";
}

// {sure, short, names, full}: the word of reading/certainty.js, "9 numbers, 2 doubtful", "48 (line 2), 305 (line 4)",
// and all of it in sentences.
export function describeDoubts({ numbers, digits, state }) {
  const doubtful = numbers.filter(isDoubtful);
  const names = namesOf(doubtful, numbers);
  const count = numbers.reduce((sum, { text }) => sum + text.length, 0);
  const verb = doubtful.length === 1 ? "number is" : "numbers are";
  const doubts = doubtful.length ? `${doubtful.length} ${verb} doubtful: ${names}.` : "None of them is doubtful.";
  const hasUnreadInk = digits.some(({ label }) => label === null);
  const inShort = hasUnreadInk && !doubtful.length ? "some ink not read" : `${doubtful.length || "none"} doubtful`;
  return {
    sure: state === "unsure" ? "unsure" : "sure",
    short: `${numbers.length} numbers, ${inShort}`,
    names,
    full: `${count} digits in ${numbers.length} numbers. ${doubts}${hasUnreadInk ? " Some ink was not read." : ""}`,
  };
}

// Lines are counted as people see them: lines without numbers are none.
function namesOf(doubtful, numbers) {
  const lines = [...new Set(numbers.map(({ line }) => line))];
  const named = doubtful
    .slice(0, MOST_NAMED)
    .map(({ text, line }) => (lines.length > 1 ? `${text} (line ${lines.indexOf(line) + 1})` : text));
  const more = doubtful.length - named.length;
  return named.join(", ") + (more ? `, and ${more} more` : "");
}

// The text of a reading as nodes, its doubtful numbers marked.
export function markedText({ numbers }) {
  return numbers.flatMap((number, i) => {
    const before = numbers[i - 1];
    const space = before ? [before.line === number.line ? " " : "\n"] : [];
    return [...space, isDoubtful(number) ? mark(number.text) : number.text];
  });
}

function mark(text) {
  const span = document.createElement("span");
  span.className = "doubtful";
  span.textContent = text;
  return span;
}
