"""Numbers with one difficulty each, and whose strokes are whose: to tune the lattice, and to measure it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ml.ink.strokes import Strokes, bounds, transform
from ml.synthesis.handwriting import compose_line, random_handwriting, write_digit, write_sign

NO_DIGIT = -1  # the owner of a stroke that belongs to no digit

DigitWriter = Callable[[Generator], tuple[int, Strokes]]  # a digit by the one writer of a number


@dataclass(frozen=True)
class WrittenNumber:
    """A drawing, what it says, and the digit (counted along the text) of each stroke.

    A stroke that two digits share, drawn without lifting the pen, is owned by the first.
    """

    strokes: Strokes
    text: str
    owners: tuple[int, ...]

    def segments(self) -> list[Strokes]:
        """The strokes of each digit, along the text."""
        own: dict[int, Strokes] = {}
        for owner, stroke in zip(self.owners, self.strokes, strict=True):
            own.setdefault(owner, []).append(stroke)
        return [own[i] for i in sorted(own) if i != NO_DIGIT]


def synthetic_writer(rng: Generator) -> DigitWriter:
    """Writes any digit in one synthetic handwriting."""
    handwriting = random_handwriting(rng)

    def write(rng: Generator) -> tuple[int, Strokes]:
        label = int(rng.integers(10))
        return label, write_digit(label, rng=rng, handwriting=handwriting)

    return write


def recorded_writer(drawings: Sequence[Strokes], labels: Sequence[int]) -> DigitWriter:
    """Takes digits from what one person has drawn."""

    def write(rng: Generator) -> tuple[int, Strokes]:
        i = int(rng.integers(len(drawings)))
        return int(labels[i]), drawings[i]

    return write


def write_number_case(name: str, digits: DigitWriter, rng: Generator) -> WrittenNumber:
    """A number of the slice `name`, one of SLICES, by the writer `digits`."""
    return NUMBER_CASES[name](digits, rng)


def write_numbers(
    writers: Callable[[Generator], DigitWriter], names: Sequence[str], n: int, seed: int
) -> Iterator[WrittenNumber]:
    """`n` numbers of each of the slices, each by a writer that `writers` chooses."""
    for name in names:
        rng = np.random.default_rng((seed, *name.encode()))
        for _ in range(n):
            yield write_number_case(name, writers(rng), rng)


def _row(
    digits: DigitWriter, rng: Generator, gaps: tuple[float, float] | None, least: int = 2, most: int = 6
) -> WrittenNumber:
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
    """One digit of several strokes: the writer's own if he has any, after some tries."""
    number = _single(digits, rng)
    for _ in range(20):
        if len(number.strokes) > 1:
            break
        number = _single(digits, rng)
    return number


def _sloped(digits: DigitWriter, rng: Generator) -> WrittenNumber:
    number = _row(digits, rng, (0.05, 0.4), least=3)
    turn = np.deg2rad(rng.uniform(8, 17) * rng.choice([-1, 1]))  # the line of compose_line slopes already
    matrix = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0]])
    return WrittenNumber(transform(number.strokes, matrix), number.text, number.owners)


def _mixed_sizes(digits: DigitWriter, rng: Generator) -> WrittenNumber:
    """Digits of 0.6 to 1.3 of the usual height."""
    number = _row(digits, rng, (0.1, 0.4))
    strokes: Strokes = []
    for _, drawing in groupby(zip(number.owners, number.strokes, strict=True), key=lambda pair: pair[0]):
        own = [stroke for _, stroke in drawing]
        x, y, width, height = bounds(own)
        foot = np.array([x + width / 2, y + height], np.float32)
        strokes += [((stroke - foot) * rng.uniform(0.6, 1.3) + foot).astype(np.float32) for stroke in own[:1]]
        scale = np.ptp(strokes[-1], axis=0).max() / max(float(np.ptp(own[0], axis=0).max()), 1e-6)
        strokes += [((stroke - foot) * scale + foot).astype(np.float32) for stroke in own[1:]]
    return WrittenNumber(strokes, number.text, number.owners)


def _delayed(digits: DigitWriter, rng: Generator) -> WrittenNumber:
    """Hats and bars are drawn when all the rest, or the next digit, is."""
    number = _row(digits, rng, (-0.08, 0.3))
    later = rng.random() < 0.5
    rank = []
    for place, owner in enumerate(number.owners):
        first = place == 0 or number.owners[place - 1] != owner
        rank.append((owner if first else 99 if later else owner + 1.5, place))
    order = [place for _, place in sorted(rank)]
    return WrittenNumber([number.strokes[i] for i in order], number.text, tuple(number.owners[i] for i in order))


