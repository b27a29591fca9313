"""Rows of digits put together from glyphs of one hand, as numbers stand on paper: for the network on strips."""

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
_HEIGHT, _FOOT = 3 * DIGIT_HEIGHT, 2 * DIGIT_HEIGHT  # of the paper, and of the line on it
_USUAL, _LONGEST = 8, 10  # digits
_ROOM = 2 * DIGIT_HEIGHT  # right of the last digit, for marks
_INK = 90  # grey levels beyond that touch


@dataclass(frozen=True)
class GlyphBank:
    """Glyphs (n, 28, 28), their labels (n,), and whose they are (n,)."""

    glyphs: Glyphs
    labels: Labels
    hands: NDArray[np.int64]

    @cached_property
    def _by_hand(self) -> list[NDArray[np.int64]]:
        return [np.flatnonzero(self.hands == hand) for hand in np.unique(self.hands)]

    def hand(self, rng: Generator) -> NDArray[np.int64]:
        """The places (k,) of all glyphs of somebody."""
        return self._by_hand[int(rng.integers(len(self._by_hand)))]

    def some(self, label: int, hand: NDArray[np.int64], rng: Generator) -> Grey:
        """The ink of a glyph of this label, by this hand if it has one."""
        mine = hand[self.labels[hand] == label]
        glyph = self.glyphs[rng.choice(mine if len(mine) else np.flatnonzero(self.labels == label))]
        return crop_to_ink(np.where(glyph > 25, glyph, np.uint8(0)))


def write_line(bank: GlyphBank, junk: GlyphBank, rng: Generator) -> tuple[Grey, LineLabels]:
    """Ink (h, w), and the one to ten digits that it says; what is from the bank `junk` says nothing."""
    text = _text(int(rng.integers(1, _LONGEST + 1 if rng.random() < 0.2 else _USUAL + 1)), rng)
    line = _Line(_Style.any(len(text), rng), rng)
    hand, stranger = bank.hand(rng), junk.hand(rng)
    odd = int(rng.integers(len(text))) if rng.random() < 0.06 else None
    for place, label in enumerate(text):
        if place == odd:
            line.put(junk.some(NOT_A_DIGIT, stranger, rng))
        line.put(bank.some(label, hand, rng), label)
    if rng.random() < 0.25:
        _MARKS[int(rng.integers(len(_MARKS)))](line, rng)
    return line.ink_alone(), text


def write_negative_line(junk: GlyphBank, rng: Generator) -> tuple[Grey, LineLabels]:
    """A row of what is no digit, which says nothing."""
    n = 1 if rng.random() < 0.5 else int(rng.integers(2, 6))
    line = _Line(_Style.any(n, rng), rng)
    hand = junk.hand(rng)
    for _ in range(n):
        line.put(junk.some(NOT_A_DIGIT, hand, rng))
    return line.ink_alone(), ()


def _text(n: int, rng: Generator) -> LineLabels:
    """Any digits; often round numbers, now and then nearly all the same."""
    digits = rng.integers(0, 10, n)
    if n > 2 and rng.random() < 0.4:
        digits[-int(rng.integers(2, min(n, 4))) :] = 0
    elif rng.random() < 0.15:
        digits = np.where(rng.random(n) < 0.5, digits[0], digits)
    return tuple(digits.tolist())


@dataclass(frozen=True)
class _Style:
    gap: float  # px between the ink of neighbours; less than 0 where they overlap
    slope: float
    uneven: float  # standard deviation of the sizes
    small: int  # digits from this place on are small
    joined: bool  # zeros, and now and then others, are tied to each other
    stop: int  # a full stop or a comma stands before this place

    @classmethod
    def any(cls, n: int, rng: Generator) -> _Style:
        return cls(
            gap=float(rng.choice([rng.uniform(-4, 2), rng.uniform(0, 22)])),
            slope=float(np.tan(np.deg2rad(rng.normal(0, 2.5)))),
            uneven=0.1 if rng.random() < 0.7 else 0.22,
            small=int(rng.integers(1, n)) if n > 3 and rng.random() < 0.15 else n,
            joined=rng.random() < 0.3,
            stop=n - 3 if n > 3 and rng.random() < 0.3 else 0,
        )


