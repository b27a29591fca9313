"""The progress of a long computation, such as a training or a comparison, and the callback that is told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """Step `epoch` of `epochs` steps of a stage is done.

    The fields are named after epochs because they are stored under these names; a stage that does not train counts
    its own steps. `loss` is the mean loss (nats) of the epoch, None in stages that do not train. `seconds_left` is
    the estimated time until the whole computation ends, None where there is no estimate.
    """

    stage: str
    epoch: int
    epochs: int
    loss: float | None = None
    seconds_left: float | None = None


ProgressCallback = Callable[[Progress], None]  # called after each step
