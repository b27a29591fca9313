"""One network of a reader that learns something new beside what it learned from before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.blend import Between, Blend, Examples
from ml.finishing import Examined
from ml.progress import Teller
from ml.train import Batches, Settings, train_on


class Learner:
    """`source` gives the batches, `sets` what to validate on, new digits and all else."""

    def __init__(self, stage: str, model: Any, source: Batches, settings: Settings, sets: Sets) -> None:
        self._stage, self._source, self._settings, self._sets = stage, source, settings, sets
        self._between = Between(model)

    def learn(self, teller: Teller) -> None:
        def follow(epoch: int, epochs: int, loss: float) -> None:
            teller(self._stage, epoch, epochs, loss)

        train_on(self._between.model, self._source, self._settings, follow)
        self._between.learned()

    def try_out(self, shares: Sequence[float]) -> tuple[Blend, ...]:
        """How the network does with such shares of the new weights; at first with none."""
        return tuple(self._between.judge(share, self._sets.new, self._sets.replay) for share in (0.0, *shares))

    def finished(self, share: float) -> Any:
        """The Keras network with this share."""
        self._between.take(share)
        return self._between.model


@dataclass(frozen=True)
class Sets:
    """What to validate on, each set once: new digits, and all else."""

    new: Sequence[Examples]
    replay: Sequence[Examples]

    @classmethod
    def of(
        cls,
        examined: Mapping[str, Examined],
        new: Sequence[str],
        inputs: Callable[[Examined], NDArray[np.float32] | None],
    ) -> Sets:
        """Those of `examined` of which there are `inputs`; `new` are the names of the new ones."""
        known = {name: (x, each.labels) for name, each in examined.items() if (x := inputs(each)) is not None}
        return cls(
            [examples for name, examples in known.items() if name in new],
            [examples for name, examples in known.items() if name not in new],
        )
