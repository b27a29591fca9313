"""Calibration: from the logits of the networks to probabilities, and the confidence from which a reading is sure.

The digit logits are divided by a temperature; the logit of being a digit is scaled and shifted. There is one set
of these numbers for glyphs alone and one for glyphs with trajectories. They are fitted on writers who did not
train (`ml.decoding.calibration_fitting`) and are stored in the card of the artifact.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SHIFTS = ("digitness_shift", "drawn_shift")
SCALES = ("temperature", "digitness_scale", "drawn_weight", "drawn_temperature", "drawn_scale")  # all positive


@dataclass(frozen=True)
class Calibration:
    """The fitted numbers. The names of the fields are stored in the cards of artifacts.

    Those that begin with `drawn` are for glyphs with trajectories: the logits of both networks are added, those of
    the trajectory network times `drawn_weight`.
    """

    temperature: float = 1.0  # divides the digit logits
    digitness_scale: float = 1.0  # multiplies the logit of being a digit
    digitness_shift: float = 0.0  # is added to that
    drawn_weight: float = 1.0
    drawn_temperature: float = 1.0
    drawn_scale: float = 1.0
    drawn_shift: float = 0.0
    sure: float = 0.9  # readings of a lower confidence are "unsure"
    offer: float = 0.1  # an alternative text of at least this probability is offered

    @classmethod
    def parse(cls, stored: object) -> Calibration:
        """From the table in a card; fields that are missing get their defaults.

        Raises ValueError for anything but a table, for values that are not finite numbers, and for scales that are
        not positive.
        """
        if not isinstance(stored, Mapping):
            raise ValueError("The calibration is not a table.")
        values = {**asdict(cls()), **{name: stored[name] for name in asdict(cls()) if name in stored}}
        for value in values.values():
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise ValueError("The calibration holds something that is not a number.")
        if min(values[name] for name in SCALES) <= 0:
            raise ValueError("Temperatures and scales must be positive.")
        return cls(**{name: float(value) for name, value in values.items()})

    def probabilities(
        self, glyph_outputs: NDArray[np.float32], trajectory_outputs: NDArray[np.float32] | None = None
    ) -> tuple[Floats, Floats]:
        """Log probabilities of the labels (n, 10), and probabilities of being a digit (n,), both float64.

        `glyph_outputs` (n, 11 or more) are ten digit logits, the logit of being a digit, and what is not used
        here; `trajectory_outputs` (n, 11) are the same of the trajectory network.
        """
        if trajectory_outputs is None:
            temperature, scale, shift = self.temperature, self.digitness_scale, self.digitness_shift
            logits = glyph_outputs[:, :11]
        else:
            temperature, scale, shift = self.drawn_temperature, self.drawn_scale, self.drawn_shift
            logits = glyph_outputs[:, :11] + self.drawn_weight * trajectory_outputs
        digit_logit = scale * logits[:, 10].astype(np.float64) + shift
        return log_softmax(logits[:, :10] / temperature), 1.0 / (1.0 + np.exp(-digit_logit.clip(-50, 50)))


def log_softmax(logits: NDArray[np.floating]) -> Floats:
    """Log probabilities (n, k) of the k classes, float64."""
    z = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return np.asarray(z - np.log(np.exp(z).sum(axis=1, keepdims=True)))
