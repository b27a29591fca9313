"""Synthetic handwriting: strokes from the project's own templates, so that tests need no data set.

A template is drawn on a grid 100 high, y down: points "x,y", strokes separated by "/". The pen runs
smoothly through the points and turns sharply at those that end in "!".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ml.ink import Strokes, bounds, transform

_DIGITS: Mapping[int, Mapping[str, str]] = {
    0: {
        "round": "38,2 12,22 5,55 18,92 40,99 62,80 68,45 58,12 37,3",
        "narrow": "30,1 14,18 8,50 14,86 30,99 46,84 52,48 46,15 29,2",
        "open": "52,10 30,4 8,35 8,78 34,99 62,78 66,36 50,8 36,1",
        "looped": "54,6 28,3 8,30 8,75 35,99 62,78 66,35 48,5 34,12 46,22",
        "clockwise": "26,4 52,6 68,42 58,88 34,99 10,82 4,46 14,12 30,3",
        "slashed": "38,2 12,22 5,55 18,92 40,99 62,80 68,45 58,12 37,3 / 72,4 4,97",
    },
    1: {
        "plain": "30,0 30,100",
        "leaning": "44,0 22,100",
        "serif": "14,24 38,2! 38,100",
        "european": "2,46 42,2! 40,100",
        "foot": "12,22 36,2! 36,98 / 10,99 64,98",
        "plain_foot": "35,0 35,98 / 8,99 62,98",
        "one_stroke_foot": "14,22 36,2! 36,98! 8,99! 64,97",
    },
    2: {
        "plain": "8,20 22,4 48,2 62,20 54,46 5,98! 68,97",
        "wavy": "8,25 30,2 58,8 62,30 42,62 8,96! 36,90 70,98",
        "looped": "8,22 30,2 60,10 58,40 28,82 8,96 8,84 24,82 45,93 72,94",
        "swan": "10,28 30,3 56,12 50,48 20,88 6,98 14,84 34,90 68,99",
        "angular": "5,5 60,3! 5,97! 66,97",
    },
    3: {
        "round": "8,12 32,2 56,12 54,32 28,46! 58,56 64,80 36,100 5,86",
        "flat": "8,4 60,3! 30,42! 60,55 64,80 38,100 6,90",
        "looped": "8,14 34,1 58,16 46,40 26,48 24,41 38,45 60,60 60,86 32,100 5,88",
        "smooth": "10,10 40,2 56,22 36,44 30,48 52,56 62,78 40,99 8,92",
    },
    4: {
        "open": "14,3 6,58! 68,56 / 50,26 46,100",
        "open_tall": "12,6 6,55! 68,53 / 54,3 50,100",
        "closed": "52,2 4,65! 72,64 / 52,4 50,100",
        "closed_one_stroke": "44,100 52,2! 4,64! 74,62",
        "bolt": "18,2 6,55! 52,52! 58,5! 48,100",
        "chair": "8,4 10,42 30,54 58,46 / 60,3 54,60 48,100",
    },
    5: {
        "hat": "14,5 10,42! 36,36 62,52 60,82 34,100 6,90 / 14,4 64,2",
        "one_stroke": "64,3 16,4! 10,42! 38,36 64,55 58,86 30,100 4,88",
        "snake": "60,4 22,5 12,25 30,42 58,58 58,84 30,100 5,90",
        "loose_hat": "16,8 10,44! 40,38 62,58 56,88 28,100 4,90 / 22,2 66,4",
        "belly": "60,2 18,3! 14,38! 44,32 66,60 50,94 10,98",
    },
    6: {
        "round": "52,3 24,28 6,66 14,94 38,100 60,84 56,62 34,54 10,72",
        "straight": "46,0 14,56 8,84 30,100 58,88 56,64 32,56 10,72",
        "curled": "60,10 44,2 18,26 6,66 16,94 40,100 60,82 52,60 30,56 12,74",
        "big_loop": "44,2 16,34 6,70 22,98 52,94 62,66 42,44 16,54 8,68",
        "spiral": "50,3 20,32 6,68 20,98 50,96 58,74 40,62 24,72 30,82",
    },
    7: {
        "plain": "4,6 66,4! 26,100",
        "curved": "4,9 34,8 66,5! 40,45 30,100",
        "crossed": "4,6 66,4! 26,100 / 16,52 62,48",
        "serif": "6,20 6,4! 66,4! 28,100",
        "serif_crossed": "6,22 7,5! 66,4! 28,100 / 18,50 60,50",
        "wave": "4,14 18,4 42,12 66,4! 38,50 26,100",
    },
    8: {
        "snake": "58,14 34,2 10,18 24,42 50,56 62,80 36,100 8,82 18,58 46,42 58,20 54,10",
        "circles": "35,2 12,22 34,46 58,24 36,2 / 35,47 8,74 34,100 64,76 36,47",
        "from_middle": "34,46 10,24 34,2 56,22 34,48 8,76 34,100 62,76 36,48",
        "open": "60,8 30,3 12,22 30,42 58,66 50,96 20,96 8,74 30,50 62,14",
        "crossing": "60,4 22,40! 20,42 8,16 32,2 40,30 60,74 36,99 8,80 24,46 40,26",
    },
    9: {
        "straight": "58,12 34,2 8,20 12,42 36,48 58,18! 56,100",
        "curved": "60,16 34,2 8,24 24,48 52,38 62,14 62,50 52,88 22,98",
        "stick": "60,22 36,3 8,24 30,50 58,28 / 62,4 58,100",
        "hook": "62,14 34,2 8,24 26,48 58,28! 60,75 42,100 12,90",
        "leaning": "62,10 38,2 14,22 22,44 46,36 62,10 44,56 26,100",
    },
}  # fmt: skip

# Signs and letters that nobody takes for a digit. Those that somebody would (O, I, l, S, Z, B, G, b, g, q, T, Y,
# /, |) are left out on purpose: to learn them as "no digit" would cost real digits.
_SIGNS: Mapping[str, str] = {
    "plus": "35,20 35,80 / 5,50 65,50",
    "times": "5,20 65,80 / 65,20 5,80",
    "minus": "0,50 70,50",
    "equals": "0,35 70,35 / 0,65 70,65",
    "hash": "25,0 18,100 / 55,0 48,100 / 2,32 75,30 / 0,68 72,66",
    "question": "5,22 25,2 55,8 55,30 30,50 30,72 / 30,92 31,95",
    "percent": "12,8 4,24 18,34 26,18 12,8 / 66,0 6,100 / 58,66 48,82 60,96 70,80 58,66",
    "asterisk": "35,10 35,90 / 5,30 65,70 / 65,30 5,70",
    "arrow": "0,50 90,50 / 62,25 90,50! 62,75",
    "down": "35,0 35,100 / 8,70 35,100! 62,70",
    "tick": "0,60 25,95! 80,0",
    "heart": "45,95! 5,45 10,10 40,15 45,35! 52,12 85,10 85,45 45,95",
    "square": "0,0 90,0! 90,90! 0,90! 0,0",
    "triangle": "45,0 90,90! 0,90! 45,0",
    "diamond": "40,0 80,50! 40,100! 0,50! 40,0",
    "star": "50,0 80,95! 0,35! 100,35! 20,95! 50,0",
    "wave": "0,50 15,20 30,50 45,80 60,50 75,20 90,50",
    "infinity": "50,50 20,20 2,50 20,80 50,50 80,20 98,50 80,80 50,50",
    "smile": "50,0 0,50 50,100 100,50 50,0 / 32,35 33,38 / 66,35 67,38 / 25,65 50,80 75,65",
    "house": "0,100 0,40! 50,0! 100,40! 100,100! 0,100",
    "brackets": "30,0 5,30 5,70 30,100 / 60,0 85,30 85,70 60,100",
    "A": "0,100 35,0! 70,100 / 14,62 58,62",
    "E": "60,2 5,2! 5,98! 62,98 / 5,50 50,50",
    "F": "60,2 5,2! 5,100 / 5,50 48,50",
    "H": "5,0 5,100 / 65,0 65,100 / 5,50 65,50",
    "K": "5,0 5,100 / 60,2 8,52! 62,100",
    "M": "0,100 8,0! 45,70! 82,0! 90,100",
    "N": "2,100 5,0! 65,100! 68,0",
    "P": "5,100 5,2! 45,2 60,25 42,50 6,50",
    "R": "5,100 5,2! 45,2 58,24 40,48 6,48! 62,100",
    "U": "2,0 4,60 20,98 48,98 66,65 68,0",
    "V": "0,0 35,100! 70,0",
    "W": "0,0 25,100! 48,30! 70,100! 95,0",
    "X": "2,0 66,100 / 66,0 2,100",
    "a": "58,30 30,22 5,50 10,90 36,95 58,55 58,30! 60,98",
    "e": "5,62 62,55 50,25 20,28 4,62 20,96 60,88",
    "h": "5,0 5,100! 10,55 35,40 55,55 56,100",
    "k": "5,0 5,100 / 50,38 8,68! 54,100",
    "m": "2,100 5,35! 25,38 32,60 32,100! 36,50 58,36 66,60 66,100",
    "n": "4,100 5,32! 12,48 38,34 56,52 58,100",
    "r": "5,100 6,32! 14,50 44,34",
    "w": "0,35 18,98! 40,50! 58,98! 78,35",
    "f": "56,8 38,2 26,20 24,100 / 6,42 52,42",
    "delta": "40,0 78,96! 2,96! 40,0",
    "sigma": "64,4 6,4! 40,48! 6,98! 68,98",
    "pi": "0,12 85,8 / 22,12 16,98 / 60,10 62,98",
    "omega": "4,98 26,96! 6,55 22,12 58,10 76,50 58,96! 80,98",
    "psi": "2,6 6,48 36,60 68,46 72,4 / 37,2 36,100",
}  # fmt: skip

STYLES: dict[int, tuple[str, ...]] = {label: tuple(styles) for label, styles in _DIGITS.items()}
SIGNS: tuple[str, ...] = (*_SIGNS, "scribble", "zigzag", "spiral", "tangle", "dots", "blob")


@dataclass(frozen=True)
class Hand:
    """How one writer writes: the same for all digits of a number."""

    styles: tuple[str, ...]  # by digit
    slant: float
    width: float
    wobble: float  # of the control points, in heights
    gap: float  # between digits, in heights


def new_hand(rng: Generator) -> Hand:
    styles = tuple(str(rng.choice(STYLES[label])) for label in range(10))
    slant = float(np.clip(rng.normal(0.08, 0.15), -0.35, 0.5))
    width = float(rng.uniform(0.72, 1.3))
    return Hand(styles, slant, width, float(rng.uniform(0.01, 0.035)), max(0.1, float(rng.normal(0.28, 0.1))))


def write_digit(label: int, *, rng: Generator, style: str | None = None, hand: Hand | None = None) -> Strokes:
    """Strokes of one digit, about one unit high, y down. Raises KeyError for an unknown style."""
    hand = hand or new_hand(rng)
    template = _DIGITS[label][style or hand.styles[label]]
    return _write(template, hand, rng)


def write_number(
    text: str, *, rng: Generator, hand: Hand | None = None, canvas: tuple[float, float] = (600.0, 300.0)
) -> Strokes:
    """Strokes of a text of digits, spaces and newlines in one hand, fitted into a canvas (width, height).

    Raises ValueError for other characters and for a text without digits.
    """
    if not set(text) <= set("0123456789 \n") or not text.strip():
        raise ValueError("Only digits, spaces and newlines can be written.")
    hand = hand or new_hand(rng)
    rows = [row for row in text.split("\n") if row.strip()]
    slope = np.deg2rad(np.clip(rng.normal(0, 2.5), -8, 8)) / len(rows)
    strokes: Strokes = []
    for number, row in enumerate(rows):
        strokes += _shift(_write_row(row, hand, rng), rng.uniform(0, 0.4), number * 1.7)
    turn = np.array([[np.cos(slope), -np.sin(slope), 0], [np.sin(slope), np.cos(slope), 0]])
    return _fit(transform(strokes, turn), canvas, rng)


def compose_line(
    drawings: Sequence[Strokes], *, rng: Generator, gaps: tuple[float, float] | None = None
) -> Strokes:
    """Digits that were drawn one by one as one line: uneven gaps, sizes and base line, sloping up to 8 degrees.

    `gaps` is the range of the gaps between boxes in heights, negative where they overlap; without it they vary
    around a quarter of the height and overlap now and then.
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
    """Strokes of something that is no digit, about one unit high: one of SIGNS."""
    kind = kind or str(rng.choice(SIGNS))
    free = {
        "scribble": _scribble,
        "zigzag": _zigzag,
        "spiral": _spiral,
        "tangle": _tangle,
        "dots": _dots,
        "blob": _blob,
    }
    if kind in free:
        return [line.astype(np.float32) for line in free[kind](rng)]
    return _write(_SIGNS[kind], new_hand(rng), rng)


