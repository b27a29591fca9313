"""Synthetic pages of numbers: lines of one number or of several, by one writer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from ml.ink.strokes import Box, Strokes, bounds
from ml.synthesis.handwriting import compose_line
from ml.synthesis.number_cases import DigitWriter

_SPACE = 1.1, 2.2  # heights between two numbers of a line
_PITCH = 1.7, 2.4  # heights from one line to the next
_MOST_DIGITS = 5  # of a number


@dataclass(frozen=True)
class WrittenPage:
    """The strokes of a page, its text, and the boxes of its numbers in the order of the text."""

    strokes: Strokes
    text: str
    boxes: tuple[Box, ...]

    def scaled(self, scale: float, margin: float) -> tuple[WrittenPage, tuple[int, int]]:
        """The page with lengths times `scale` and a margin around the ink, and its size (width, height)."""
        x, y, width, height = bounds(self.strokes)
        start = np.array([x, y]) - margin / scale
        strokes = [((stroke - start) * scale).astype(np.float32) for stroke in self.strokes]
        boxes = tuple(
            ((left - start[0]) * scale, (top - start[1]) * scale, scale * w, scale * h)
            for left, top, w, h in self.boxes
        )
        size = round(scale * width + 2 * margin), round(scale * height + 2 * margin)
        return WrittenPage(strokes, self.text, boxes), size


def write_page(digits: DigitWriter, rng: Generator, numbers: int, most_in_line: int = 3) -> WrittenPage:
    """A page of so many numbers, up to `most_in_line` in each line, its digits about 100 high."""
    strokes: Strokes = []
    boxes: list[Box] = []
    lines: list[str] = []
    usual, pitch = rng.uniform(0.05, 0.4), rng.uniform(*_PITCH)
    while len(boxes) < numbers:
        x, texts = float(rng.uniform(0, 60)), []
        for _ in range(min(int(rng.integers(1, most_in_line + 1)), numbers - len(boxes))):
            written = [digits(rng) for _ in range(int(rng.integers(1, _MOST_DIGITS + 1)))]
            ink = compose_line(
                [drawing for _, drawing in written], rng=rng, gaps=(max(0.0, usual - 0.05), usual + 0.05)
            )
            left, _, width, _ = bounds(ink)
            # compose_line writes about the height 0 to 100
            place = np.array([x - left, 100 * pitch * len(lines)])
            own = [(stroke + place).astype(np.float32) for stroke in ink]
            strokes += own
            boxes.append(bounds(own))
            texts.append("".join(str(label) for label, _ in written))
            x += width + 100 * rng.uniform(*_SPACE)
        lines.append(" ".join(texts))
    return WrittenPage(strokes, "\n".join(lines), tuple(boxes))
