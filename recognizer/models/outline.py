"""Strokes as the path of an SVG picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MARGIN = 0.12  # of the longer side, on each side of the ink
PEN = 0.035  # line width, of the longer side of the picture


@dataclass(frozen=True)
class Outline:
    """`view_box` and `path` for SVG, and the line width `pen`: all in the units of the strokes, as boxes are."""

    view_box: str
    path: str
    pen: float

    @classmethod
    def of(cls, strokes: list[list[list[Any]]]) -> Outline:
        """From strokes [[[x, y, ...], ...], ...], y down. The picture is square, with the ink in its middle."""
        xs = [point[0] for stroke in strokes for point in stroke]
        ys = [point[1] for stroke in strokes for point in stroke]
        side = (max(max(xs) - min(xs), max(ys) - min(ys)) or 1) * (1 + 2 * MARGIN)
        left, top = (min(xs) + max(xs) - side) / 2, (min(ys) + max(ys) - side) / 2
        path = "".join(
            "M"
            + "L".join(f"{x:.6g} {y:.6g}" for x, y, *_ in stroke)
            # A dot is a line of no length, which only a round cap shows.
            + ("h0" if len(stroke) == 1 else "")
            for stroke in strokes
            if stroke
        )
        return cls(f"{left:.6g} {top:.6g} {side:.6g} {side:.6g}", path, float(f"{PEN * side:.4g}"))