def _write(template: str, hand: Hand, rng: Generator) -> Strokes:
    """A template in a hand: control points wobble, later strokes miss their place, the whole is slanted."""
    strokes: Strokes = []
    for runs in _parse(template):
        miss = rng.normal(0, hand.wobble, 2) if strokes else np.zeros(2)
        corner: NDArray[np.float64] | None = None
        points = []
        for run in runs:
            control = run + rng.normal(0, hand.wobble, run.shape) + miss
            if corner is not None:
                control[0] = corner
            corner = control[-1]
            points.append(_smooth(control))
        strokes.append(np.concatenate(points))
    turn = np.deg2rad(rng.normal(0, 3.5))
    height = 1.0 + rng.normal(0, 0.05)
    slant = hand.slant + rng.normal(0, 0.03)
    matrix = np.array([[hand.width, -slant, 0], [0, height, 0]])
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return transform([s.astype(np.float32) for s in strokes], spin @ matrix)


@lru_cache(maxsize=256)
def _parse(template: str) -> tuple[tuple[NDArray[np.float64], ...], ...]:
    """Strokes of runs of control points (n, 2), in heights; a run ends where the next begins, at a sharp turn."""
    strokes = []
    for stroke in template.split("/"):
        runs: list[list[tuple[float, float]]] = [[]]
        for word in stroke.split():
            x, y = word.rstrip("!").split(",")
            runs[-1].append((float(x) / 100, float(y) / 100))
            if word.endswith("!"):
                runs.append([runs[-1][-1]])
        strokes.append(tuple(np.array(run) for run in runs if len(run) > 1))
    return tuple(strokes)


