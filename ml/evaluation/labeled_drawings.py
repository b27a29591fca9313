"""Drawings with their true texts, out of the files of data sets: what the benchmarks read.

A loader takes a file and the card of the reader that is to be measured, which names the writers whom it never saw.
It raises DatasetError for a damaged file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.data.loaders import (
    DatasetError,
    StrokeSet,
    load_characters,
    load_cheques,
    load_images,
    load_mnist,
    load_strokes,
)
from ml.data.lookalikes import DIGITLIKE_NAMES, SEPARABLE_LETTERS, is_digitlike, stroke_label
from ml.data.splits import cheques_to_train_on, semeion_to_train_on, unseen_characters
from ml.ink.images import decode_image
from ml.ink.strokes import Strokes
from ml.labels import NOT_A_DIGIT
from ml.synthesis.forms import fill_form
from ml.synthesis.handwriting import compose_line, write_sign
from ml.synthesis.number_cases import synthetic_writer

Drawing = Strokes | NDArray[np.uint8]
Card = Mapping[str, Any]  # of an artifact
_STRINGS = 1000  # in each benchmark of strings
_HANDS = 20  # in which each layout of forms is filled in
_UNKNOWN_DEVICE = "-"


@dataclass(frozen=True)
class LabeledDrawings:
    """Drawings and their true texts, "" where they are no digits."""

    drawings: Sequence[Drawing]
    texts: Sequence[str]

    def sample(self, most: int) -> LabeledDrawings:
        """At most `most` of the drawings, chosen with a fixed seed, in their order."""
        if len(self.texts) <= most:
            return self
        chosen = np.sort(np.random.default_rng(0).permutation(len(self.texts))[:most])
        return LabeledDrawings([self.drawings[i] for i in chosen], [self.texts[i] for i in chosen])


Loader = Callable[[Path, Card], LabeledDrawings]  # of the data file and the card of the reader to measure


def mnist_test(file: Path, card: Card) -> LabeledDrawings:
    mnist = load_mnist(file.parent)
    return LabeledDrawings(list(mnist.x_test), _texts(mnist.y_test))


def pendigits_test(file: Path, card: Card) -> LabeledDrawings:
    pen = _test_part(file)
    return LabeledDrawings(pen.drawings, _texts(pen.label))


def strings(least: float, largest: float) -> Loader:
    """Strings of pen digits whose gaps between two boxes are within these limits, in heights."""
    return lambda file, card: compose_strings(_test_part(file), _STRINGS, seed=0, gaps=(least, largest))


def compose_strings(pen: StrokeSet, n: int, seed: int, gaps: tuple[float, float] | None = None) -> LabeledDrawings:
    """`n` strings of 2 to 6 digits, each by one writer. `gaps` are the least and largest gap between two digits,
    in heights."""
    rng = np.random.default_rng(seed)
    writers = np.unique(pen.writer)
    drawings: list[Drawing] = []
    texts = []
    for _ in range(n):
        own = np.flatnonzero(pen.writer == rng.choice(writers))
        chosen = rng.choice(own, int(rng.integers(2, 7)))
        drawings.append(compose_line([pen.drawings[i] for i in chosen], rng=rng, gaps=gaps))
        texts.append("".join(str(pen.label[i]) for i in chosen))
    return LabeledDrawings(drawings, texts)


def characters(data_set: str | None, is_chosen: Callable[[str], bool]) -> Loader:
    """Characters of a file of strokes by the writers that the reader was not trained on.

    The card of the reader names them by data set. They are all writers where it does not, or without a data set.
    """

    def load(file: Path, card: Card) -> LabeledDrawings:
        labels, drawings, _ = _of_strangers(file, card, data_set)
        chosen = [i for i, label in enumerate(labels) if is_chosen(label)]
        return LabeledDrawings([drawings[i] for i in chosen], _digits_only([labels[i] for i in chosen]))

    return load


def _of_strangers(
    file: Path, card: Card, data_set: str | None
) -> tuple[list[str], list[Strokes], NDArray[np.integer]]:
    """Labels, drawings and writers (n,) of a file of strokes, by writers whom this reader never saw.

    Those of an unknown device are left out where devices are known: it may be one that the reader saw.
    """
    labels, drawings = load_characters(file)
    arrays = load_images(file)
    if "writer" not in arrays:
        raise DatasetError(f"{file.name} does not name the writers.")
    strange = _strange(arrays["writer"], card, data_set)
    if "device" in arrays:
        strange &= arrays["device"] != _UNKNOWN_DEVICE
    chosen = np.flatnonzero(strange).tolist()
    return [str(labels[i]) for i in chosen], [drawings[i] for i in chosen], arrays["writer"][chosen]


def _strange(writers: NDArray[np.integer], card: Card, data_set: str | None) -> NDArray[np.bool_]:
    """(n,) true for writers, or pages, that the reader with this card never saw; for all where it does not say."""
    strangers = card.get("strangers", {})
    if data_set is None or data_set not in strangers:
        return np.full(len(writers), True)
    return np.asarray(np.isin(writers, strangers[data_set]))


def strings_of_strangers(data_set: str, least: float, largest: float) -> Loader:
    """Strings of the digits of one stranger each, as `strings`."""

    def load(file: Path, card: Card) -> LabeledDrawings:
        labels, drawings, writers = _of_strangers(file, card, data_set)
        digits = [i for i, label in enumerate(labels) if label.isdigit()]
        numbers = np.array([int(labels[i]) for i in digits], np.int64)
        own = StrokeSet(
            numbers, writers[digits].astype(np.int64), np.zeros(len(digits), bool), [drawings[i] for i in digits]
        )
        return compose_strings(own, _STRINGS, seed=0, gaps=(least, largest)) if digits else LabeledDrawings([], [])

    return load


def is_sign(label: str) -> bool:
    """Whether a character is a sign that nobody writes like a digit."""
    return stroke_label(label) == NOT_A_DIGIT and not label.isalnum()


def is_separable(label: str) -> bool:
    """Whether a character is a Latin letter that nobody writes like a digit."""
    return label in SEPARABLE_LETTERS


def is_separable_name(label: str) -> bool:
    """The same of a Latin letter, or of a Greek one by its name."""
    return label in SEPARABLE_LETTERS or (len(label) > 1 and label.isalpha() and label not in DIGITLIKE_NAMES)


def is_letter_but_o(label: str) -> bool:
    """Whether a letter, or the name of one, is another than o, which is the same drawing as a zero."""
    return label not in ("o", "omikron")


def shapes(file: Path, card: Card) -> LabeledDrawings:
    return _no_digits(load_characters(file)[1])


def omniglot(*, digitlike: bool) -> Loader:
    """Omniglot characters and drawers that the reader was not trained on, with or without those like a digit."""

    def load(file: Path, card: Card) -> LabeledDrawings:
        arrays = load_images(file)
        like = np.array([is_digitlike(str(label)) for label in arrays["label"]])
        chosen = unseen_characters(arrays["label"], arrays["drawer"]) & (digitlike | ~like)
        return _no_digits([255 - image for image in arrays["x"][chosen]])

    return load


def scribbles(file: Path, card: Card) -> LabeledDrawings:
    """600 synthetic scribbles, which need no file."""
    rng = np.random.default_rng(0)
    kinds = ("scribble", "zigzag", "spiral", "tangle", "dots", "blob")
    return _no_digits([[100 * stroke for stroke in write_sign(rng, kinds[i % len(kinds)])] for i in range(600)])


def forms(layouts: Iterable[str], *, are_empty: bool) -> Loader:
    """Synthetic forms, 20 of each layout, each with a hand and a look of its own; they need no file."""

    def load(file: Path, card: Card) -> LabeledDrawings:
        forms = []
        for number, layout in enumerate(layouts):
            for hand in range(_HANDS):
                rng = np.random.default_rng((number, hand))
                forms.append(fill_form(layout, synthetic_writer(rng), rng, is_empty=are_empty))
        return LabeledDrawings([form.picture for form in forms], ["".join(form.text.split()) for form in forms])

    return load


def _no_digits(drawings: Sequence[Drawing]) -> LabeledDrawings:
    return LabeledDrawings(drawings, [""] * len(drawings))


def cheques(file: Path, card: Card) -> LabeledDrawings:
    cheques = load_cheques(file)
    chosen = np.flatnonzero(~cheques_to_train_on(len(cheques.texts)))
    return LabeledDrawings([cheques.pictures[i] for i in chosen], [cheques.texts[i] for i in chosen])


def images(*, invert: bool, test: bool = False) -> Loader:
    """Pictures of single digits; with `test` those of the test part."""

    def load(file: Path, card: Card) -> LabeledDrawings:
        arrays = load_images(file)
        x, y = (arrays["x"][arrays["test"]], arrays["y"][arrays["test"]]) if test else (arrays["x"], arrays["y"])
        return LabeledDrawings([255 - image if invert else image for image in x], _texts(y))

    return load


def cells_of_strangers(data_set: str, writer: str) -> Loader:
    """Pictures of single digits by strangers; `writer` is the name of the array that tells who wrote each."""

    def load(file: Path, card: Card) -> LabeledDrawings:
        arrays = load_images(file)
        chosen = _strange(arrays[writer], card, data_set)
        return LabeledDrawings([*arrays["x"][chosen]], _texts(arrays["y"][chosen]))

    return load


def labeled_images(is_chosen: Callable[[str], bool]) -> Loader:
    """Pictures of single characters, labeled by an array of characters or their names."""

    def load(file: Path, card: Card) -> LabeledDrawings:
        arrays = load_images(file)
        labels = [str(label) for label in arrays["label"]]
        chosen = [i for i, label in enumerate(labels) if is_chosen(label)]
        return LabeledDrawings([arrays["x"][i] for i in chosen], _digits_only([labels[i] for i in chosen]))

    return load


def image_files(labels: str, is_chosen: Callable[[str], bool] = str.isdigit) -> Loader:
    """Pictures as bytes of files; `labels` is the name of the array of their labels."""

    def load(file: Path, card: Card) -> LabeledDrawings:
        arrays = load_images(file)
        data = arrays["image"].tobytes()
        spans = zip(pairwise(arrays["image_offsets"]), map(str, arrays[labels]), strict=True)
        chosen = [(span, label) for span, label in spans if is_chosen(label)]
        images: list[Drawing] = [decode_image(data[start:end]) for (start, end), _ in chosen]
        return LabeledDrawings(images, _digits_only([label for _, label in chosen]))

    return load


def _digits_only(labels: Sequence[str]) -> list[str]:
    """The labels that are digits, "" for others."""
    return [label if label.isdigit() else "" for label in labels]


def semeion(file: Path, card: Card) -> LabeledDrawings:
    arrays = load_images(file)
    unseen = ~semeion_to_train_on(len(arrays["y"]))
    return LabeledDrawings([255 - image for image in arrays["x"][unseen]], _texts(arrays["y"][unseen]))


def is_one_line(label: str) -> bool:
    """Whether a text has one line."""
    return "\n" not in label


def photos(*kinds: str, is_chosen: Callable[[str], bool] = lambda label: True) -> Loader:
    """Pictures of these kinds, by a JSON list of file, kind and label that lies beside them."""

    def load(file: Path, card: Card) -> LabeledDrawings:
        try:
            listed = json.loads(file.read_text())
            entries = [e for e in listed if e["kind"] in kinds and is_chosen(str(e["label"]))]
            images: list[Drawing] = [decode_image((file.parent / entry["file"]).read_bytes()) for entry in entries]
            return LabeledDrawings(images, [_digits_of(str(entry["label"])) for entry in entries])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DatasetError(f"{file.name} or a picture in it is damaged: {error}") from error

    return load


def _digits_of(label: str) -> str:
    """The digits of a label; other characters part numbers, line ends part lines."""
    return "\n".join(" ".join(re.findall(r"\d+", line)) for line in label.split("\n"))


def _test_part(file: Path) -> StrokeSet:
    pen = load_strokes(file)
    return pen.part(pen.test)


def _texts(labels: NDArray[np.integer]) -> list[str]:
    return [str(label) for label in labels]
