"""The log odds that ink separates numbers, by its features and by the fitted networks that the project ships."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ml.labels import Floats
from ml.segmentation.small_network import SmallNetwork

SHIPPED_SEPARATORS = Path(__file__).parents[1] / "base" / "separators.json"
KINDS = ("bar", "dash", "mark", "cross", "stack", "cut bar", "cut dash", "cut mark")  # cut off what touches it
FEATURES = 18

_MAX_LOG_ODDS = 9.0

# Heights of the digits around.
_WIDEST_STACK = 0.9  # the gap between the points of a colon, or the dashes of an equals sign, at most
_UNDER_FOOT = 0.1  # no comma begins lower, and one that reaches over a digit ends lower
_LARGEST_POINT = 0.2

Places = tuple[int, ...]  # rising, of components along their line


@dataclass(frozen=True)
class FoundSeparator:
    """Components of a line that may be a separator of a kind, by their places, with their features (FEATURES,)."""

    places: Places
    kind: str
    features: Floats


@dataclass(frozen=True)
class SeparatorOdds:
    """For each kind, the log odds that such ink is a separator and not a digit or a part of one."""

    networks: Mapping[str, SmallNetwork]

    @classmethod
    def open(cls, source: Path = SHIPPED_SEPARATORS) -> SeparatorOdds:
        """From a file of `as_json`. Raises OSError where it cannot be read and ValueError where it is not one."""
        stored = json.loads(source.read_text())
        try:
            return cls({kind: SmallNetwork.parse(stored[kind], FEATURES) for kind in KINDS})
        except (KeyError, TypeError) as error:
            raise ValueError("These are not the weights of separators.") from error

    def as_json(self) -> dict[str, dict[str, Any]]:
        """The weights, to be stored as JSON."""
        return {kind: network.as_json() for kind, network in self.networks.items()}

    def log_odds(self, found: Sequence[FoundSeparator]) -> dict[Places, float]:
        """The log odds of each, by its places."""
        odds: dict[Places, float] = {}
        for kind in {separator.kind for separator in found}:
            own = [separator for separator in found if separator.kind == kind]
            values = self.networks[kind].log_odds(np.stack([separator.features for separator in own]))
            clipped = values.clip(-_MAX_LOG_ODDS, _MAX_LOG_ODDS).tolist()
            for i, separator in enumerate(own):
                if _is_elsewhere(separator):
                    clipped[i] = -_MAX_LOG_ODDS
            odds.update(zip((separator.places for separator in own), clipped, strict=True))
        return odds


def _is_elsewhere(separator: FoundSeparator) -> bool:
    """Whether ink is where no separator is, of which little was seen when the networks were fitted.

    So are the corners of a frame, and the end of a digit that was cut off with the line under it.
    """
    if separator.kind == "stack":
        return bool(separator.features[0] > _WIDEST_STACK)
    height, below_foot, gap = separator.features[5], separator.features[8], separator.features[9:11].min()
    is_end = height > _LARGEST_POINT and below_foot < _UNDER_FOOT and gap < 0
    return separator.kind == "mark" and bool(is_end or below_foot - height > _UNDER_FOOT)


@cache
def shipped_separators() -> SeparatorOdds:
    """The odds that the project ships."""
    return SeparatorOdds.open()
