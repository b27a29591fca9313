"""The writers of recorded digits, and the choice among them at random, for composed numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

from ml.augmentation.pen_habits import apply_habits
from ml.augmentation.ringed_eights import RingedEights
from ml.data.corpus import Corpus, LabeledInk
from ml.data.data_sets import DATA_SETS
from ml.data.loaders import DatasetError
from ml.data.split_plan import SplitPlan
from ml.ink.strokes import Strokes
from ml.synthesis.number_cases import DigitWriter

WriterChoice = Callable[[Generator], DigitWriter]

_HABITS_STRENGTH = 0.5  # of the habits that the digits of a writer get
# Parts of the corpus whose digits, and whose letters, are fitted to. UNIPEN is not among them: its devices tell
# what strangers would meet (`ml.tuning.leave_one_out`), and nothing that all readers share may be fitted to them.
_PEN_DIGITS = ("pendigits", "digilets_digits", "chars74k_digits", "uji_digits", "skahl_digits", "lipitk_digits")
PEN_LETTERS = ("digilets_letters", "chars74k_letters", "uji_letters")

_ONES, _TRIES = 0.6, 12  # share of the digits that are meant to be 1s; digits that are tried for each
_RINGED = 0.15  # share of the writers who draw an 8 as two rings


@dataclass(frozen=True)
class PenWriters:
    """Digits and letters of people who write with pens: of those who train, and of those who validate.

    What asks no network, as the stroke affinity, is fitted to those who train. The costs weigh what the networks
    say, which know these too well: costs are fitted to those who validate.
    """

    training: Corpus
    validation: Corpus

    @classmethod
    def gather(cls, data: Path, card: Mapping[str, Any]) -> PenWriters:
        """Those of the reader with this card, from the files that are there. Raises DatasetError without any."""
        settings = card.get("settings", {})
        plan = SplitPlan(settings.get("validation", 0.1), settings.get("seed", 1))
        files = [(data / each.file, each) for each in DATA_SETS if each.of_strokes]
        parts = [part for file, each in files if file.exists() for part in each.split(file, plan).parts]
        chosen = [part for part in parts if part.name in (*_PEN_DIGITS, *PEN_LETTERS)]
        if not any(part.name in _PEN_DIGITS for part in chosen):
            raise DatasetError(f"{data} has no recorded digits.")
        return cls(
            {part.name: part.training for part in chosen if len(part.training.labels)},
            {part.name: part.validation for part in chosen if len(part.validation.labels)},
        )


def pen_digits(corpus: Corpus) -> list[LabeledInk]:
    """Those of each data set with a pen."""
    return [corpus[name] for name in _PEN_DIGITS if name in corpus]


def choose_recorded_writer(parts: Sequence[LabeledInk]) -> WriterChoice:
    """A function that chooses one of the writers at random: each part as often, then each of its writers.

    Their digits get habits of other hands (`ml.augmentation.pen_habits`).
    """
    writers = [by_writer(part) for part in parts]

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


def by_writer(part: LabeledInk) -> list[LabeledInk]:
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
