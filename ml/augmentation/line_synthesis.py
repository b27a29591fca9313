"""Put lines of digits together from glyphs of one writer, as numbers stand on paper: to train the line network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ml.data.corpus import LineLabels
from ml.ink.glyph import BOX
from ml.ink.greyscale import Grey, as_uint8
from ml.ink.line_image import crop_to_ink
from ml.labels import NOT_A_DIGIT, Glyphs, Labels

DIGIT_HEIGHT = 40  # px, height of a usual digit
_CANVAS_HEIGHT = 3 * DIGIT_HEIGHT
_BASELINE = 2 * DIGIT_HEIGHT  # px from the top of the canvas
_MARK_ROOM = 2 * DIGIT_HEIGHT  # px right of the last digit, for marks
_USUAL_DIGITS = 8  # at most, in four lines of five
_MAX_DIGITS = 10  # in any line
_TOUCHING = 90  # level of ink; gaps are measured between ink above it
_FAINTEST = 25  # level of ink in a glyph; the rest is dropped


@dataclass(frozen=True)
class GlyphBank:
    """Glyphs (n, 28, 28), their labels (n,), and the numbers of their writers (n,)."""

    glyphs: Glyphs
    labels: Labels
    writers: NDArray[np.int64]

    @cached_property
    def _indices_by_writer(self) -> list[NDArray[np.int64]]:
        return [np.flatnonzero(self.writers == writer) for writer in np.unique(self.writers)]

    @cached_property
    def _digits(self) -> list[int]:
        return sorted({*self.labels.tolist()} - {NOT_A_DIGIT})

    def with_held(self, text: LineLabels, rng: Generator) -> LineLabels:
        """The text, with others in place of the digits that the bank does not hold."""
        held = self._digits
        return tuple(label if label in held else int(rng.choice(held)) for label in text)

    def choose_writer(self, rng: Generator) -> NDArray[np.int64]:
        """The indices (k,) of all glyphs of a random writer."""
        return self._indices_by_writer[int(rng.integers(len(self._indices_by_writer)))]

    def draw_ink(self, label: int, writer: NDArray[np.int64], rng: Generator) -> Grey:
        """The ink (h, w) of a glyph with this label, of a writer where they wrote one, else of any.

        The bank must hold the label. `writer` is the indices of their glyphs.
        """
        own = writer[self.labels[writer] == label]
        glyph = self.glyphs[rng.choice(own if len(own) else np.flatnonzero(self.labels == label))]
        return crop_to_ink(np.where(glyph > _FAINTEST, glyph, np.uint8(0)))


def write_line(bank: GlyphBank, negatives: GlyphBank, rng: Generator) -> tuple[Grey, LineLabels]:
    """The ink (h, w) of a line, and its one to ten digits.

    A line in 17 also holds a sign from `negatives`, which is not in the text; a line in four ends with a mark.
    """
    length = int(rng.integers(1, _MAX_DIGITS + 1 if rng.random() < 0.2 else _USUAL_DIGITS + 1))
    text = bank.with_held(_random_text(length, rng), rng)
    line = _LineCanvas(_LineStyle.random(len(text), rng), rng)
    writer, sign_writer = bank.choose_writer(rng), negatives.choose_writer(rng)
    sign_place = int(rng.integers(len(text))) if rng.random() < 0.06 else None
    for place, label in enumerate(text):
        if place == sign_place:
            line.put(negatives.draw_ink(NOT_A_DIGIT, sign_writer, rng))
        line.put(bank.draw_ink(label, writer, rng), label)
    if rng.random() < 0.25:
        _MARKS[int(rng.integers(len(_MARKS)))](line, rng)
    return line.cropped_ink(), text


def write_negative_line(negatives: GlyphBank, rng: Generator) -> tuple[Grey, LineLabels]:
    """The ink (h, w) of a line of one to five signs, and its text, which is empty."""
    n = 1 if rng.random() < 0.5 else int(rng.integers(2, 6))
    line = _LineCanvas(_LineStyle.random(n, rng), rng)
    writer = negatives.choose_writer(rng)
    for _ in range(n):
        line.put(negatives.draw_ink(NOT_A_DIGIT, writer, rng))
    return line.cropped_ink(), ()


def _random_text(n: int, rng: Generator) -> LineLabels:
    """`n` digits. Of texts of three or more 40 % end in zeros; some others repeat their first digit."""
    digits = rng.integers(0, 10, n)
    if n > 2 and rng.random() < 0.4:
        digits[-int(rng.integers(2, min(n, 4))) :] = 0
    elif rng.random() < 0.15:
        digits = np.where(rng.random(n) < 0.5, digits[0], digits)
    return tuple(digits.tolist())


@dataclass(frozen=True)
class _LineStyle:
    gap: float  # px between the ink of neighbours; negative where they overlap
    slope: float
    size_deviation: float  # standard deviation of the sizes, 1 being usual
    small_from: int  # digits from this place on are small
    joined: bool  # zeros that are neighbours, and a few other digits, are joined by a line
    point_before: int  # a full stop or a comma stands before this place; 0 for none

    @classmethod
    def random(cls, n: int, rng: Generator) -> _LineStyle:
        """A style for a line of `n` digits."""
        return cls(
            gap=float(rng.choice([rng.uniform(-4, 2), rng.uniform(0, 22)])),
            slope=float(np.tan(np.deg2rad(rng.normal(0, 2.5)))),
            size_deviation=0.1 if rng.random() < 0.7 else 0.22,
            small_from=int(rng.integers(1, n)) if n > 3 and rng.random() < 0.15 else n,
            joined=rng.random() < 0.3,
            point_before=n - 3 if n > 3 and rng.random() < 0.3 else 0,
        )


class _LineCanvas:
    """The paper on which a line is written, from left to right."""

    def __init__(self, style: _LineStyle, rng: Generator) -> None:
        width = 2 * DIGIT_HEIGHT * (_MAX_DIGITS + 2) + _MARK_ROOM
        self.ink: Grey = np.zeros((_CANVAS_HEIGHT, width), np.uint8)
        self._style, self._rng = style, rng
        self._ends = np.zeros(_CANVAS_HEIGHT)  # x where the ink ends, in each row of pixels
        self._last: tuple[int, int, int | None] | None = (
            None  # x and y where the last digit ends at its top; label
        )
        self._count = self._left = 0  # how many digits and signs there are, and x where the last one begins

    @property
    def end(self) -> int:
        """x where the ink ends."""
        return int(self._ends.max())

    @property
    def baseline(self) -> int:
        """y of the line of writing under the last digit."""
        return int(_BASELINE + self._style.slope * self._left)

    def put(self, ink: Grey, label: int | None = None) -> None:
        """Write the next digit, or a sign without a label, as near to the last one as the style has it.

        The ink (h, w) is scaled, and its darkest level becomes 255.
        """
        small = self._rng.uniform(0.55, 0.85) if self._count >= self._style.small_from else 1.0
        size = float(np.clip(self._rng.normal(1, self._style.size_deviation), 0.5, 1.3))
        scale = small * DIGIT_HEIGHT / BOX * size
        h, w = max(2, round(ink.shape[0] * scale)), max(2, round(ink.shape[1] * scale))
        scaled = cv2.resize(ink, (w, h), interpolation=cv2.INTER_CUBIC)
        ink = as_uint8(scaled * (255.0 / max(int(scaled.max()), 1)))
        top = int(np.clip(self.baseline - h + self._rng.normal(0, 2.5), 2, _CANVAS_HEIGHT - h - 2))
        dark = ink > _TOUCHING
        rows = np.flatnonzero(dark.any(axis=1))
        left = min(self._find_left(dark, top, rows), self.ink.shape[1] - _MARK_ROOM - w)
        self._join(left + int(np.argmax(dark[rows[0]])) + 2, top + int(rows[0]) + 2, label)
        window = self.ink[top : top + h, left : left + w]
        np.maximum(window, ink, out=window)

        ends = w - dark[rows, ::-1].argmax(axis=1)
        self._ends = np.where(self._ends > left - DIGIT_HEIGHT / 2, self._ends, 0.0)
        self._ends[top + rows] = left + ends
        self._last = left + int(ends[0]) - 2, top + int(rows[0]) + 2, label
        self._left = left
        self._count += 1

    def cropped_ink(self) -> Grey:
        """The ink without the paper around it: a copy, since a run keeps tens of thousands of lines."""
        return crop_to_ink(self.ink).copy()

    def draw(self, points: Sequence[tuple[float, float]]) -> None:
        """Draw a line through points (x, y), with a pen of random width and grey."""
        pen, grey = int(self._rng.integers(2, 5)), int(self._rng.integers(150, 256))
        cv2.polylines(self.ink, [np.rint(points).astype(np.int32)], False, grey, pen, cv2.LINE_AA)

    def _find_left(self, dark: NDArray[np.bool_], top: int, rows: NDArray[np.int64]) -> int:
        """x where the next ink (h, w) begins, so that its gap to the ink left of it is that of the style.

        `rows` are those of its rows that hold any; a full stop or comma is drawn where one stands before it.
        """
        if not self._count:
            return DIGIT_HEIGHT // 2
        starts, ends = dark[rows].argmax(axis=1), self._ends[top + rows]
        touching = (ends - starts)[ends > 0].max(initial=0)
        nearest = max(touching, self.end - dark.shape[1] / 2 - starts.min())
        left = int(nearest + self._style.gap + self._rng.normal(0, 2.5))
        if self._count == self._style.point_before:
            left += int(self._rng.uniform(4, 18))
            x, y = (self.end + left) / 2 + 1, self.baseline + self._rng.uniform(-4, 4)
            self.draw([(x, y), (x - self._rng.uniform(0, 4), y + self._rng.uniform(0, 9))])
        return max(left, self._left + 2)

    def _join(self, x: int, y: int, label: int | None) -> None:
        """Draw a line from the top of the last digit to that of the next one at (x, y), where the style has it."""
        if self._last is None or not self._style.joined or self._count == self._style.point_before:
            return
        start_x, start_y, last = self._last
        if x > start_x and ((label == last == 0) or self._rng.random() < 0.15):
            sag = self._rng.uniform(0, 6)
            self.draw([(start_x, start_y), ((start_x + x) / 2, (start_y + y) / 2 + sag), (x, y)])


def _dash(line: _LineCanvas, rng: Generator) -> None:
    x, y = line.end + rng.uniform(4, 25), line.baseline - DIGIT_HEIGHT * rng.uniform(0.1, 0.6)
    line.draw([(x, y), (x + rng.uniform(8, 30), y + rng.normal(0, 2))])


def _two_dashes(line: _LineCanvas, rng: Generator) -> None:
    x, y = line.end + rng.uniform(4, 25), line.baseline - DIGIT_HEIGHT * rng.uniform(0.3, 0.6)
    width = rng.uniform(8, 30)
    line.draw([(x, y), (x + width, y)])
    line.draw([(x, y + 8), (x + width, y + 7)])


def _comma(line: _LineCanvas, rng: Generator) -> None:
    x = line.end + rng.uniform(4, 20)
    line.draw([(x, line.baseline), (x - 3, line.baseline + rng.uniform(1, 8))])


def _comma_and_dash(line: _LineCanvas, rng: Generator) -> None:
    x, y = line.end + rng.uniform(4, 20), line.baseline - DIGIT_HEIGHT * rng.uniform(0.1, 0.6)
    line.draw([(x, line.baseline), (x - 2, line.baseline + 4)])
    line.draw([(x + 8, y), (x + 8 + rng.uniform(8, 30), y)])


_MARKS = (_dash, _two_dashes, _comma, _comma_and_dash)  # behind the last digit
