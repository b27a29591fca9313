"""Synthetic lines of numbers with separators between them: dates, decimals, phone numbers, times and sums.

They are apart from `ml.synthesis.number_cases`, whose cases are sets of the gates and must not change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from ml.ink.strokes import Strokes, bounds, transform
from ml.synthesis.handwriting import Handwriting, random_handwriting, write_digit, write_template
from ml.synthesis.number_cases import NO_DIGIT, DigitWriter, WrittenNumber

# By sign, the ways to write it, as templates of `ml.synthesis.digit_shapes`: digits reach from 0 to 100.
SEPARATOR_SHAPES: Mapping[str, tuple[str, ...]] = {
    "/": ("56,-12 0,112", "48,0 0,104", "38,-8 2,106", "72,-6 0,108", "50,-14 30,40 0,110", "44,4 0,98"),
    "\\": ("0,-12 56,112", "0,0 48,104", "2,-8 38,106", "0,-6 72,108"),
    ".": ("0,95 2,97", "0,96 4,99", "2,93 -2,97 2,100 5,96 2,93", "0,97 1,97"),
    ",": ("6,88 0,116", "5,90 6,102 -4,122", "4,94 -4,112", "10,86 -2,124"),
    "-": ("0,50 42,50", "0,56 30,54", "0,48 62,50", "0,60 46,56", "0,44 24,45"),
    ":": ("2,40 3,43 / 2,90 4,93", "4,30 5,33 / 2,86 3,90", "3,46 5,48 / 3,94 5,96"),
    "+": ("28,22 28,82 / 0,52 58,52", "0,54 50,54 / 26,30 24,80", "0,50 72,50 / 36,12 36,88"),
    "=": ("0,38 52,38 / 0,62 52,62", "0,44 64,42 / 2,66 62,64", "0,34 44,36 / 0,54 46,54"),
    "x": ("4,30 52,82 / 52,30 2,84", "2,40 44,88 / 44,42 4,90", "0,20 60,84 / 62,18 2,88"),
    "(": ("24,-8 4,24 4,72 26,108", "18,0 0,34 2,74 22,104"),
    ")": ("2,-8 22,24 22,72 0,108", "4,0 22,34 20,74 0,104"),
    "|": ("2,-16 2,118", "4,-10 2,112"),
}

_SIZE_SPREAD = 0.15  # standard deviation of the log of how large a hand writes a sign
_FIXED = {
    ".": 0.97,
    ",": 0.9,
    ":": 0.9,
}  # what stays in its place in signs of any size, in heights; else the middle

# Gaps around a separator, in heights of a digit: people leave more room in a sum.
_SEPARATOR_GAP = (0.02, 0.35)
_SUM_GAP = (0.1, 0.7)
_SIGNS_OF_SUMS = frozenset("+=x")  # a line with one of these is a sum, all over: 0-0 may be a part of a date

SeparatorWriter = Callable[
    [str, Generator], Strokes
]  # a sign, in heights: 0 is the top of digits, 1 the base line


@dataclass(frozen=True)
class Hand:
    """A writer of digits and of separators."""

    digits: DigitWriter
    separators: SeparatorWriter


def separator_writer(handwriting: Handwriting, rng: Generator) -> SeparatorWriter:
    """A writer of separators in a synthetic handwriting, with one way and one size for each sign."""
    ways = {sign: str(rng.choice(shapes)) for sign, shapes in SEPARATOR_SHAPES.items()}
    sizes = {sign: float(np.exp(rng.normal(0, _SIZE_SPREAD))) for sign in SEPARATOR_SHAPES}

    def write(sign: str, rng: Generator) -> Strokes:
        written = write_template(ways[sign], handwriting, rng)
        fixed = np.array([0, _FIXED.get(sign, 0.5)])
        return [((stroke - fixed) * sizes[sign] + fixed).astype(np.float32) for stroke in written]

    return write


def synthetic_hand(rng: Generator) -> Hand:
    """Digits and separators in one synthetic handwriting."""
    handwriting = random_handwriting(rng)

    def write(rng: Generator) -> tuple[int, Strokes]:
        label = int(rng.integers(10))
        return label, write_digit(label, rng=rng, handwriting=handwriting)

    return Hand(write, separator_writer(handwriting, rng))


def write_pattern(pattern: str, hand: Hand, rng: Generator) -> WrittenNumber:
    """A line about 100 units high: "0" in `pattern` stands for any digit of the hand, other signs for themselves.

    The text has a space where separators part digits. Strokes of separators have the owner NO_DIGIT. Raises
    KeyError for a sign that the hand does not write.
    """
    strokes: Strokes = []
    owners: list[int] = []
    text, pen, digits = "", 0.0, 0
    usual = rng.uniform(0.05, 0.35)  # gap, in heights
    around = rng.uniform(*(_SUM_GAP if _SIGNS_OF_SUMS & set(pattern) else _SEPARATOR_GAP))
    after_sign = True
    for sign in pattern:
        is_digit = sign == "0"
        if is_digit:
            label, drawing = hand.digits(rng)
            x, y, width, height = bounds(drawing)
            scale = float(np.clip(rng.normal(1, 0.06), 0.8, 1.2)) / max(height, 0.3 * width, 1e-6)
            down = 1 - height * scale + rng.normal(0, 0.04)
            written = [(stroke - [x, y]) * scale + [0, down] for stroke in drawing]
            text += (" " if after_sign and text else "") + str(label)
        else:
            drawing = hand.separators(sign, rng)
            x = bounds(drawing)[0]
            written = [stroke - [x, 0] + [0, rng.normal(0, 0.03)] for stroke in drawing]
        pen += around if after_sign or not is_digit else usual
        pen += rng.normal(0, 0.04)
        strokes += [(stroke + np.array([pen, 0])).astype(np.float32) for stroke in written]
        owners += [digits if is_digit else NO_DIGIT] * len(written)
        digits += is_digit
        after_sign = not is_digit
        pen += float(np.ptp(np.concatenate(written)[:, 0]))
    slope = np.tan(np.deg2rad(np.clip(rng.normal(0, 3), -8, 8)))
    return WrittenNumber(transform(strokes, 100.0 * np.array([[1, 0, 0], [slope, 1, 0]])), text, tuple(owners))


def _one_of(*patterns: str) -> Callable[[Generator], str]:
    return lambda rng: patterns[int(rng.integers(len(patterns)))]


# By name, what writes a pattern for `write_pattern`.
SEPARATED_CASES: Mapping[str, Callable[[Generator], str]] = {
    "date": _one_of("00/00/0000", "0/0/00", "00.00.0000", "0000-00-00", "0/0/0000", "00-00-00", "00/00", "00\\00"),
    "decimal": _one_of("00.00", "0.0", "0,000", "00,00", "000.00", "0.000.000", "0,00"),
    "phone": _one_of("000-0000", "0000/00000", "000.000.0000", "00-00-00-00", "(000)000-0000", "000-000-0000"),
    "time": _one_of("00:00", "0:00", "00:00:00", "00.00"),
    "sum": _one_of("0+0=0", "00+00=00", "00-00=00", "0x0=00", "0+0", "00-0", "(0+0)x0", "00=00", "0/0", "00|00"),
    "negative": _one_of("-00", "-0", "-000", "-0.0", "-0,00"),
}  # fmt: skip
