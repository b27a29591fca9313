"""Pictures of one digit, cut out of a page, as glyphs: without the bits of neighbours and rules at their edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.ink.glyph import Glyph
from ml.segmentation.components import Boxes
from ml.segmentation.image_components import find_image_components

_LARGE = 0.35  # of the largest component; what is smaller and touches the edge belongs to a neighbour
_EDGE = 1.5  # px; ink as close to the edge of the picture touches it


def cut_digit(picture: NDArray[np.uint8]) -> Glyph | None:
    """The glyph of the digit in a grey picture (h, w) of any polarity; None where no ink is found.

    The ink is found by the reader's own segmentation, so that a network learns from what it will see.
    """
    components = find_image_components(picture)
    if components is None:
        return None
    is_bit = _touches_edge(components.boxes, picture.shape) & ~_is_large(components.boxes)
    return components.glyph(np.flatnonzero(~is_bit).tolist(), 0.0)


def _is_large(boxes: Boxes) -> NDArray[np.bool_]:
    sides = boxes[:, 2:].max(axis=1)
    return np.asarray(sides >= _LARGE * sides.max())


def _touches_edge(boxes: Boxes, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    return np.asarray(((low < _EDGE) | (high > np.array(shape[1::-1]) - _EDGE)).any(axis=1))
