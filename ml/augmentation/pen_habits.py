"""What pens, hands and tablets do to the same drawing: haste, ticks, hooks, lifted pens, few or coarse points.

Recorded and synthetic drawings get these habits at random in training, because few of the writers who train have
each of them. Lengths are shares of the longer side of the drawing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from ml.ink.strokes import Stroke, Strokes, arc_lengths, bounds, points_along

Habit = Callable[[Strokes, Generator], Strokes]

_HASTY = 0.5  # probability that a drawing is drawn as if in haste, at full strength
_LONGEST_TICK = 0.35
_LIFT_TURN = np.deg2rad(50)  # the pen may be lifted where it turns more sharply than this
_GRID = (14, 40)  # cells of a coarse tablet along the longer side
_FEW_POINTS = (6, 14)  # of a stroke, as slow tablets and mice record it
_OPENING = 0.18  # of the length of a 0, the most that is missing at its end


def apply_habits(drawing: Strokes, label: int, rng: Generator, strength: float) -> Strokes:
    """The drawing of a digit, or of what is none, with some habits; at strength 0 as it was.

    `strength`, 0 to 1, scales the probability of each habit. The same state of `rng` gives the same drawing.
    """
    for probability, habit, only_label in _HABITS:
        if (only_label is None or only_label == label) and rng.random() < probability * strength:
            drawing = habit(drawing, rng)
    return drawing


def _hasten(drawing: Strokes, rng: Generator) -> Strokes:
    """Strokes that start late or end early by up to 7 % of their points, and miss their place by about 2 %."""
    shifts = rng.normal(0, 0.02 * _side(drawing), (len(drawing), 1, 2)).astype(np.float32)
    cuts = (rng.uniform(0, 0.07, (len(drawing), 2)) * [[len(stroke)] for stroke in drawing]).astype(int)
    return [
        stroke[first : len(stroke) - last] + shift
        for stroke, shift, (first, last) in zip(drawing, shifts, cuts.tolist(), strict=True)
    ]


def _end_with_tick(drawing: Strokes, rng: Generator) -> Strokes:
    """The last stroke, or now and then another, ends in a tick, mostly upwards to the right: the pen is lifted."""
    chosen = len(drawing) - 1 if rng.random() < 0.8 else int(rng.integers(len(drawing)))
    angle = rng.normal(-60, 30) if rng.random() < 0.85 else rng.uniform(0, 360)
    tick = _bent_line(_tick_length(drawing, rng), angle, rng)
    stroke = drawing[chosen]
    return [*drawing[:chosen], np.concatenate([stroke, stroke[-1] + tick]), *drawing[chosen + 1 :]]


def _begin_with_hook(drawing: Strokes, rng: Generator) -> Strokes:
    """The first stroke begins with a hook: the pen comes from the side."""
    angle = rng.uniform(0, 360)
    hook = _bent_line(0.6 * _tick_length(drawing, rng), angle, rng)[::-1]
    return [np.concatenate([drawing[0][0] + hook, drawing[0]]), *drawing[1:]]


def _lift_at_turn(drawing: Strokes, rng: Generator) -> Strokes:
    """A stroke is parted where the pen turns sharply, and the parts miss each other a little."""
    chosen = int(rng.integers(len(drawing)))
    stroke = drawing[chosen]
    if len(stroke) < 6:
        return drawing
    along = arc_lengths(stroke)
    points = points_along(stroke, along, np.linspace(0, along[-1], 25))
    steps = np.diff(points, axis=0) @ [1, 1j]
    turns = np.abs(np.angle(steps[2:] * np.conj(steps[:-2]) + 1e-12))  # over three steps
    places = np.flatnonzero(turns > _LIFT_TURN) + 2
    places = places[(places > 3) & (places < 21)]
    if not len(places):
        return drawing
    length = along[-1] * float(rng.choice(places)) / 24
    first, second = stroke[along <= length], stroke[along > length]
    if len(first) < 2 or len(second) < 2:
        return drawing
    miss = rng.normal(0, 0.05 * _side(drawing), 2).astype(np.float32)
    return [*drawing[:chosen], first, second + miss, *drawing[chosen + 1 :]]


def _record_few_points(drawing: Strokes, rng: Generator) -> Strokes:
    """A few points of each stroke, unevenly apart: corners where the hand drew curves."""
    few = []
    for stroke in drawing:
        kept = int(rng.integers(*_FEW_POINTS))
        places = np.linspace(0, len(stroke) - 1, kept) + rng.normal(0, 0.15 * len(stroke) / kept, kept)
        places[0], places[-1] = 0, len(stroke) - 1
        few.append(stroke[np.unique(np.rint(places).clip(0, len(stroke) - 1).astype(int))])
    return few


def _snap_to_grid(drawing: Strokes, rng: Generator) -> Strokes:
    """Points on the grid of a coarse tablet: slanted lines become stairs."""
    step = _side(drawing) / rng.uniform(*_GRID)
    snapped = []
    for stroke in drawing:
        along = arc_lengths(stroke)
        dense = points_along(stroke, along, np.linspace(0, along[-1], max(2, int(along[-1] / step * 1.5))))
        snapped.append((np.rint(dense / step) * step).astype(np.float32))
    return snapped


def _slash(drawing: Strokes, rng: Generator) -> Strokes:
    """A 0 that is struck through from above on the right, or now and then from above on the left."""
    x, y, width, height = bounds(drawing)
    beyond = rng.uniform(-0.2, 0.3, 2)  # heights, at both ends
    left, right = x + width * rng.uniform(-0.15, 0.25), x + width * rng.uniform(0.75, 1.15)
    ends = np.array([[right, y - beyond[0] * height], [left, y + height * (1 + beyond[1])]])
    if rng.random() < 0.15:
        ends[:, 0] = ends[::-1, 0]
    line = ends[0] + np.linspace(0, 1, 8)[:, None] * (ends[1] - ends[0])
    slash = (line + rng.normal(0, 0.015 * height, line.shape)).astype(np.float32)
    order = rng.random()
    if order < 0.2:  # the pen is not lifted between the ring and the slash
        return [*drawing[:-1], np.concatenate([drawing[-1], slash])]
    if order < 0.4:
        return [np.concatenate([slash, drawing[0]]), *drawing[1:]]
    return [*drawing, slash] if order < 0.9 else [slash, *drawing]


def _leave_open(drawing: Strokes, rng: Generator) -> Strokes:
    """A 0 whose end misses its beginning."""
    stroke = drawing[-1]
    along = arc_lengths(stroke)
    kept = along <= along[-1] * (1 - rng.uniform(0.03, _OPENING))
    return [*drawing[:-1], stroke[kept]] if kept.sum() > 4 else drawing


# Each with its probability at full strength and the only label that has it, None for all. Coarse points come last:
# they show what the hand did.
_HABITS: tuple[tuple[float, Habit, int | None], ...] = (
    (0.1, _leave_open, 0),
    (0.1, _slash, 0),
    (_HASTY, _hasten, None),
    (0.06, _lift_at_turn, None),
    (0.25, _end_with_tick, None),
    (0.1, _begin_with_hook, None),
    (0.12, _record_few_points, None),
    (0.08, _snap_to_grid, None),
)


def _bent_line(length: float, degrees: float, rng: Generator) -> Stroke:
    """Five points (5, 2) from near the origin, in a direction that turns a little; y points down."""
    heading = np.deg2rad(degrees + np.linspace(0, rng.normal(0, 25), 5))
    steps = np.stack([np.cos(heading), np.sin(heading)], axis=1) * length / 5
    return np.cumsum(steps, axis=0).astype(np.float32)


def _tick_length(drawing: Strokes, rng: Generator) -> float:
    """Short ticks are commoner than long ones."""
    return float(_side(drawing) * (0.05 + (_LONGEST_TICK - 0.05) * rng.random() ** 1.7))


def _side(drawing: Strokes) -> float:
    *_, width, height = bounds(drawing)
    return max(width, height, 1e-6)
