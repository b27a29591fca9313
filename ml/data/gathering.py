"""Gather the corpus of a training run from the files in a folder."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from ml.data.cheques import cut_lines
from ml.data.corpus import CorpusSplit, LabeledLines
from ml.data.data_sets import CHEQUES_FILE, DATA_SETS, MNIST_FILE, MNIST_SOURCE
from ml.data.image_sets import split_mnist
from ml.data.loaders import Mnist, load_cheques, load_mnist
from ml.data.split_plan import SplitPart, SplitPlan
from ml.data.splits import cheques_to_train_on, cheques_to_validate_on

log = logging.getLogger(__name__)

# As in the card of the shipped reader: with another text, the card of a fine-tuned network would list it twice.
_SYNTHETIC_SOURCE = "synthetic strokes of this project (ml/synthesis)"


def gather_local_corpus(folder: Path | None, plan: SplitPlan, *, lines: bool = True) -> CorpusSplit:
    """As `gather_corpus`, with MNIST from `folder` where it is there. Nothing is downloaded."""
    has_mnist = folder is not None and (folder / MNIST_FILE).exists()
    mnist = load_mnist(folder) if folder is not None and has_mnist else None
    return gather_corpus(mnist, folder, plan, lines=lines)


def gather_corpus(mnist: Mnist | None, folder: Path | None, plan: SplitPlan, *, lines: bool = True) -> CorpusSplit:
    """The corpus of MNIST and of all data sets whose files are in `folder`, split as `plan` says.

    Test parts are not used. Without `lines` the real lines, from which only the line network learns, are not cut.
    Raises DatasetError for a damaged file, and for a plan that leaves out a device that its file has not.
    """
    parts: list[SplitPart] = []
    sources = []
    strangers: dict[str, list[int]] = {}
    if mnist is not None:
        parts.append(split_mnist(mnist, plan))
        sources.append(MNIST_SOURCE)
    for data_set in DATA_SETS:
        file = _file_in(folder, data_set.file)
        if file is None:
            log.info("no %s: training goes on without it", data_set.file)
            continue
        split = data_set.split(file, plan)
        parts += split.parts
        strangers |= split.strangers
        sources.append(data_set.source)
    real_lines, validation_lines = _split_lines(folder if lines else None)
    return CorpusSplit(
        training={part.name: part.training for part in parts if len(part.training.labels)},
        validation={part.name: part.validation for part in parts if len(part.validation.labels)},
        lines=real_lines,
        validation_lines=validation_lines,
        sources=(*sources, _SYNTHETIC_SOURCE),
        strangers=strangers,
    )


def _split_lines(folder: Path | None) -> tuple[LabeledLines, LabeledLines]:
    """The amounts on cheques as lines, to train on and to validate on."""
    file = _file_in(folder, CHEQUES_FILE)
    if file is None:
        return LabeledLines([], []), LabeledLines([], [])
    cheques = load_cheques(file)
    n = len(cheques.texts)
    aside = cheques_to_validate_on(n)
    training = cut_lines(cheques, np.flatnonzero(cheques_to_train_on(n) & ~aside))
    return training, cut_lines(cheques, np.flatnonzero(aside))


def _file_in(folder: Path | None, name: str) -> Path | None:
    """The path of a file of the folder; None without a folder, or where the file is not there."""
    return folder / name if folder is not None and (folder / name).exists() else None
