"""Synthetic numbers with one difficulty each, and the digit of each stroke: to fit and to measure segmentation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ml.ink.strokes import Box, Stroke, Strokes, bounds, transform
from ml.labels import Floats
from ml.synthesis.handwriting import compose_line, random_handwriting, write_digit, write_sign

NO_DIGIT = -1  # the owner of a stroke that belongs to no digit

DigitWriter = Callable[[Generator], tuple[int, Strokes]]  # a label and its strokes, by the one writer of a number


@dataclass(frozen=True)
class WrittenNumber:
    """A drawing, its text, and the digit (counted along the text) of each stroke.

    A stroke that two digits share, drawn without lifting the pen, is owned by the first.
    """

    strokes: Strokes
    text: str
    owners: tuple[int, ...]

    def segments(self) -> list[Strokes]:
        """The strokes of each digit, along the text."""
        strokes_of: dict[int, Strokes] = {}
        for owner, stroke in zip(self.owners, self.strokes, strict=True):
            strokes_of.setdefault(owner, []).append(stroke)
        return [strokes_of[owner] for owner in sorted(strokes_of) if owner != NO_DIGIT]

    def reordered(self, order: Sequence[int]) -> WrittenNumber:
        """The same strokes, drawn in this order."""
        return WrittenNumber([self.strokes[i] for i in order], self.text, tuple(self.owners[i] for i in order))


def synthetic_writer(rng: Generator) -> DigitWriter:
    """A writer of any digit in one synthetic handwriting."""
    handwriting = random_handwriting(rng)

    def write(rng: Generator) -> tuple[int, Strokes]:
        label = int(rng.integers(10))
        return label, write_digit(label, rng=rng, handwriting=handwriting)

    return write


def recorded_writer(drawings: Sequence[Strokes], labels: Sequence[int]) -> DigitWriter:
    """A writer who takes any digit of what one person has drawn."""

    def write(rng: Generator) -> tuple[int, Strokes]:
        i = int(rng.integers(len(drawings)))
        return int(labels[i]), drawings[i]

    return write


def write_number_case(name: str, digits: DigitWriter, rng: Generator) -> WrittenNumber:
    """A number of the case `name` by the writer `digits`. Raises KeyError for a name not in NUMBER_CASES."""
    return NUMBER_CASES[name](digits, rng)


def write_numbers(
    writers: Callable[[Generator], DigitWriter], names: Sequence[str], n: int, seed: int
) -> Iterator[WrittenNumber]:
    """`n` numbers of each of the cases `names`, each by a writer that `writers` chooses."""
    for name in names:
        rng = np.random.default_rng((seed, *name.encode()))
        for _ in range(n):
            yield write_number_case(name, writers(rng), rng)


def _row(
    digits: DigitWriter, rng: Generator, gaps: tuple[float, float] | None, least: int = 2, most: int = 6
) -> WrittenNumber:
    """One line of `least` to `most` digits; `gaps` as for `compose_line`."""
    written = [digits(rng) for _ in range(int(rng.integers(least, most + 1)))]
    owners = [i for i, (_, drawing) in enumerate(written) for _ in drawing]
    strokes = compose_line([drawing for _, drawing in written], rng=rng, gaps=gaps)
    return WrittenNumber(strokes, "".join(str(label) for label, _ in written), tuple(owners))


def _with_gaps(low: float, high: float) -> Callable[[DigitWriter, Generator], WrittenNumber]:
    return lambda digits, rng: _row(digits, rng, (low, high))


def _single(digits: DigitWriter, rng: Generator) -> WrittenNumber:
    label, drawing = digits(rng)
    return WrittenNumber(drawing, str(label), (0,) * len(drawing))


def _several_strokes(digits: DigitWriter, rng: Generator) -> WrittenNumber:
    """One digit of several strokes, if the writer has any; found by at most 20 further tries."""
    number = _single(digits, rng)
    for _ in range(20):
        if len(number.strokes) > 1:
            break
        number = _single(digits, rng)
    return number


def _sloped(digits: DigitWriter, rng: Generator) -> WrittenNumber:
    number = _row(digits, rng, (0.05, 0.4), least=3)
    angle = np.deg2rad(rng.uniform(8, 17) * rng.choice([-1, 1]))  # the line of compose_line slopes already
    rotation = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0]])
    return WrittenNumber(transform(number.strokes, rotation), number.text, number.owners)


def _mixed_sizes(digits: DigitWriter, rng: Generator) -> WrittenNumber:
    """Digits of 0.6 to 1.3 of the usual height."""
    number = _row(digits, rng, (0.1, 0.4))
    strokes: Strokes = []
    for own in number.segments():
        x, y, width, height = bounds(own)
        foot = np.array([x + width / 2, y + height], np.float32)
        strokes.append(((own[0] - foot) * rng.uniform(0.6, 1.3) + foot).astype(np.float32))
        scale = np.ptp(strokes[-1], axis=0).max() / max(float(np.ptp(own[0], axis=0).max()), 1e-6)
        strokes += [((stroke - foot) * scale + foot).astype(np.float32) for stroke in own[1:]]
    return WrittenNumber(strokes, number.text, number.owners)


def _delayed(digits: DigitWriter, rng: Generator) -> WrittenNumber:
    """Hats and bars are drawn after the next digit, or after all digits."""
    number = _row(digits, rng, (-0.08, 0.3))
    comes_last = rng.random() < 0.5
    ranks = []
    for place, owner in enumerate(number.owners):
        is_first = place == 0 or number.owners[place - 1] != owner
        ranks.append(owner if is_first else 99 if comes_last else owner + 1.5)
    return number.reordered(sorted(range(len(ranks)), key=lambda place: ranks[place]))


def _out_of_order(digits: DigitWriter, rng: Generator) -> WrittenNumber:
    """Digits are drawn in any order, and some strokes backwards."""
    number = _row(digits, rng, (-0.1, 0.3))
    turn = rng.permutation(1 + max(number.owners))
    number = number.reordered(sorted(range(len(number.owners)), key=lambda i: (turn[number.owners[i]], i)))
    strokes = [stroke[:: -1 if rng.random() < 0.3 else 1] for stroke in number.strokes]
    return WrittenNumber(strokes, number.text, number.owners)


def _joined(digits: DigitWriter, rng: Generator) -> WrittenNumber:
    """Between some digits the pen is not lifted."""
    number = _row(digits, rng, (0.02, 0.3))
    strokes, owners = [number.strokes[0]], [number.owners[0]]
    last = number.owners[0]
    for stroke, owner in zip(number.strokes[1:], number.owners[1:], strict=True):
        step = stroke[0] - strokes[-1][-1]
        can_join = step[0] > -5 and np.hypot(*step) < 80  # to the right, and not far: compose_line writes 100 high
        if owner != last and can_join and rng.random() < 0.5:
            strokes[-1] = np.concatenate([strokes[-1], _ligature(strokes[-1][-1], stroke[0]), stroke])
        else:
            strokes.append(stroke)
            owners.append(owner)
        last = owner
    return WrittenNumber(strokes, number.text, tuple(owners))


def _ligature(start: NDArray[np.float32], end: NDArray[np.float32]) -> Stroke:
    """A line (8, 2) between two points that sags a little."""
    t = np.linspace(0, 1, 10)[1:-1, None]
    sag = np.array([0, 0.25]) * abs(float(end[0] - start[0]))
    return np.asarray(start + (end - start) * t + 4 * t * (1 - t) * sag, np.float32)


def _spaced(digits: DigitWriter, rng: Generator) -> WrittenNumber:
    """Two or three numbers on a line."""
    usual = rng.uniform(0.05, 0.45)
    gaps = (max(0.0, usual - 0.08), usual + 0.08)
    parts = [_row(digits, rng, gaps, 1, 4) for _ in range(int(rng.integers(2, 4)))]
    space = max(0.9, rng.uniform(2.4, 5.0) * usual)
    return _together(parts, lambda box: np.array([box[0] + box[2] + 100 * space * rng.uniform(0.9, 1.2), 0]), " ")


def _evenly_wide(digits: DigitWriter, rng: Generator) -> WrittenNumber:
    """One number, its digits far apart but evenly, by their gaps or, as in boxes, by their middles."""
    gap = rng.uniform(0.6, 2.0)
    number = _row(digits, rng, (0.9 * gap, 1.1 * gap))
    if rng.random() < 0.5:
        return number
    pitch = 100 * (gap + 0.6)
    strokes: Strokes = []
    for place, own in enumerate(number.segments()):
        x, _, width, _ = bounds(own)
        left = pitch * (place + rng.uniform(-0.06, 0.06)) - width / 2
        strokes += [stroke + np.array([left - x, 0], np.float32) for stroke in own]
    return WrittenNumber(strokes, number.text, number.owners)


def _lines(digits: DigitWriter, rng: Generator) -> WrittenNumber:
    """Two or three numbers below each other."""
    parts = [_row(digits, rng, (0.05, 0.4), 1, 5) for _ in range(int(rng.integers(2, 4)))]
    pitch = rng.uniform(1.4, 2.2)
    return _together(
        parts, lambda box: np.array([rng.uniform(-40, 40), box[1] + box[3] + 100 * (pitch - 1)]), "\n"
    )


def _together(parts: Sequence[WrittenNumber], start: Callable[[Box], Floats], between: str) -> WrittenNumber:
    """Parts as one number, with the character `between` them in its text.

    `start` gives, from the box of the part before, the place (x, y) where the next part begins; beside a space its
    y is added to the height at which the part was written.
    """
    strokes: Strokes = list(parts[0].strokes)
    owners, last = list(parts[0].owners), parts[0].strokes
    for part in parts[1:]:
        place = start(bounds(last))
        x, y, _, _ = bounds(part.strokes)
        level = np.array([0, y]) if between == " " else np.zeros(2)
        last = [(stroke - [x, y] + place + level).astype(np.float32) for stroke in part.strokes]
        owners += [owner + max(owners) + 1 for owner in part.owners]
        strokes += last
    return WrittenNumber(strokes, between.join(part.text for part in parts), tuple(owners))


def _marked(digits: DigitWriter, rng: Generator) -> WrittenNumber:
    """A full stop, a dash, a line below, or something struck out beside the number."""
    number = _row(digits, rng, (0.05, 0.4), 1, 5)
    mark = _MARKS[int(rng.integers(len(_MARKS)))](bounds(number.strokes), rng)
    return WrittenNumber([*number.strokes, *mark], number.text, (*number.owners, *(NO_DIGIT for _ in mark)))


def _full_stop(box: Box, rng: Generator) -> Strokes:
    x, y, width, height = box
    return [np.array([[x + width + 15, y + height - 4], [x + width + 16, y + height - 3]], np.float32)]


def _dash(box: Box, rng: Generator) -> Strokes:
    x, y, width, height = box
    start = x + width + rng.uniform(12, 30)
    return [np.array([[start, y + height / 2], [start + rng.uniform(35, 60), y + height / 2 + 2]], np.float32)]


def _line_below(box: Box, rng: Generator) -> Strokes:
    x, y, width, height = box
    level = y + height + rng.uniform(6, 25)
    right = [x + width + 8, level + rng.normal(0, 3)]
    return [np.array([[x - 8, level], [x + width / 2, level + 2], right], np.float32)]


def _struck_out(box: Box, rng: Generator) -> Strokes:
    x, y, width, height = box
    scribble = [100 * stroke * np.array([0.7, 1], np.float32) for stroke in write_sign(rng, "scribble")]
    left, top, _, _ = bounds(scribble)
    place = np.array([x + width + rng.uniform(12, 40) - left, y + height - 100 - top], np.float32)
    return [stroke + place for stroke in scribble]


_MARKS = (_full_stop, _dash, _line_below, _struck_out)

NUMBER_CASES: Mapping[str, Callable[[DigitWriter, Generator], WrittenNumber]] = {
    "single": _single,
    "several_strokes": _several_strokes,
    "apart": _with_gaps(0.15, 0.5),
    "close": _with_gaps(0.0, 0.15),
    "overlapping": _with_gaps(-0.15, 0.0),
    "sloped": _sloped,
    "mixed_sizes": _mixed_sizes,
    "delayed": _delayed,
    "out_of_order": _out_of_order,
    "joined": _joined,
    "spaced": _spaced,
    "evenly_wide": _evenly_wide,
    "lines": _lines,
    "marked": _marked,
}  # fmt: skip
