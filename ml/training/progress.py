"""How far a training is, for whoever waits for it."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ml.progress import Progress, ProgressCallback

log = logging.getLogger("ml.training.train")


class ProgressReporter:
    """Logs each step forward and tells whoever wants to know; what is left is judged by what was done.

    `shares` are those of the stages in the time of the training, in their order. Under `logs`, a folder, the loss
    of each stage is written for TensorBoard.
    """

    def __init__(
        self, shares: Mapping[str, float], told: ProgressCallback | None = None, logs: Path | None = None
    ) -> None:
        self._shares, self._told = shares, told
        self._scalars = None if logs is None else _Scalars(logs)
        self._started = time.monotonic()

    def __call__(self, stage: str, epoch: int = 1, epochs: int = 1, loss: float | None = None) -> None:
        progress = Progress(stage, epoch, epochs, loss, self._left(stage, epoch / epochs))
        shown = "" if loss is None else f", loss {loss:.4f}"
        left = "" if progress.seconds_left is None else f", about {progress.seconds_left / 60:.1f} minutes left"
        log.info("%s: %d of %d%s%s", stage, epoch, epochs, shown, left)
        if self._scalars is not None and loss is not None:
            self._scalars.write(stage, epoch, loss)
        if self._told is not None:
            self._told(progress)

    def _left(self, stage: str, share: float) -> float | None:
        stages = [*self._shares]
        before = sum(self._shares[name] for name in stages[: stages.index(stage)])
        done = (before + share * self._shares[stage]) / sum(self._shares.values())
        return None if not done else (time.monotonic() - self._started) * (1 - done) / done


class _Scalars:
    """Writes event files for TensorBoard, one a stage: of several it would show the last.

    What TensorFlow offers for that itself asks for the package of TensorBoard.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, Any] = {}

    def write(self, stage: str, epoch: int, loss: float) -> None:
        import tensorflow as tf

        if stage not in self._writers:
            self._writers[stage] = tf.summary.create_file_writer(str(self._folder / stage))
        metadata = tf.compat.v1.SummaryMetadata()
        metadata.plugin_data.plugin_name = "scalars"
        with self._writers[stage].as_default():
            tf.summary.write("loss", tf.constant(loss, tf.float32), step=epoch, metadata=metadata)
        self._writers[stage].flush()
