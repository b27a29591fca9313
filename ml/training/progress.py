"""Report the progress of a training to the log, to a callback and to TensorBoard."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ml.progress import Progress, ProgressCallback

log = logging.getLogger(__name__)

_MEASURED_EPOCHS = 5  # that the estimate follows: other programs come and go on the processor


class ProgressReporter:
    """Logs each finished epoch, passes it to `on_progress`, and writes its loss under the folder `logs`.

    `shares` are the stages in their order, with their shares in the time of the whole training. The time left is
    estimated from the newest epochs of the stage that is running; later stages take as much as their shares say
    beside its share.
    """

    def __init__(
        self, shares: Mapping[str, float], on_progress: ProgressCallback | None = None, logs: Path | None = None
    ) -> None:
        self._shares, self._on_progress = shares, on_progress
        self._scalars = None if logs is None else _ScalarWriter(logs)
        self._stage = ""
        # Times (s) with the shares of the stage that were done then; of the newest epochs.
        self._measured: deque[tuple[float, float]] = deque([(time.monotonic(), 0.0)], _MEASURED_EPOCHS + 1)

    def report(
        self,
        stage: str,
        epoch: int = 1,
        epochs: int = 1,
        loss: float | None = None,
        examples_per_second: float | None = None,
    ) -> None:
        """Report that `epoch` of `epochs` of a stage is done, with its mean loss (nats) if the stage has one."""
        seconds_left = self._estimate(stage, epoch, epochs)
        loss_text = "" if loss is None else f", loss {loss:.4f}"
        speed_text = "" if examples_per_second is None else f", {examples_per_second:.0f} images/s"
        left_text = f"about {seconds_left / 60:.1f} minutes left"
        log.info("%s: %d of %d%s%s, %s", stage, epoch, epochs, loss_text, speed_text, left_text)
        if self._scalars is not None and loss is not None:
            self._scalars.write(stage, epoch, loss)
        if self._on_progress is not None:
            self._on_progress(Progress(stage, epoch, epochs, loss, seconds_left))

    def begin(self, stage: str, epoch: int, epochs: int) -> None:
        """Report that a stage begins, or goes on after `epoch` of `epochs`, which an earlier process did."""
        if epoch:
            log.info("%s: goes on after %d of %d", stage, epoch, epochs)
        self._begin(stage, time.monotonic(), epoch / epochs)

    def _begin(self, stage: str, now: float, done: float) -> None:
        self._stage = stage
        self._measured.clear()
        self._measured.append((now, done))

    def _estimate(self, stage: str, epoch: int, epochs: int) -> float:
        """The time (s) until all stages are done."""
        now, done = time.monotonic(), epoch / epochs
        if stage != self._stage:
            self._begin(stage, self._measured[-1][0], 0.0)
        before, done_before = self._measured[0]
        self._measured.append((now, done))
        stages = [*self._shares]
        later = sum(self._shares[name] for name in stages[stages.index(stage) + 1 :])
        return (now - before) / (done - done_before) * (1 - done + later / self._shares[stage])


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
