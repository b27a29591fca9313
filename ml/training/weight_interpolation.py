"""A network before and after it learned something new, and the weights between that serve best.

Weights between two trainings of one network forget less than the later ones and know more than the earlier
("Robust fine-tuning of zero-shot models", Wortsman and others 2022).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.labels import Labels
from ml.training.networks import get_weights, glyph_loss, set_weights
from ml.training.packaging import predict_sets

_LEAST = 0.01  # nats; losses below are so small that their ratio says nothing

LabeledInputs = tuple[NDArray[np.float32], Labels]  # inputs (n, ...) of the network, and labels (n,)


@dataclass(frozen=True)
class Interpolation:
    """A `share` of the new weights, and with it the mean losses (nats) on new digits and on all else."""

    share: float
    new: float
    replay: float

    def against(self, champion: Interpolation) -> float:
        """The losses in those of the champion, that on all else counted twice: 3 where nothing changed, less is
        better.

        A sum of the losses would let a style that was never read before pay for many digits that are read no more.
        What people correct is mostly what is rare; most of what will be drawn is like what was drawn before.
        """
        new, replay = (
            (mine + _LEAST) / (theirs + _LEAST)
            for mine, theirs in ((self.new, champion.new), (self.replay, champion.replay))
        )
        return new + 2 * replay


def choose_interpolation(blends: Sequence[Interpolation]) -> Interpolation:
    """The best; the first is that of the champion, which wins ties."""
    return min(blends, key=lambda blend: round(blend.against(blends[0]), 4))


class WeightInterpolator:
    """A Keras network whose weights of now are the champion's; `learned` marks those it has after training."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self._before = _values(model)
        self._after = self._before

    def learned(self) -> None:
        self._after = _values(self.model)

    def take(self, share: float) -> None:
        """Weights with this share of the new ones, in half precision, as they are exported."""
        for variable, before, after in zip(self.model.weights, self._before, self._after, strict=True):
            variable.assign((1 - share) * before + share * after)
        set_weights(self.model, get_weights(self.model))

    def judge(self, share: float, sets: Mapping[str, LabeledInputs], new: Collection[str]) -> Interpolation:
        """How the network does with such a share, on sets that did not train; `new` are the names of the new ones.

        Each set counts the same, as in the calibration.
        """
        self.take(share)
        outputs = predict_sets(self.model, {name: x for name, (x, _) in sets.items()})
        losses = {name: float(glyph_loss(labels, outputs[name])) for name, (_, labels) in sets.items()}
        parts = [[loss for name, loss in losses.items() if (name in new) == wanted] for wanted in (True, False)]
        return Interpolation(share, *(float(np.mean(part)) for part in parts))


def _values(model: Any) -> list[NDArray[np.float32]]:
    return [variable.numpy() for variable in model.weights]
