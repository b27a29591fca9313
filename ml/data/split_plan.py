"""How a run splits data sets: whose ink trains, validates, and is kept apart for evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ml.data.corpus import LabeledInk

# What a run can be kept from seeing: data sets with writers of their own, and the devices of UNIPEN. The other
# sets are always divided in the same way, or by the seed.
CAN_BE_LEFT_OUT = (
    *("digilets", "me231", "kensanata", "sudoku"),
    *("unipen:aga", "unipen:apa", "unipen:apb", "unipen:imp", "unipen:syn"),
)


@dataclass(frozen=True)
class SplitPlan:
    """The share of the writers who validate, the run's seed, and what is left out of the run.

    `left_out` holds names out of CAN_BE_LEFT_OUT: the writers of these data sets and devices are strangers to the
    run. Raises ValueError for any other name.
    """

    share: float
    seed: int
    left_out: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if unknown := self.left_out.difference(CAN_BE_LEFT_OUT):
            raise ValueError(
                f"{', '.join(sorted(unknown))} cannot be left out. Choose from {', '.join(CAN_BE_LEFT_OUT)}."
            )


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
