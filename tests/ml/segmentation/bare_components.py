"""Components of which nothing is known but their boxes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ml.ink.glyph import SIDE, Glyph
from ml.segmentation.ink_shape import Cross, InkShape


class BareComponents:
    """Boxes (n, 4) as `ml.segmentation.components.Components` of a picture: no strokes, no cuts, no ink."""

    has_strokes = False

    def __init__(self, boxes: np.ndarray) -> None:
        self.boxes = boxes
        self.owners = range(len(boxes))

    def affinity_log_odds(self, pairs: np.ndarray, heights: np.ndarray) -> np.ndarray:
        return np.zeros(len(pairs))

    def crossed_ink(self, component: int) -> float:
        return 0.0

    def may_be_ligature(self, component: int) -> bool:
        return False

    def shape(self, chosen: Sequence[int]) -> InkShape:
        return InkShape(None, 0.0)

    def may_be_straight(self, component: int) -> bool:
        return True

    def cross(self, component: int) -> Cross | None:
        return None

    def glyph(self, chosen: Sequence[int], min_side: float) -> Glyph:
        return np.zeros((SIDE, SIDE), np.uint8)