def _smooth(control: NDArray[np.float64], steps: int = 7) -> NDArray[np.float64]:
    """A Catmull-Rom curve through control points (n, 2)."""
    padded = np.concatenate([2 * control[:1] - control[1:2], control, 2 * control[-1:] - control[-2:-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    a, b, c, d = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.concatenate([curve.transpose(1, 0, 2).reshape(-1, 2), control[-1:]])


def _write_row(row: str, hand: Hand, rng: Generator) -> Strokes:
    strokes: Strokes = []
    pen = 0.0
    for character in row:
        if character == " ":
            pen += rng.uniform(1.7, 2.2)
            continue
        size = float(np.clip(rng.normal(1, 0.06), 0.8, 1.2))
        digit = [stroke * size for stroke in write_digit(int(character), rng=rng, hand=hand)]
        x, y, width, height = bounds(digit)
        strokes += _shift(digit, pen - x, 1 - y - height + rng.normal(0, 0.04))
        pen += width + max(0.08, rng.normal(hand.gap, 0.07))
    return strokes


def _shift(strokes: Strokes, x: float, y: float) -> Strokes:
    return [stroke + np.array([x, y], np.float32) for stroke in strokes]


def _fit(strokes: Strokes, canvas: tuple[float, float], rng: Generator) -> Strokes:
    """Scale down or up into the canvas with a margin, somewhere in it."""
    x, y, width, height = bounds(strokes)
    room = 0.92 * np.array(canvas)
    scale = min(room[0] / max(width, 1e-6), room[1] / max(height, 1e-6), 120.0)
    left = 0.04 * np.array(canvas) + rng.uniform(0, 1, 2) * (room - scale * np.array([width, height]))
    return [((stroke - [x, y]) * scale + left).astype(np.float32) for stroke in strokes]


def _scribble(rng: Generator) -> list[NDArray[np.float64]]:
    """To and fro, as one strikes something out."""
    n = int(rng.integers(6, 16))
    x = np.where(np.arange(n) % 2, 1.0, 0.0) + rng.normal(0, 0.12, n)
    y = np.linspace(0, rng.uniform(0.3, 1.0), n) + rng.normal(0, 0.08, n)
    return [_smooth(np.stack([x, y], axis=1))]


def _zigzag(rng: Generator) -> list[NDArray[np.float64]]:
    n = int(rng.integers(5, 11))
    y = np.where(np.arange(n) % 2, 1.0, 0.0) * rng.uniform(0.3, 1) + rng.normal(0, 0.06, n)
    return [np.stack([np.linspace(0, 1.2, n), y], axis=1)]


def _spiral(rng: Generator) -> list[NDArray[np.float64]]:
    angle = np.linspace(0, rng.uniform(4.2, 8) * np.pi, 80) * rng.choice([-1, 1])
    radius = np.linspace(0.03, 0.5, 80)
    return [np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)]


def _tangle(rng: Generator) -> list[NDArray[np.float64]]:
    return [_smooth(rng.uniform(0, 1, (int(rng.integers(9, 22)), 2)))]


def _dots(rng: Generator) -> list[NDArray[np.float64]]:
    centres = rng.uniform(0, 1, (int(rng.integers(2, 9)), 1, 2))
    return [centre + rng.normal(0, 0.01, (3, 2)) for centre in centres]


def _blob(rng: Generator) -> list[NDArray[np.float64]]:
    """A filled spot: strokes so dense that nothing shows between them."""
    n = 40
    y = np.linspace(0, 1, n)
    half = 0.5 * np.sqrt(np.clip(1 - (2 * y - 1) ** 2, 0.01, 1)) * rng.uniform(0.6, 1.2)
    return [np.stack([np.where(np.arange(n) % 2, 0.5 - half, 0.5 + half), y], axis=1)]
