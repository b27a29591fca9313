// Which numbers of a reading are doubtful, in words. recognizer/presentation/doubts.py says the same of stored readings.

// So many doubtful numbers are named; more are counted. On the smallest phone two fit beside the reading.
const MOST_NAMED = 4;
const FEW_NAMED = 2;

// Whether a reading has several numbers. A worker of the release before names none.
export function hasSeveral({ numbers }) {
  return (numbers?.length ?? 0) > 1;
}

export function isDoubtful({ state }) {
  return state === "unsure";
}

// {sure, count, doubts, names, full}: the word of reading/certainty.js, "9 numbers", "2 doubtful", "48 (line 2), 305
// (line 4)", and all of it in sentences.
export function describeDoubts({ numbers, digits, state }) {
  const doubtful = numbers.filter(isDoubtful);
  const digitCount = numbers.reduce((sum, { text }) => sum + text.length, 0);
  const verb = doubtful.length === 1 ? "number is" : "numbers are";
  const sentence = doubtful.length
    ? `${doubtful.length} ${verb} doubtful: ${namesOf(doubtful, numbers, MOST_NAMED)}.`
    : "None of them is doubtful.";
  const hasUnreadInk = digits.some(({ label }) => label === null);
  const noDoubts = hasUnreadInk ? "some ink not read" : "none doubtful";
  return {
    sure: state === "unsure" ? "unsure" : "sure",
    count: `${numbers.length} numbers`,
    doubts: doubtful.length ? `${doubtful.length} doubtful` : noDoubts,
    names: namesOf(doubtful, numbers, FEW_NAMED),
    full: `${digitCount} digits in ${numbers.length} numbers. ${sentence}${hasUnreadInk ? " Some ink was not read." : ""}`,
  };
}

// Lines are counted as people see them: lines without numbers are none.
function namesOf(doubtful, numbers, most) {
  const lines = [...new Set(numbers.map(({ line }) => line))];
  const named = doubtful
    .slice(0, most)
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
