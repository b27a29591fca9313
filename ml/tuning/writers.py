"""Choose among the writers of recorded digits at random, for composed numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from ml.data.loaders import StrokeSet
from ml.synthesis.number_cases import DigitWriter, recorded_writer

WriterChoice = Callable[[Generator], DigitWriter]


def choose_recorded_writer(digits: StrokeSet) -> WriterChoice:
    """A function that chooses one of the writers at random, each as often as the others."""
    parts = [digits.part(digits.writer == writer) for writer in np.unique(digits.writer)]
    writers = [recorded_writer(part.drawings, part.label.tolist()) for part in parts]
    return lambda rng: writers[int(rng.integers(len(writers)))]
