"""How a run splits data sets: whose ink trains, validates, and is kept apart for evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ml.data.corpus import LabeledInk


@dataclass(frozen=True)
class SplitPlan:
    """The share of the writers who validate, the run's seed, and what is left out of the run.

    `left_out` names data sets such as "digilets", or devices of UNIPEN such as "unipen:syn": their writers are
    strangers to the run.
    """

    share: float
    seed: int
    left_out: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SplitPart:
    """A part of the corpus: what of it trains, and what of it validates. Either may be nothing."""

    name: str
    training: LabeledInk
    validation: LabeledInk


@dataclass(frozen=True)
class SplitSet:
    """The parts of a data set, and the writers of it who are in none of them, by the name of the data set.

    The names of the strangers are stored in artifact cards.
    """

    parts: Sequence[SplitPart]
    strangers: dict[str, list[int]] = field(default_factory=dict)
