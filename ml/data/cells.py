"""Pictures of one digit, cut out of a page, as glyphs: without the bits of neighbours and rules at their edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.ink.glyph import Glyph
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
    low, size = components.boxes[:, :2], components.boxes[:, 2:]
    touches_edge = ((low < _EDGE) | (low + size > np.array(picture.shape[::-1]) - _EDGE)).any(axis=1)
    sides = size.max(axis=1)
    is_bit = touches_edge & (sides < _LARGE * sides.max())
    return components.glyph(np.flatnonzero(~is_bit).tolist(), 0.0)
