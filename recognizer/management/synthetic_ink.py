"""A pool of synthetic numbers with their readings, from which a large database is filled."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.ink.glyph import strokes_to_glyph
from ml.ink.images import encode_png
from ml.ink.strokes import Strokes, reading_work
from ml.synthesis.handwriting import write_number, write_sign

if TYPE_CHECKING:
    from ml.decoding.reading import Digit, Reading
    from ml.inference.reader import Reader

LONGEST = 6  # digits of a number
LENGTHS = (0.6, 0.15, 0.1, 0.07, 0.05, 0.03)  # shares of numbers with 1 to LONGEST digits
SIGNS = 0.04  # share of drawings that are no number
MILLISECONDS = 8  # between two points of a stroke
BATCH = 64  # that are read together
SIGN_SIZE = 90.0  # units of the canvas


@dataclass(frozen=True)
class WrittenNumber:
    """A drawing of the pool: what was written ("": a sign), and what the reader makes of it."""

    text: str
    strokes: str  # JSON
    work: int
    reading: Reading
    digits: tuple[tuple[Any, ...], ...]  # columns of its digits, from `position` on
    glyphs: bytes  # PNG


def write_pool(reader: Reader, count: int, rng: np.random.Generator) -> list[WrittenNumber]:
    """Write `count` numbers and signs, and let the reader read them."""
    written = [_write(rng) for _ in range(count)]
    inks = [strokes for _, strokes in written]
    readings = [r for start in range(0, count, BATCH) for r in reader.read(inks[start : start + BATCH])]
    return [_entry(text, strokes, r) for (text, strokes), r in zip(written, readings, strict=True)]


def _write(rng: np.random.Generator) -> tuple[str, Strokes]:
    if rng.random() < SIGNS:
        return "", [(SIGN_SIZE * stroke + 20).astype(np.float32) for stroke in write_sign(rng)]
    length = 1 + int(rng.choice(LONGEST, p=LENGTHS))
    text = "".join(map(str, rng.integers(0, 10, length)))
    return text, write_number(text, rng=rng)


def _entry(text: str, strokes: Strokes, reading: Reading) -> WrittenNumber:
    points = [
        [[round(float(x), 1), round(float(y), 1), MILLISECONDS * k] for k, (x, y) in enumerate(stroke)]
        for stroke in strokes
    ]
    digits = tuple(
        (place, d.line, d.label, d.confidence, json.dumps([round(p, 6) for p in d.probabilities]), *d.box)
        for place, d in enumerate(reading.digits)
    )
    return WrittenNumber(
        text, json.dumps(points), reading_work(points), reading, digits, _glyphs(strokes, reading.digits)
    )


def _glyphs(strokes: Strokes, digits: Sequence[Digit]) -> bytes:
    """The glyphs of the digits side by side: of each the strokes whose middle lies in its box."""
    glyphs = []
    for digit in digits:
        x, y, width, height = digit.box
        middles = [stroke.mean(axis=0) for stroke in strokes]
        own = [
            stroke
            for stroke, (mx, my) in zip(strokes, middles, strict=True)
            if x <= mx <= x + width and y <= my <= y + height
        ]
        glyphs.append(strokes_to_glyph(own or strokes))
    return encode_png(np.concatenate(glyphs or [strokes_to_glyph(strokes)], axis=1))
