"""Whether workers and beat live, without asking each process: they leave a sign of life where work passes by.

The periodic task `reconcile` goes from beat through a reading worker, `read_shadow` from beat through the training
worker. Each leaves a sign, which proves beat and its worker. The training worker does nothing else while it
trains; then the lease of its run proves it. A reading worker is asked: it has to answer at once anyway.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from recognizer.models import TrainingRun
from recognizer.serving import doorbell
from recognizer.serving.messages import TaskName

READER_SECONDS = 2.0
ALIVE_SECONDS = 90.0  # three times the 30 s of the slower periodic task: one sign may get lost


class Sign(StrEnum):
    """Who leaves a sign of life."""

    READING = "reading worker"
    TRAINING = "training worker"


@dataclass(frozen=True)
class VitalSigns:
    """What is known of the processes. Seconds since a sign are None where none was left within the hour."""

    queue: bool
    reads: bool = False
    reading_seen: float | None = None
    training_seen: float | None = None
    training: TrainingRun | None = None  # the run that the training worker is busy with

    @property
    def trains(self) -> bool:
        """Whether the training worker lives."""
        return self.training is not None or _fresh(self.training_seen)

    @property
    def beats(self) -> bool | None:
        """Whether beat lives; None where no worker could have noticed."""
        if _fresh(self.reading_seen) or _fresh(self.training_seen):
            return True
        return False if self.reads else None

    @property
    def beat_seen(self) -> float | None:
        return min((s for s in (self.reading_seen, self.training_seen) if s is not None), default=None)


def _fresh(seconds: float | None) -> bool:
    return seconds is not None and seconds < ALIVE_SECONDS


def ask_reader() -> None:
    """Return once a reading worker has answered. Raises `doorbell.ReaderAway`."""
    # A request without ink takes the shortest way through queue, worker and open reader.
    doorbell.ask(TaskName.READ_LIVE, {}, seconds=READER_SECONDS)


def look() -> VitalSigns:
    """Look after all of them; takes up to READER_SECONDS if no reading worker lives."""
    if not doorbell.is_there():
        return VitalSigns(queue=False)
    try:
        ask_reader()
        reads = True
    except doorbell.ReaderAway:
        reads = False
    reading, training = doorbell.last_signs([Sign.READING, Sign.TRAINING])
    run = TrainingRun.objects.at_the_trainer().light().first()
    return VitalSigns(True, reads, reading, training, run)
