"""Pieces of ink with boxes: all that the lattice knows of a drawing, whether strokes or pixels are behind it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ml.ink.glyph import Glyph, strokes_to_glyph
from ml.ink.strokes import Strokes
from ml.ink.trajectory import Trajectory, strokes_to_trajectory
from ml.segmentation.stroke_affinity import (
    Pairs,
    are_retraced,
    are_underlined,
    pair_features,
    resample,
    shipped_affinity,
)
from ml.segmentation.stroke_splitting import is_ligature, split_strokes

Boxes = NDArray[np.float64]  # (n, 4): x, y, width, height

_RETRACED = 8.0  # log odds that a line and the same line drawn again are one,
_UNDERLINED = -4.0  # and that a line below writing is a part of it


class Components(Protocol):
    """What a drawing is cut into. A component is never shared by two digits; a digit may have several."""

    @property
    def boxes(self) -> Boxes: ...

    @property
    def has_strokes(self) -> bool: ...

    @property
    def owners(self) -> Sequence[int]: ...

    def affinity_log_odds(self, pairs: Pairs, heights: NDArray[np.float64]) -> NDArray[np.float64]: ...

    def crossed_ink(self, component: int) -> float: ...

    def may_be_ligature(self, component: int) -> bool: ...

    def glyph(self, chosen: Sequence[int], min_side: float) -> Glyph:
        """The chosen components together as 28x28, in a square of at least `min_side` units."""
        ...


class StrokeComponents:
    """Each stroke is a component, but for those that are too wide for one digit: their parts are components."""

    has_strokes = True

    def __init__(self, strokes: Strokes) -> None:
        height = typical_height(np.array([float(np.ptp(stroke[:, 1])) for stroke in strokes]))
        self._strokes, self.owners = split_strokes(strokes, height)
        self.boxes = np.empty((len(self._strokes), 4))
        for box, stroke in zip(self.boxes, self._strokes, strict=True):
            box[:2] = stroke.min(axis=0)
            box[2:] = stroke.max(axis=0) - box[:2]

    def glyph(self, chosen: Sequence[int], min_side: float) -> Glyph:
        return strokes_to_glyph(self.strokes(chosen), min_side=min_side)

    def trajectory(self, chosen: Sequence[int], min_side: float) -> Trajectory:
        """The chosen components in the order in which they were drawn."""
        return strokes_to_trajectory(self.strokes(sorted(chosen)), min_side)

    def strokes(self, chosen: Sequence[int]) -> Strokes:
        return [self._strokes[i] for i in chosen]

    def affinity_log_odds(self, pairs: Pairs, heights: NDArray[np.float64]) -> NDArray[np.float64]:
        """The log odds (m,) that one digit has both strokes of pairs (m, 2) in lines of such heights (m,)."""
        odds = shipped_affinity().log_odds(pair_features(self._even, pairs, heights))
        odds = np.where(are_retraced(self._even, pairs, heights), _RETRACED, odds)
        return np.where(are_underlined(self._even, pairs, heights), _UNDERLINED, odds)

    @cached_property
    def _even(self) -> NDArray[np.float64]:
        return resample(self._strokes)

    def crossed_ink(self, component: int) -> float:
        return 0.0  # a stroke is cut across, wherever that is

    def may_be_ligature(self, component: int) -> bool:
        """Whether a component may be no more than the way from one digit to the next."""
        inner = 0 < component < len(self.owners) - 1
        return (
            inner
            and self.owners[component - 1] == self.owners[component] == self.owners[component + 1]
            and is_ligature(self._strokes[component])
        )


def union_box(boxes: Boxes) -> NDArray[np.float64]:
    """The box (4,) around boxes (n, 4)."""
    low = boxes[:, :2].min(axis=0)
    return np.concatenate([low, (boxes[:, :2] + boxes[:, 2:]).max(axis=0) - low])


def typical_height(heights: NDArray[np.float64]) -> float:
    """The height of a digit: an upper quantile, because hats, bars and dots are components too."""
    return float(np.sort(heights)[math.ceil(0.7 * (len(heights) - 1))])  # np.quantile takes ten times as long
