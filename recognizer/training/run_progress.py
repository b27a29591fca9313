"""The progress of a run, written into its row and told to whoever started it from a terminal."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import asdict

from ml.progress import Progress
from recognizer.services import training_runs
from recognizer.services.training_runs import RunFigures


class RunProgress:
    """Stages of a run, each with the steps in it and the seconds that it took.

    All methods that write raise RunLost if the run does not belong to this trainer any more.
    """

    def __init__(self, run_id: int, tell: Callable[[str], None]) -> None:
        self._run_id, self._tell = run_id, tell
        self._stage, self._since = "", 0.0
        self._figures = RunFigures()

    def begin(self, stage: str) -> None:
        """A stage begins, and the one before has ended."""
        self._end_stage()
        self._stage, self._since = stage, time.monotonic()
        training_runs.record_stage(run_id=self._run_id, stage=stage, seconds=self._figures.seconds)
        self._tell(stage)

    def begin_step(self, progress: Progress) -> None:
        """A `ProgressCallback` for work whose steps are stages of the run."""
        self.begin(progress.stage)

    def report(self, progress: Progress) -> None:
        """A `ProgressCallback` for work that is one stage of the run."""
        if progress.loss is not None:
            self._figures.losses.append((progress.stage, progress.epoch, round(progress.loss, 5)))
        training_runs.record_progress(run_id=self._run_id, progress=asdict(progress), losses=self._figures.losses)
        loss = "" if progress.loss is None else f", loss {progress.loss:.4f}"
        left = "" if progress.seconds_left is None else f", about {progress.seconds_left:.0f} s of training left"
        self._tell(f"{progress.stage}: {progress.epoch} of {progress.epochs}{loss}{left}")

    def figures(self) -> RunFigures:
        """What the whole run took; the last stage has ended."""
        self._end_stage()
        self._figures.peak_memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        return self._figures

    def _end_stage(self) -> None:
        if self._stage:
            taken = time.monotonic() - self._since
            self._figures.seconds[self._stage] = round(self._figures.seconds.get(self._stage, 0) + taken, 1)
            self._stage = ""
