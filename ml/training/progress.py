"""Report the progress of a training to the log, to a callback and to TensorBoard."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ml.progress import Progress, ProgressCallback

log = logging.getLogger(__name__)


class ProgressReporter:
    """Logs each finished epoch, passes it to `on_progress`, and writes its loss under the folder `logs`.

    `shares` are the stages in their order, with their shares in the time of the whole training. The time left is
    estimated from them and from the time since the reporter was made.
    """

    def __init__(
        self, shares: Mapping[str, float], on_progress: ProgressCallback | None = None, logs: Path | None = None
    ) -> None:
        self._shares, self._on_progress = shares, on_progress
        self._scalars = None if logs is None else _ScalarWriter(logs)
        self._started = time.monotonic()

    def report(self, stage: str, epoch: int = 1, epochs: int = 1, loss: float | None = None) -> None:
        """Report that `epoch` of `epochs` of a stage is done, with its mean loss (nats) if the stage has one."""
        stages = [*self._shares]
        before = sum(self._shares[name] for name in stages[: stages.index(stage)])
        done = (before + epoch / epochs * self._shares[stage]) / sum(self._shares.values())
        seconds_left = None if not done else (time.monotonic() - self._started) * (1 - done) / done
        loss_text = "" if loss is None else f", loss {loss:.4f}"
        left_text = "" if seconds_left is None else f", about {seconds_left / 60:.1f} minutes left"
        log.info("%s: %d of %d%s%s", stage, epoch, epochs, loss_text, left_text)
        if self._scalars is not None and loss is not None:
            self._scalars.write(stage, epoch, loss)
        if self._on_progress is not None:
            self._on_progress(Progress(stage, epoch, epochs, loss, seconds_left))


class _ScalarWriter:
    """Writes losses as event files for TensorBoard, in one folder a stage.

    Keras' callback needs the tensorboard package, and TensorBoard shows only the last of several files in a
    folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, Any] = {}

    def write(self, stage: str, epoch: int, loss: float) -> None:
        """Write the loss (nats) of an epoch of a stage, and flush the file so that it can be watched."""
        import tensorflow as tf

        if stage not in self._writers:
            self._writers[stage] = tf.summary.create_file_writer(str(self._folder / stage))
        metadata = tf.compat.v1.SummaryMetadata()
        metadata.plugin_data.plugin_name = "scalars"
        with self._writers[stage].as_default():
            tf.summary.write("loss", tf.constant(loss, tf.float32), step=epoch, metadata=metadata)
        self._writers[stage].flush()
