"""Whether two strokes belong to one digit, by where they lie and in which order they were drawn.

The networks only see what strokes look like together. A 1 that overlaps a 0 looks much like a 0, but nobody draws
a 0 so: the positions of the strokes show that before any network has seen them.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from ml.segmentation.small_network import SmallNetwork
from ml.segmentation.stroke_pairs import FEATURES

SHIPPED_AFFINITY = Path(__file__).parents[1] / "base" / "affinity.json"


def open_affinity(source: Path) -> SmallNetwork:
    """The log odds that one digit has both strokes of a pair, by features as of `stroke_pairs.pair_features`.

    Raises OSError where the file cannot be read and ValueError where it is not one of these.
    """
    return SmallNetwork.parse(json.loads(source.read_text()), FEATURES)


@cache
def shipped_affinity() -> SmallNetwork:
    """The affinity that the project ships."""
    return open_affinity(SHIPPED_AFFINITY)
