"""What a drawing is cut into: components of ink with boxes, whether strokes or pixels are behind them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from itertools import groupby
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ml.ink.glyph import Glyph, strokes_to_glyph
from ml.ink.strokes import Strokes
from ml.ink.trajectory import Trajectory, strokes_to_trajectory
from ml.segmentation.ink_shape import STRAIGHT, Cross, InkShape, bends, stroke_shape
from ml.segmentation.stroke_affinity import shipped_affinity
from ml.segmentation.stroke_pairs import Pairs, are_retraced, are_underlined, pair_features, resample
from ml.segmentation.stroke_splitting import is_ligature, split_strokes

Boxes = NDArray[np.float64]  # (n, 4): x, y, width, height

_RETRACED_LOG_ODDS = 8.0  # that a stroke and the same stroke drawn again are of one digit
_UNDERLINED_LOG_ODDS = -4.0  # that a line below writing is a part of it


class Components(Protocol):
    """The components of one drawing: strokes, connected ink of a picture, or parts of those.

    A component is never shared by two digits; a digit may have several components. They are numbered from 0, in
    the order of `boxes`.
    """

    @property
    def boxes(self) -> Boxes:
        """The boxes (n, 4) of all components, in units of the drawing."""
        ...

    @property
    def has_strokes(self) -> bool:
        """Whether the components are strokes.

        Of a picture `affinity_log_odds` and `may_be_ligature` know nothing; of strokes `crossed_ink` is always 0.
        """
        ...

    @property
    def owners(self) -> Sequence[int]:
        """For each component the number of the stroke or of the connected ink that it is, or is a part of.

        The parts of one owner follow each other.
        """
        ...

    def affinity_log_odds(self, pairs: Pairs, heights: NDArray[np.float64]) -> NDArray[np.float64]:
        """The log odds (m,) that one digit has both components of pairs (m, 2).

        `heights` (m,) are the heights of the lines of the pairs.
        """
        ...

    def crossed_ink(self, component: int) -> float:
        """The ink that the cut before this component crosses, in widths of the pen; 0 where nothing was cut."""
        ...

    def may_be_ligature(self, component: int) -> bool:
        """Whether the component may only lead from one digit to the next."""
        ...

    def shape(self, chosen: Sequence[int]) -> InkShape:
        """The form of a component, or of all parts of one owner; of pictures in pixels from their corner."""
        ...

    def may_be_straight(self, component: int) -> bool:
        """Whether a component may be one nearly straight line; quick, and of pictures always true."""
        ...

    def cross(self, component: int) -> Cross | None:
        """The component as two straight lines that cross; None of any other ink, and of a stroke."""
        ...

    def glyph(self, chosen: Sequence[int], min_side: float) -> Glyph:
        """The chosen components together as 28x28, in a square of at least `min_side` units of the drawing."""
        ...


class StrokeComponents:
    """Components of a drawing of strokes: each stroke, or its parts where it is too wide for one digit."""

    has_strokes = True

    def __init__(self, strokes: Strokes) -> None:
        height = typical_height(np.array([float(np.ptp(stroke[:, 1])) for stroke in strokes]))
        self._whole = strokes
        self._strokes, self.owners = split_strokes(strokes, height)
        self.boxes = np.empty((len(self._strokes), 4))
        for box, stroke in zip(self.boxes, self._strokes, strict=True):
            box[:2] = stroke.min(axis=0)
            box[2:] = stroke.max(axis=0) - box[:2]

    def glyph(self, chosen: Sequence[int], min_side: float) -> Glyph:
        """See `Components.glyph`."""
        return strokes_to_glyph(self.strokes(chosen), min_side=min_side)

    def trajectory(self, chosen: Sequence[int], min_side: float) -> Trajectory:
        """The chosen components in the order in which they were drawn; `min_side` as for `glyph`."""
        return strokes_to_trajectory(self.strokes(sorted(chosen)), min_side)

    def strokes(self, chosen: Sequence[int]) -> Strokes:
        """The strokes, or parts of strokes, of the chosen components.

        Parts of one stroke that follow each other are one again: the pen was not lifted between them.
        """
        if len(self._strokes) == len(self._whole) or len(chosen) == 1:
            return [self._strokes[i] for i in chosen]
        joined = []
        # Components that follow each other differ from their places in the order by the same number.
        for (_, owner), run in groupby(enumerate(sorted(chosen)), lambda at: (at[1] - at[0], self.owners[at[1]])):
            parts = [self._strokes[i] for _, i in run]
            is_whole = len(parts) == self.owners.count(owner)
            joined.append(
                self._whole[owner] if is_whole else np.concatenate(parts[:1] + [p[1:] for p in parts[1:]])
            )
        return joined

    def affinity_log_odds(self, pairs: Pairs, heights: NDArray[np.float64]) -> NDArray[np.float64]:
        """See `Components.affinity_log_odds`."""
        odds = shipped_affinity().log_odds(pair_features(self._resampled, pairs, heights))
        odds = np.where(are_retraced(self._resampled, pairs, heights), _RETRACED_LOG_ODDS, odds)
        return np.where(are_underlined(self._resampled, pairs, heights), _UNDERLINED_LOG_ODDS, odds)

    @cached_property
    def _resampled(self) -> NDArray[np.float64]:
        return resample(self._strokes)

    def crossed_ink(self, component: int) -> float:
        """0: wherever a stroke is cut, the cut crosses its one line."""
        return 0.0

    def may_be_ligature(self, component: int) -> bool:
        """See `Components.may_be_ligature`; only a part between two others of one stroke may be one."""
        is_inner = 0 < component < len(self.owners) - 1
        return (
            is_inner
            and self.owners[component - 1] == self.owners[component] == self.owners[component + 1]
            and is_ligature(self._strokes[component])
        )

    def shape(self, chosen: Sequence[int]) -> InkShape:
        """See `Components.shape`."""
        if len(chosen) == 1:
            return stroke_shape(self._resampled[chosen[0]])
        return stroke_shape(resample([np.concatenate(self.strokes(sorted(chosen)))])[0])

    def may_be_straight(self, component: int) -> bool:
        """See `Components.may_be_straight`."""
        return bool(self._are_straight[component])

    @cached_property
    def _are_straight(self) -> NDArray[np.bool_]:
        return bends(self._resampled)[0] < STRAIGHT

    def cross(self, component: int) -> Cross | None:
        """None: a stroke is one line."""
        return None


def positions_by_owner(owners: Sequence[int]) -> dict[int, list[int]]:
    """The rising positions of each owner in `owners`; the owners in the order of their first positions."""
    positions: dict[int, list[int]] = {}
    for position, owner in enumerate(owners):
        positions.setdefault(owner, []).append(position)
    return positions


def union_box(boxes: Boxes) -> NDArray[np.float64]:
    """The box (4,) around boxes (n, 4); there must be one at least."""
    low = boxes[:, :2].min(axis=0)
    return np.concatenate([low, (boxes[:, :2] + boxes[:, 2:]).max(axis=0) - low])


def typical_height(heights: NDArray[np.float64]) -> float:
    """The height of a digit, from the heights (n,) of components.

    It is an upper quantile, because hats, bars and dots are components too. `np.quantile` takes ten times as long.
    """
    return float(np.sort(heights)[math.ceil(0.7 * (len(heights) - 1))])
