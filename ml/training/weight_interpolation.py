"""Interpolate between the weights of a network before and after fine-tuning, and choose the best weights.

Interpolated weights forget less than those after a training and know more than those before it ("Robust
fine-tuning of zero-shot models", Wortsman and others 2022).
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

_MIN_LOSS = 0.01  # nats; added to losses, since the ratio of smaller ones says nothing

LabeledInputs = tuple[NDArray[np.float32], Labels]  # inputs (n, ...) of the network, and labels (n,)


@dataclass(frozen=True)
class Interpolation:
    """The share of the new weights, and the mean losses (nats) with it on new digits and on replayed ones."""

    share: float
    new: float
    replay: float

    def relative_loss(self, champion: Interpolation) -> float:
        """The losses in relation to those of the champion, the replay loss counted twice.

        It is 3 where nothing changed; less is better. A sum of the losses would let a style that was never read
        before pay for many digits that are no longer read. People correct mostly what is rare; most of what will
        be drawn is like what was drawn before.
        """
        new = (self.new + _MIN_LOSS) / (champion.new + _MIN_LOSS)
        replay = (self.replay + _MIN_LOSS) / (champion.replay + _MIN_LOSS)
        return new + 2 * replay


def choose_interpolation(interpolations: Sequence[Interpolation]) -> Interpolation:
    """The best interpolation. The first must be that of the champion; it wins ties."""
    champion = interpolations[0]
    return min(interpolations, key=lambda interpolation: round(interpolation.relative_loss(champion), 4))


class WeightInterpolator:
    """Interpolates between the present weights of a Keras network and those when `mark_trained` is called."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self._before = self._after = self._weights()

    def mark_trained(self) -> None:
        """Take the present weights as those after the training."""
        self._after = self._weights()

    def set_share(self, share: float) -> None:
        """Give the network this share of the new weights, in half precision, as they are exported."""
        for variable, before, after in zip(self.model.weights, self._before, self._after, strict=True):
            variable.assign((1 - share) * before + share * after)
        set_weights(self.model, get_weights(self.model))

    def evaluate(self, share: float, sets: Mapping[str, LabeledInputs], new: Collection[str]) -> Interpolation:
        """Measure the mean losses with this share on validation sets; `new` are the names of those of new digits.

        Each set counts the same, as in the calibration. The network keeps this share.
        """
        self.set_share(share)
        outputs = predict_sets(self.model, {name: inputs for name, (inputs, _) in sets.items()})
        losses = {name: float(glyph_loss(labels, outputs[name])) for name, (_, labels) in sets.items()}
        new_losses = [loss for name, loss in losses.items() if name in new]
        replay_losses = [loss for name, loss in losses.items() if name not in new]
        return Interpolation(share, float(np.mean(new_losses)), float(np.mean(replay_losses)))

    def _weights(self) -> list[NDArray[np.float32]]:
        return [variable.numpy() for variable in self.model.weights]
