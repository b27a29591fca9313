"""Synthetic handwriting: digits, numbers and signs as strokes, from the project's own templates.

Tests need no data set because of it, and training adds styles that are rare in data sets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from ml.ink.strokes import Strokes, bounds, transform
from ml.labels import Floats
from ml.synthesis.digit_shapes import DIGIT_SHAPES, SIGN_SHAPES

STYLES: dict[int, tuple[str, ...]] = {label: tuple(styles) for label, styles in DIGIT_SHAPES.items()}


@dataclass(frozen=True)
class Handwriting:
    """How one writer writes: the same for all digits of a number. Lengths are in heights of a digit."""

    styles: tuple[str, ...]  # by digit
    slant: float  # shift to the right for each unit upwards
    width: float  # factor
    wobble: float  # standard deviation of the control points
    gap: float  # between digits


def random_handwriting(rng: Generator) -> Handwriting:
    """A handwriting with one style for each digit."""
    styles = tuple(str(rng.choice(STYLES[label])) for label in range(10))
    slant = float(np.clip(rng.normal(0.08, 0.15), -0.35, 0.5))
    width = float(rng.uniform(0.72, 1.3))
    wobble = float(rng.uniform(0.01, 0.035))
    gap = max(0.1, float(rng.normal(0.28, 0.1)))
    return Handwriting(styles, slant, width, wobble, gap)


def write_digit(
    label: int, *, rng: Generator, style: str | None = None, handwriting: Handwriting | None = None
) -> Strokes:
    """Strokes of one digit, about one unit high, y down.

    Without a handwriting a random one is taken; `style` replaces its style. Raises KeyError for an unknown style.
    """
    handwriting = handwriting or random_handwriting(rng)
    template = DIGIT_SHAPES[label][style or handwriting.styles[label]]
    return write_template(template, handwriting, rng)


def write_number(
    text: str,
    *,
    rng: Generator,
    handwriting: Handwriting | None = None,
    canvas: tuple[float, float] = (600.0, 300.0),
) -> Strokes:
    """Strokes of a text of digits, spaces and newlines in one handwriting, fitted into a canvas (width, height).

    Raises ValueError for other characters and for a text without digits.
    """
    if not set(text) <= set("0123456789 \n") or not text.strip():
        raise ValueError("Only digits, spaces and newlines can be written.")
    handwriting = handwriting or random_handwriting(rng)
    rows = [row for row in text.split("\n") if row.strip()]
    slope = np.deg2rad(np.clip(rng.normal(0, 2.5), -8, 8)) / len(rows)
    strokes: Strokes = []
    for number, row in enumerate(rows):
        strokes += _shift(_write_row(row, handwriting, rng), rng.uniform(0, 0.4), number * 1.7)
    rotation = np.array([[np.cos(slope), -np.sin(slope), 0], [np.sin(slope), np.cos(slope), 0]])
    strokes = transform(strokes, rotation)
    # Scaled so that they fit into the canvas with a margin, and put somewhere in it.
    x, y, width, height = bounds(strokes)
    room = 0.92 * np.array(canvas)
    scale = min(room[0] / max(width, 1e-6), room[1] / max(height, 1e-6), 120.0)
    corner = 0.04 * np.array(canvas) + rng.uniform(0, 1, 2) * (room - scale * np.array([width, height]))
    return [((stroke - [x, y]) * scale + corner).astype(np.float32) for stroke in strokes]


def compose_line(
    drawings: Sequence[Strokes], *, rng: Generator, gaps: tuple[float, float] | None = None
) -> Strokes:
    """Digits that were drawn one by one as one line about 100 units high.

    Gaps, sizes and the base line are uneven, and the line slopes up to 8 degrees. `gaps` is the range of the gaps
    between boxes in heights, negative where they overlap; without it they vary around a quarter of the height and
    overlap now and then.
    """
    strokes: Strokes = []
    pen = 0.0
    for drawing in drawings:
        x, y, width, height = bounds(drawing)
        scale = float(np.clip(rng.normal(1, 0.08), 0.75, 1.25)) / max(height, 0.3 * width, 1e-6)
        down = 1 - height * scale + rng.normal(0, 0.06)
        strokes += [((stroke - [x, y]) * scale + [pen, down]).astype(np.float32) for stroke in drawing]
        gap = max(-0.15, rng.normal(0.25, 0.2)) if gaps is None else rng.uniform(*gaps)
        pen += width * scale + gap
    slope = np.tan(np.deg2rad(np.clip(rng.normal(0, 3), -8, 8)))
    return transform(strokes, 100.0 * np.array([[1, 0, 0], [slope, 1, 0]]))


def write_sign(rng: Generator, kind: str | None = None) -> Strokes:
    """Strokes of something that is no digit, about one unit high: `kind` of SIGN_KINDS, or any of them."""
    kind = kind or str(rng.choice(SIGN_KINDS))
    if kind in _FREE_SIGNS:
        return [stroke.astype(np.float32) for stroke in _FREE_SIGNS[kind](rng)]
    return write_template(SIGN_SHAPES[kind], random_handwriting(rng), rng)


def write_template(template: str, handwriting: Handwriting, rng: Generator) -> Strokes:
    """A template of `ml.synthesis.digit_shapes` in a handwriting, about one unit high.

    Control points wobble, later strokes miss their place, the whole is slanted.
    """
    strokes: Strokes = []
    for runs in _parse(template):
        miss = rng.normal(0, handwriting.wobble, 2) if strokes else np.zeros(2)
        corner: Floats | None = None
        points = []
        for run in runs:
            control = run + rng.normal(0, handwriting.wobble, run.shape) + miss
            if corner is not None:
                control[0] = corner
            corner = control[-1]
            points.append(_smooth(control))
        strokes.append(np.concatenate(points))
    angle = np.deg2rad(rng.normal(0, 3.5))
    height = 1.0 + rng.normal(0, 0.05)
    slant = handwriting.slant + rng.normal(0, 0.03)
    shear = np.array([[handwriting.width, -slant, 0], [0, height, 0]])
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return transform([stroke.astype(np.float32) for stroke in strokes], rotation @ shear)


@lru_cache(maxsize=256)
def _parse(template: str) -> tuple[tuple[Floats, ...], ...]:
    """The strokes of a template as runs of control points (n, 2), in heights.

    A run ends where the next begins, at a sharp turn.
    """
    strokes = []
    for stroke in template.split("/"):
        runs: list[list[tuple[float, float]]] = [[]]
        for point in stroke.split():
            x, y = point.rstrip("!").split(",")
            runs[-1].append((float(x) / 100, float(y) / 100))
            if point.endswith("!"):
                runs.append([runs[-1][-1]])
        strokes.append(tuple(np.array(run) for run in runs if len(run) > 1))
    return tuple(strokes)


def _smooth(control: Floats, steps: int = 7) -> Floats:
    """A Catmull-Rom curve through control points (n, 2), with `steps` points for each of them."""
    padded = np.concatenate([2 * control[:1] - control[1:2], control, 2 * control[-1:] - control[-2:-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    a, b, c, d = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.concatenate([curve.transpose(1, 0, 2).reshape(-1, 2), control[-1:]])


def _write_row(row: str, handwriting: Handwriting, rng: Generator) -> Strokes:
    """One row of digits and spaces, about one unit high."""
    strokes: Strokes = []
    pen = 0.0
    for character in row:
        if character == " ":
            pen += rng.uniform(1.7, 2.2)
            continue
        size = float(np.clip(rng.normal(1, 0.06), 0.8, 1.2))
        digit = [stroke * size for stroke in write_digit(int(character), rng=rng, handwriting=handwriting)]
        x, y, width, height = bounds(digit)
        strokes += _shift(digit, pen - x, 1 - y - height + rng.normal(0, 0.04))
        pen += width + max(0.08, rng.normal(handwriting.gap, 0.07))
    return strokes


def _shift(strokes: Strokes, x: float, y: float) -> Strokes:
    return [stroke + np.array([x, y], np.float32) for stroke in strokes]


def _scribble(rng: Generator) -> list[Floats]:
    """A line to and fro, as people strike something out."""
    n = int(rng.integers(6, 16))
    x = np.where(np.arange(n) % 2, 1.0, 0.0) + rng.normal(0, 0.12, n)
    y = np.linspace(0, rng.uniform(0.3, 1.0), n) + rng.normal(0, 0.08, n)
    return [_smooth(np.stack([x, y], axis=1))]


def _zigzag(rng: Generator) -> list[Floats]:
    n = int(rng.integers(5, 11))
    y = np.where(np.arange(n) % 2, 1.0, 0.0) * rng.uniform(0.3, 1) + rng.normal(0, 0.06, n)
    return [np.stack([np.linspace(0, 1.2, n), y], axis=1)]


def _spiral(rng: Generator) -> list[Floats]:
    angle = np.linspace(0, rng.uniform(4.2, 8) * np.pi, 80) * rng.choice([-1, 1])
    radius = np.linspace(0.03, 0.5, 80)
    return [np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)]


def _tangle(rng: Generator) -> list[Floats]:
    return [_smooth(rng.uniform(0, 1, (int(rng.integers(9, 22)), 2)))]


def _dots(rng: Generator) -> list[Floats]:
    centres = rng.uniform(0, 1, (int(rng.integers(2, 9)), 1, 2))
    return [centre + rng.normal(0, 0.01, (3, 2)) for centre in centres]


def _blob(rng: Generator) -> list[Floats]:
    """A filled spot: strokes so dense that nothing shows between them."""
    n = 40
    y = np.linspace(0, 1, n)
    half = 0.5 * np.sqrt(np.clip(1 - (2 * y - 1) ** 2, 0.01, 1)) * rng.uniform(0.6, 1.2)
    return [np.stack([np.where(np.arange(n) % 2, 0.5 - half, 0.5 + half), y], axis=1)]


def _polygon(rng: Generator) -> list[Floats]:
    """Three to five straight sides, nearly closed: squares, triangles, kites of any width."""
    n = int(rng.choice([3, 3, 4, 4, 4, 5]))
    angle = np.sort(np.arange(n) + rng.uniform(-0.3, 0.3, n)) * 2 * np.pi / n + rng.uniform(0, 2 * np.pi)
    corners = np.stack([np.cos(angle), np.sin(angle)], axis=1) * rng.uniform(0.35, 0.5, (n, 1))
    corners = np.concatenate([corners, corners[:1] + rng.normal(0, 0.03, (1, 2))]) * [rng.uniform(0.6, 1.6), 1]
    share = np.linspace(0, 1, 12)[:, None]
    outline = np.concatenate([a + share * (b - a) for a, b in pairwise(corners)])
    return [outline + rng.normal(0, 0.004, (12 * n, 2))]


_FREE_SIGNS: Mapping[str, Callable[[Generator], list[Floats]]] = {
    "scribble": _scribble,
    "zigzag": _zigzag,
    "spiral": _spiral,
    "tangle": _tangle,
    "dots": _dots,
    "blob": _blob,
    "polygon": _polygon,
}
SIGN_KINDS: tuple[str, ...] = (*SIGN_SHAPES, *_FREE_SIGNS)
