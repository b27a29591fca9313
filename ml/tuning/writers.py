"""Choose among the writers of recorded digits at random, for composed numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator

from ml.augmentation.pen_habits import apply_habits
from ml.augmentation.ringed_eights import RingedEights
from ml.data.corpus import LabeledInk
from ml.ink.strokes import Strokes
from ml.synthesis.number_cases import DigitWriter

WriterChoice = Callable[[Generator], DigitWriter]

_HABITS_STRENGTH = 0.5  # of the habits that the digits of a writer get
_ONES, _TRIES = 0.6, 12  # share of the digits that are meant to be 1s; digits that are tried for each
_RINGED = 0.15  # share of the writers who draw an 8 as two rings


def choose_recorded_writer(parts: Sequence[LabeledInk]) -> WriterChoice:
    """A function that chooses one of the writers at random: each part as often, then each of its writers.

    Their digits get habits of other hands (`ml.augmentation.pen_habits`).
    """
    writers = [_by_writer(part) for part in parts]

    def choose(rng: Generator) -> DigitWriter:
        own = writers[int(rng.integers(len(writers)))]
        return _habitual_writer(own[int(rng.integers(len(own)))], rng)

    return choose


def with_many_ones(choice: WriterChoice, share: float) -> WriterChoice:
    """A choice of writers of whom a share write mostly 1s."""

    def choose(rng: Generator) -> DigitWriter:
        write = choice(rng)
        return mostly_ones(write) if rng.random() < share else write

    return choose


def mostly_ones(write: DigitWriter) -> DigitWriter:
    """A writer of 1s, more often than not: numbers of them look like signs, or like separators."""

    def write_often_one(rng: Generator) -> tuple[int, Strokes]:
        digit = write(rng)
        for _ in range(_TRIES if rng.random() < _ONES else 0):
            if digit[0] == 1:
                break
            digit = write(rng)
        return digit

    return write_often_one


def _by_writer(part: LabeledInk) -> list[LabeledInk]:
    """The part of each writer; all of it where writers are not known."""
    if part.writers is None:
        return [part]
    return [part.select(part.writers == writer) for writer in np.unique(part.writers)]


def _habitual_writer(own: LabeledInk, rng: Generator) -> DigitWriter:
    zeros = own.select(own.labels == 0)
    rings = RingedEights([zeros]) if len(zeros.labels) and rng.random() < _RINGED else None

    def write(rng: Generator) -> tuple[int, Strokes]:
        i = int(rng.integers(len(own.labels)))
        label, drawing = int(own.labels[i]), own.drawings[i]
        if label == 8 and rings is not None:
            drawing = rings.draw(1, rng, 1.0)[0][0].strokes
        return label, apply_habits(drawing, label, rng, _HABITS_STRENGTH)

    return write
