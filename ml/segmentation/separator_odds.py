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
_BARS = ("bar", "cut bar")
_MIXED = 3.0  # nats against a slash where the line has a point or a comma: 5.315 has a slanting 1

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
        """The log odds of each on one line, by its places."""
        odds: dict[Places, float] = {}
        for kind in {separator.kind for separator in found}:
            own = [separator for separator in found if separator.kind == kind]
            values = self.networks[kind].log_odds(np.stack([separator.features for separator in own]))
            odds.update(zip((separator.places for separator in own), values.tolist(), strict=True))
        if any(separator.kind == "mark" and odds[separator.places] > 0 for separator in found):
            odds |= {bar.places: odds[bar.places] - _MIXED for bar in found if bar.kind in _BARS}
        return {places: min(max(value, -_MAX_LOG_ODDS), _MAX_LOG_ODDS) for places, value in odds.items()}


@cache
def shipped_separators() -> SeparatorOdds:
    """The odds that the project ships."""
    return SeparatorOdds.open()
