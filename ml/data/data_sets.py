"""The data sets that training uses: their files, their sources, and how each is split into labeled ink."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ml.data.cheques import cut_glyphs
from ml.data.corpus import LabeledInk
from ml.data.loaders import Mnist, load_characters, load_cheques, load_images, load_strokes
from ml.data.lookalikes import SEPARABLE_LETTERS, is_digitlike
from ml.data.splits import (
    characters_to_train_on,
    characters_to_validate_on,
    cheques_to_train_on,
    cheques_to_validate_on,
    fold,
    held_out,
    pen_digits_to_validate_on,
    semeion_to_train_on,
)
from ml.ink.glyph import normalise_glyph
from ml.labels import NOT_A_DIGIT, UNCLEAR

MNIST_FILE = "mnist.npz"
MNIST_SOURCE = "MNIST (LeCun, Cortes, Burges), CC BY-SA 3.0"
UJI_FILE = "uji_strokes.npz"
CHEQUES_FILE = "orand_car_a.npz"


@dataclass(frozen=True)
class SplitPart:
    """A part of the corpus: what of it trains, and what of it validates, which may be nothing."""

    name: str
    training: LabeledInk
    validation: LabeledInk


@dataclass(frozen=True)
class DataSet:
    """A data set in a file. `split` takes the file, the share of the writers who validate, and the run's seed."""

    file: str
    source: str  # as it stands in artifact cards
    split: Callable[[Path, float, int], list[SplitPart]]


def split_mnist(mnist: Mnist, share: float) -> SplitPart:
    """MNIST's training part; `share` of its writers validate."""
    aside = held_out(mnist.writer_train, share, seed=0)
    part = LabeledInk(mnist.x_train, mnist.y_train, mnist.writer_train)
    return SplitPart("mnist", part.select(~aside), part.select(aside))


def _split_pendigits(file: Path, share: float, seed: int) -> list[SplitPart]:
    strokes = load_strokes(file)
    strokes = strokes.part(~strokes.test)
    aside = pen_digits_to_validate_on(strokes.writer, share)
    part = LabeledInk(strokes.drawings, strokes.label, strokes.writer)
    return [SplitPart("pendigits", part.select(~aside), part.select(aside))]


def _split_uji(file: Path, share: float, seed: int) -> list[SplitPart]:
    """The digits and letters of all writers but those of the fold `seed`. None validate."""
    characters, drawings = load_characters(file)
    writers = load_images(file)["writer"]
    letters = dict.fromkeys(SEPARABLE_LETTERS, NOT_A_DIGIT)
    names = [str(character) for character in characters]
    labels = np.array([int(name) if name.isdigit() else letters.get(name, UNCLEAR) for name in names])
    part = LabeledInk(drawings, labels, writers)
    training, digits = ~fold(writers, seed), labels < NOT_A_DIGIT
    nothing = part.select(np.zeros(len(labels), bool))
    return [
        SplitPart("uji_digits", part.select(training & digits), nothing),
        SplitPart("uji_letters", part.select(training & ~digits), nothing),
    ]


def _split_semeion(file: Path, share: float, seed: int) -> list[SplitPart]:
    """The digits that train, each at three random widths, since Semeion stretched all to squares."""
    arrays = load_images(file)
    chosen = semeion_to_train_on(len(arrays["y"]))
    pictures, labels = np.repeat(arrays["x"][chosen], 3, axis=0), np.repeat(arrays["y"][chosen], 3)
    rng = np.random.default_rng(seed)
    widths = np.where(labels == 1, rng.uniform(0.1, 0.5, len(labels)), rng.uniform(0.5, 0.95, len(labels)))
    glyphs = []
    for picture, width in zip(pictures, widths, strict=True):
        # Enlarged four times in height, and 4 * `width` times in width.
        h, w = picture.shape
        size = (max(1, round(4 * w * width)), 4 * h)
        stretched = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        glyphs.append(normalise_glyph(stretched))
    part = LabeledInk(np.stack(glyphs), labels.astype(np.int64))
    return [SplitPart("semeion", part, part.select(np.zeros(len(labels), bool)))]


def _split_omniglot(file: Path, share: float, seed: int) -> list[SplitPart]:
    """Characters, unclear where they look like a digit; of these none validate."""
    arrays = load_images(file)
    characters, drawers = arrays["label"], arrays["drawer"]
    labels = np.array([UNCLEAR if is_digitlike(str(label)) else NOT_A_DIGIT for label in characters])
    part = LabeledInk(np.stack([normalise_glyph(picture) for picture in arrays["x"]]), labels)
    training = characters_to_train_on(characters, drawers)
    validation = characters_to_validate_on(characters, drawers) & (labels == NOT_A_DIGIT)
    return [SplitPart("omniglot", part.select(training), part.select(validation))]


def _split_cheques(file: Path, share: float, seed: int) -> list[SplitPart]:
    """The digits of amounts, and negatives beside and across them."""
    cheques = load_cheques(file)
    n = len(cheques.texts)
    aside = cheques_to_validate_on(n)
    training = cut_glyphs(cheques, np.flatnonzero(cheques_to_train_on(n) & ~aside))
    validation = cut_glyphs(cheques, np.flatnonzero(aside))
    digits = [part.select(part.labels < NOT_A_DIGIT) for part in (training, validation)]
    negatives = [part.select(part.labels == NOT_A_DIGIT) for part in (training, validation)]
    return [SplitPart("cheques", *digits), SplitPart("cheque_junk", *negatives)]


DATA_SETS = (
    DataSet(
        "pendigits_strokes.npz",
        "Pen-Based Recognition of Handwritten Digits, training part (Alpaydin, Alimoglu; UCI 81), CC BY 4.0",
        _split_pendigits,
    ),
    DataSet(
        UJI_FILE,
        "UJI Pen Characters, two thirds of the writers (Llorens and others; UCI 177), CC BY 4.0",
        _split_uji,
    ),
    DataSet(
        "semeion.npz",
        "Semeion, digits of 50 of the 80 writers (Buscema; UCI 178), CC BY 4.0",
        _split_semeion,
    ),
    DataSet(
        "omniglot_small.npz",
        "Omniglot, ten drawers of four alphabets, as what is no digit (Lake and others), MIT",
        _split_omniglot,
    ),
    DataSet(
        CHEQUES_FILE,
        "ORAND-CAR-A, a third of the amounts (Diem and others; copy with labels: MIT)",
        _split_cheques,
    ),
)