class _Line:
    """A row while it is written, from left to right."""

    def __init__(self, style: _Style, rng: Generator) -> None:
        self.ink: Grey = np.zeros((_HEIGHT, 2 * DIGIT_HEIGHT * (_LONGEST + 2) + _ROOM), np.uint8)
        self._style, self._rng = style, rng
        self._ends = np.zeros(_HEIGHT)  # of the ink in each row of pixels, as far as it was written last
        self._last: tuple[int, int, int | None] | None = None  # where the last one ends at its top; its label
        self._count = self._left = 0

    @property
    def end(self) -> int:
        return int(self._ends.max())

    @property
    def foot(self) -> int:
        return int(_FOOT + self._style.slope * self._left)

    def put(self, ink: Grey, label: int | None = None) -> None:
        """The next digit, or sign, so near to the last one as the style has it."""
        small = self._rng.uniform(0.55, 0.85) if self._count >= self._style.small else 1.0
        ink = _scaled(
            ink, small * DIGIT_HEIGHT / BOX * float(np.clip(self._rng.normal(1, self._style.uneven), 0.5, 1.3))
        )
        h, w = ink.shape
        top = int(np.clip(self.foot - h + self._rng.normal(0, 2.5), 2, _HEIGHT - h - 2))
        rows = np.flatnonzero((ink > _INK).any(axis=1))
        left = min(self._place(ink, top, rows), self.ink.shape[1] - _ROOM - w)
        self._tie(left + int(np.argmax(ink[rows[0]] > _INK)) + 2, top + int(rows[0]) + 2, label)
        window = self.ink[top : top + h, left : left + w]
        np.maximum(window, ink, out=window)
        self._went_on(ink, top, left, rows, label)

    def ink_alone(self) -> Grey:
        """Without the paper around it, and not holding on to it: a run keeps tens of thousands of rows."""
        return crop_to_ink(self.ink).copy()

    def draw(self, points: Sequence[tuple[float, float]]) -> None:
        pen, grey = int(self._rng.integers(2, 5)), int(self._rng.integers(150, 256))
        cv2.polylines(self.ink, [np.rint(points).astype(np.int32)], False, grey, pen, cv2.LINE_AA)

    def _place(self, ink: Grey, top: int, rows: NDArray[np.int64]) -> int:
        """Where the ink comes as near as it should be to what stands left of it."""
        if not self._count:
            return DIGIT_HEIGHT // 2
        starts, ends = (ink[rows] > _INK).argmax(axis=1), self._ends[top + rows]
        reached = (ends - starts)[ends > 0].max(initial=0)
        near = max(reached, self.end - ink.shape[1] / 2 - starts.min())
        left = int(near + self._style.gap + self._rng.normal(0, 2.5))
        if self._count == self._style.stop:
            left += int(self._rng.uniform(4, 18))
            x, y = (self.end + left) / 2 + 1, self.foot + self._rng.uniform(-4, 4)
            self.draw([(x, y), (x - self._rng.uniform(0, 4), y + self._rng.uniform(0, 9))])
        return max(left, self._left + 2)

    def _tie(self, x: int, y: int, label: int | None) -> None:
        """A line from the top of the last digit to that of the next one."""
        if self._last is None or not self._style.joined or self._count == self._style.stop or x <= self._last[0]:
            return
        start_x, start_y, last = self._last
        if (label == last == 0) or self._rng.random() < 0.15:
            sag = self._rng.uniform(0, 6)
            self.draw([(start_x, start_y), ((start_x + x) / 2, (start_y + y) / 2 + sag), (x, y)])

    def _went_on(self, ink: Grey, top: int, left: int, rows: NDArray[np.int64], label: int | None) -> None:
        ends = ink.shape[1] - (ink[rows, ::-1] > _INK).argmax(axis=1)
        self._ends = np.where(self._ends > left - DIGIT_HEIGHT / 2, self._ends, 0.0)
        self._ends[top + rows] = left + ends
        self._last = left + int(ends[0]) - 2, top + int(rows[0]) + 2, label
        self._left = left
        self._count += 1


def _dash(line: _Line, rng: Generator) -> None:
    x, y = line.end + rng.uniform(4, 25), line.foot - DIGIT_HEIGHT * rng.uniform(0.1, 0.6)
    line.draw([(x, y), (x + rng.uniform(8, 30), y + rng.normal(0, 2))])


def _two_dashes(line: _Line, rng: Generator) -> None:
    x, y, width = (
        line.end + rng.uniform(4, 25),
        line.foot - DIGIT_HEIGHT * rng.uniform(0.3, 0.6),
        rng.uniform(8, 30),
    )
    line.draw([(x, y), (x + width, y)])
    line.draw([(x, y + 8), (x + width, y + 7)])


def _comma(line: _Line, rng: Generator) -> None:
    x = line.end + rng.uniform(4, 20)
    line.draw([(x, line.foot), (x - 3, line.foot + rng.uniform(1, 8))])


def _comma_and_dash(line: _Line, rng: Generator) -> None:
    x, y = line.end + rng.uniform(4, 20), line.foot - DIGIT_HEIGHT * rng.uniform(0.1, 0.6)
    line.draw([(x, line.foot), (x - 2, line.foot + 4)])
    line.draw([(x + 8, y), (x + 8 + rng.uniform(8, 30), y)])


_MARKS = (_dash, _two_dashes, _comma, _comma_and_dash)


def _scaled(ink: Grey, scale: float) -> Grey:
    size = (max(2, round(ink.shape[1] * scale)), max(2, round(ink.shape[0] * scale)))
    scaled = cv2.resize(ink, size, interpolation=cv2.INTER_CUBIC)
    return as_uint8(scaled * (255.0 / max(int(scaled.max()), 1)))
