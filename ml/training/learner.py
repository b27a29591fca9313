"""One network of a reader that learns something new beside what it learned from before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ml.training.progress import ProgressReporter
from ml.training.reviewed_data import ReviewedDigits
from ml.training.train import BatchSource, TrainingSettings, continue_training
from ml.training.weight_interpolation import Interpolation, LabeledInputs, WeightInterpolator


class NetworkFinetuning:
    """`source` gives the batches; `sets` are to validate on, new digits, by their names, and all else."""

    def __init__(
        self,
        stage: str,
        model: Any,
        source: BatchSource,
        settings: TrainingSettings,
        sets: Mapping[str, LabeledInputs],
    ) -> None:
        self._stage, self._source, self._settings, self._sets = stage, source, settings, sets
        self._between = WeightInterpolator(model)

    def learn(self, teller: ProgressReporter) -> None:
        def follow(epoch: int, epochs: int, loss: float) -> None:
            teller(self._stage, epoch, epochs, loss)

        continue_training(self._between.model, self._source, self._settings, follow)
        self._between.learned()

    def try_out(self, shares: Sequence[float]) -> tuple[Interpolation, ...]:
        """How the network does with such shares of the new weights; at first with none."""
        return tuple(self._between.judge(share, self._sets, ReviewedDigits.NAMES) for share in (0.0, *shares))

    def finished(self, share: float) -> Any:
        """The Keras network with this share."""
        self._between.take(share)
        return self._between.model