def _out_of_order(digits: DigitWriter, rng: Generator) -> WrittenNumber:
    """Digits are drawn in any order, and some strokes the other way round."""
    number = _row(digits, rng, (-0.1, 0.3))
    turn = rng.permutation(1 + max(number.owners))
    order = sorted(range(len(number.owners)), key=lambda i: (turn[number.owners[i]], i))
    strokes = [number.strokes[i][:: -1 if rng.random() < 0.3 else 1] for i in order]
    return WrittenNumber(strokes, number.text, tuple(number.owners[i] for i in order))


def _joined(digits: DigitWriter, rng: Generator) -> WrittenNumber:
    """Now and then the pen is not lifted between two digits."""
    number = _row(digits, rng, (0.02, 0.3))
    strokes, owners = [number.strokes[0]], [number.owners[0]]
    last = number.owners[0]
    for stroke, owner in zip(number.strokes[1:], number.owners[1:], strict=True):
        if owner != last and _can_join(strokes[-1], stroke) and rng.random() < 0.5:
            strokes[-1] = np.concatenate([strokes[-1], _ligature(strokes[-1][-1], stroke[0]), stroke])
        else:
            strokes.append(stroke)
            owners.append(owner)
        last = owner
    return WrittenNumber(strokes, number.text, tuple(owners))


def _can_join(a: NDArray[np.float32], b: NDArray[np.float32]) -> bool:
    """A pen goes on to the right, and not far."""
    step = b[0] - a[-1]
    return bool(step[0] > -5 and np.hypot(*step) < 80)  # compose_line writes 100 high


def _ligature(start: NDArray[np.float32], end: NDArray[np.float32]) -> NDArray[np.float32]:
    """A line that hangs through a little, (8, 2)."""
    t = np.linspace(0, 1, 10)[1:-1, None]
    sag = np.array([0, 0.25]) * abs(float(end[0] - start[0]))
    return np.asarray(start + (end - start) * t + 4 * t * (1 - t) * sag, np.float32)


def _spaced(digits: DigitWriter, rng: Generator) -> WrittenNumber:
    """Two or three numbers on a line."""
    usual = rng.uniform(0.05, 0.45)
    parts = [
        _row(digits, rng, (max(0.0, usual - 0.08), usual + 0.08), 1, 4) for _ in range(int(rng.integers(2, 4)))
    ]
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
    parts = [_row(digits, rng, (0.05, 0.4), 1, 5) for _ in range(int(rng.integers(2, 4)))]
    pitch = rng.uniform(1.4, 2.2)
    return _together(
        parts, lambda box: np.array([rng.uniform(-40, 40), box[1] + box[3] + 100 * (pitch - 1)]), "\n"
    )


def _together(
    parts: Sequence[WrittenNumber],
    start: Callable[[tuple[float, float, float, float]], NDArray[np.float64]],
    between: str,
) -> WrittenNumber:
    """Parts one after the other; `start` says from the box of the last where the next one begins."""
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


def _stop(box: tuple[float, float, float, float], rng: Generator) -> Strokes:
    x, y, width, height = box
    return [np.array([[x + width + 15, y + height - 4], [x + width + 16, y + height - 3]], np.float32)]


def _dash(box: tuple[float, float, float, float], rng: Generator) -> Strokes:
    x, y, width, height = box
    start = x + width + rng.uniform(12, 30)
    return [np.array([[start, y + height / 2], [start + rng.uniform(35, 60), y + height / 2 + 2]], np.float32)]


def _line_below(box: tuple[float, float, float, float], rng: Generator) -> Strokes:
    x, y, width, height = box
    level = y + height + rng.uniform(6, 25)
    return [
        np.array(
            [[x - 8, level], [x + width / 2, level + 2], [x + width + 8, level + rng.normal(0, 3)]], np.float32
        )
    ]


def _struck_out(box: tuple[float, float, float, float], rng: Generator) -> Strokes:
    x, y, width, height = box
    blot = [100 * stroke * np.array([0.7, 1], np.float32) for stroke in write_sign(rng, "scribble")]
    left, top, _, _ = bounds(blot)
    place = np.array([x + width + rng.uniform(12, 40) - left, y + height - 100 - top], np.float32)
    return [stroke + place for stroke in blot]


_MARKS = (_stop, _dash, _line_below, _struck_out)

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
