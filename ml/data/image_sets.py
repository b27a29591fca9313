"""Data sets of pictures: scans, bitmaps and photographs of digits and of other characters, split by writer."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.data.cells import cut_digit
from ml.data.cheques import cut_glyphs
from ml.data.corpus import LabeledInk
from ml.data.loaders import Mnist, load_cheques, load_images
from ml.data.lookalikes import is_digitlike
from ml.data.split_plan import SplitPart, SplitPlan, SplitSet
from ml.data.splits import (
    characters_to_train_on,
    characters_to_validate_on,
    cheques_to_train_on,
    cheques_to_validate_on,
    held_out,
    roles_by_writer,
    semeion_to_train_on,
)
from ml.ink.glyph import normalise_glyph
from ml.labels import NOT_A_DIGIT, UNCLEAR

_MOST_PER_WRITER = 250  # cells that are cut of one writer or page: each costs some milliseconds


def split_mnist(mnist: Mnist, plan: SplitPlan) -> SplitPart:
    """MNIST's training part; a share of its writers validate."""
    aside = held_out(mnist.writer_train, plan.share, seed=0)
    part = LabeledInk(mnist.x_train, mnist.y_train, mnist.writer_train)
    return SplitPart("mnist", part.select(~aside), part.select(aside))


def split_semeion(file: Path, plan: SplitPlan) -> SplitSet:
    """The digits that train, each at three random widths, since Semeion stretched all to squares."""
    arrays = load_images(file)
    chosen = semeion_to_train_on(len(arrays["y"]))
    pictures, labels = np.repeat(arrays["x"][chosen], 3, axis=0), np.repeat(arrays["y"][chosen], 3)
    rng = np.random.default_rng(plan.seed)
    widths = np.where(labels == 1, rng.uniform(0.1, 0.5, len(labels)), rng.uniform(0.5, 0.95, len(labels)))
    glyphs = []
    for picture, width in zip(pictures, widths, strict=True):
        # Enlarged four times in height, and 4 * `width` times in width.
        h, w = picture.shape
        size = (max(1, round(4 * w * width)), 4 * h)
        stretched = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        glyphs.append(normalise_glyph(stretched))
    part = LabeledInk(np.stack(glyphs), labels.astype(np.int64))
    return SplitSet([SplitPart("semeion", part, part.select(np.zeros(len(labels), bool)))])


def split_omniglot(file: Path, plan: SplitPlan) -> SplitSet:
    """Characters, unclear where they look like a digit; of these none validate."""
    arrays = load_images(file)
    characters, drawers = arrays["label"], arrays["drawer"]
    labels = np.array([UNCLEAR if is_digitlike(str(label)) else NOT_A_DIGIT for label in characters])
    part = LabeledInk(np.stack([normalise_glyph(picture) for picture in arrays["x"]]), labels)
    training = characters_to_train_on(characters, drawers)
    validation = characters_to_validate_on(characters, drawers) & (labels == NOT_A_DIGIT)
    return SplitSet([SplitPart("omniglot", part.select(training), part.select(validation))])


def split_cheques(file: Path, plan: SplitPlan) -> SplitSet:
    """The digits of amounts, and negatives beside and across them."""
    cheques = load_cheques(file)
    n = len(cheques.texts)
    aside = cheques_to_validate_on(n)
    training = cut_glyphs(cheques, np.flatnonzero(cheques_to_train_on(n) & ~aside))
    validation = cut_glyphs(cheques, np.flatnonzero(aside))
    digits = [part.select(part.labels < NOT_A_DIGIT) for part in (training, validation)]
    negatives = [part.select(part.labels == NOT_A_DIGIT) for part in (training, validation)]
    return SplitSet([SplitPart("cheques", *digits), SplitPart("cheque_junk", *negatives)])


def split_kensanata(file: Path, plan: SplitPlan) -> SplitSet:
    """Scanned digits by Swiss writers."""
    arrays = load_images(file)
    return _split_cells("kensanata", arrays["x"], arrays["y"], arrays["writer"], plan)


def split_sudoku(file: Path, plan: SplitPlan) -> SplitSet:
    """Digits in photographed sudokus. Their writers are not known: pages are split."""
    arrays = load_images(file)
    return _split_cells("sudoku", arrays["x"], arrays["y"], arrays["page"], plan)


def _split_cells(
    name: str,
    pictures: NDArray[np.uint8],
    labels: NDArray[np.integer],
    writers: NDArray[np.integer],
    plan: SplitPlan,
) -> SplitSet:
    """Pictures of one digit each; those in which no ink is found are left out."""
    roles = roles_by_writer(writers, left_out=name in plan.left_out)
    chosen = np.flatnonzero(_some_of_each(writers, _MOST_PER_WRITER) & ~roles.strange)
    cut = [(cut_digit(pictures[i]), int(i)) for i in chosen]
    glyphs = [glyph for glyph, _ in cut if glyph is not None]
    kept = np.array([i for glyph, i in cut if glyph is not None], np.int64)
    strangers = {name: np.unique(writers[roles.strange]).tolist()}
    if not glyphs:
        return SplitSet([], strangers)
    part = LabeledInk(np.stack(glyphs), labels[kept].astype(np.int64), writers[kept])
    return SplitSet(
        [SplitPart(name, part.select(roles.train[kept]), part.select(roles.validate[kept]))], strangers
    )


def _some_of_each(writers: NDArray[np.integer], most: int) -> NDArray[np.bool_]:
    """(n,) true for at most `most` samples of each writer, evenly from first to last: sets are sorted by label."""
    chosen = np.zeros(len(writers), bool)
    for writer in np.unique(writers):
        own = np.flatnonzero(writers == writer)
        chosen[own[np.linspace(0, len(own) - 1, min(most, len(own))).astype(int)]] = True
    return chosen
