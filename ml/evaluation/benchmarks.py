"""The benchmarks: sets of drawings with known texts on which a reader is measured.

Test parts are for reporting, not for choosing between readers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
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
from ml.data.lookalikes import SEPARABLE_LETTERS, is_digitlike, stroke_label
from ml.data.splits import cheques_to_train_on, semeion_to_train_on, unseen_characters
from ml.ink.images import decode_image
from ml.ink.strokes import Strokes
from ml.labels import NOT_A_DIGIT
from ml.synthesis.forms import EMPTY_LAYOUTS, LAYOUTS, fill_form
from ml.synthesis.handwriting import compose_line, write_sign
from ml.synthesis.number_cases import synthetic_writer

Drawing = Strokes | NDArray[np.uint8]
Card = Mapping[str, Any]  # of an artifact
_STRINGS = 1000  # in each benchmark of strings
_HANDS = 20  # in which each layout of forms is filled in


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


@dataclass(frozen=True)
class Benchmark:
    """A set under a name. `file` is relative to the data folder; `kind` is how a reading of it is judged:

    glyph      28x28 pixels, straight to the glyph network
    text       the whole text must be right
    digits     the same without spaces and line ends, which the labels do not have
    page       the share of right digits counts, by edit distance
    no_digit   must not be recognised

    `load` raises DatasetError for a damaged file.
    """

    name: str
    title: str
    kind: str
    file: str
    load: Loader


def _mnist_test(file: Path, card: Card) -> LabeledDrawings:
    mnist = load_mnist(file.parent)
    return LabeledDrawings(list(mnist.x_test), _texts(mnist.y_test))


def _pendigits_test(file: Path, card: Card) -> LabeledDrawings:
    pen = _test_part(file)
    return LabeledDrawings(pen.drawings, _texts(pen.label))


def _strings(least: float, largest: float) -> Loader:
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


def _characters(data_set: str, is_chosen: Callable[[str], bool]) -> Loader:
    """Characters of a file of strokes by the writers that the reader was not trained on.

    The card of the reader names them by data set; where it does not name the data set, they are all writers.
    """

    def load(file: Path, card: Card) -> LabeledDrawings:
        labels, drawings, _ = _of_strangers(file, card, data_set)
        chosen = [i for i, label in enumerate(labels) if is_chosen(label)]
        texts = [labels[i] if labels[i].isdigit() else "" for i in chosen]
        return LabeledDrawings([drawings[i] for i in chosen], texts)

    return load


def _of_strangers(file: Path, card: Card, data_set: str) -> tuple[list[str], list[Strokes], NDArray[np.integer]]:
    """Labels, drawings and writers (n,) of a file of strokes, by writers whom this reader never saw."""
    labels, drawings = load_characters(file)
    arrays = load_images(file)
    if "writer" not in arrays:
        raise DatasetError(f"{file.name} does not name the writers.")
    chosen = np.flatnonzero(_strange(arrays["writer"], card, data_set)).tolist()
    return [str(labels[i]) for i in chosen], [drawings[i] for i in chosen], arrays["writer"][chosen]


def _strange(writers: NDArray[np.integer], card: Card, data_set: str) -> NDArray[np.bool_]:
    """(n,) true for writers, or pages, that the reader with this card never saw; for all where it does not say."""
    strangers = card.get("strangers", {})
    if data_set not in strangers:
        return np.full(len(writers), True)
    return np.asarray(np.isin(writers, strangers[data_set]))


def _strings_of_strangers(data_set: str, least: float, largest: float) -> Loader:
    """Strings of the digits of one stranger each, as `_strings`."""

    def load(file: Path, card: Card) -> LabeledDrawings:
        labels, drawings, writers = _of_strangers(file, card, data_set)
        digits = [i for i, label in enumerate(labels) if label.isdigit()]
        numbers = np.array([int(labels[i]) for i in digits], np.int64)
        own = StrokeSet(
            numbers, writers[digits].astype(np.int64), np.zeros(len(digits), bool), [drawings[i] for i in digits]
        )
        return compose_strings(own, _STRINGS, seed=0, gaps=(least, largest)) if digits else LabeledDrawings([], [])

    return load


def _is_sign(label: str) -> bool:
    return stroke_label(label) == NOT_A_DIGIT and not label.isalnum()


def _is_separable(label: str) -> bool:
    return label in SEPARABLE_LETTERS


def _shapes(file: Path, card: Card) -> LabeledDrawings:
    return _no_digits(load_characters(file)[1])


def _omniglot(*, digitlike: bool) -> Loader:
    """Omniglot characters and drawers that the reader was not trained on, with or without those like a digit."""

    def load(file: Path, card: Card) -> LabeledDrawings:
        arrays = load_images(file)
        like = np.array([is_digitlike(str(label)) for label in arrays["label"]])
        chosen = unseen_characters(arrays["label"], arrays["drawer"]) & (digitlike | ~like)
        return _no_digits([255 - image for image in arrays["x"][chosen]])

    return load


def _scribbles(file: Path, card: Card) -> LabeledDrawings:
    """600 synthetic scribbles, which need no file."""
    rng = np.random.default_rng(0)
    kinds = ("scribble", "zigzag", "spiral", "tangle", "dots", "blob")
    return _no_digits([[100 * stroke for stroke in write_sign(rng, kinds[i % len(kinds)])] for i in range(600)])


def _forms(layouts: Sequence[str], *, are_empty: bool) -> Loader:
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


def _cheques(file: Path, card: Card) -> LabeledDrawings:
    cheques = load_cheques(file)
    chosen = np.flatnonzero(~cheques_to_train_on(len(cheques.texts)))
    return LabeledDrawings([cheques.pictures[i] for i in chosen], [cheques.texts[i] for i in chosen])


def _images(*, invert: bool, test: bool = False) -> Loader:
    """Pictures of single digits; with `test` those of the test part."""

    def load(file: Path, card: Card) -> LabeledDrawings:
        arrays = load_images(file)
        x, y = (arrays["x"][arrays["test"]], arrays["y"][arrays["test"]]) if test else (arrays["x"], arrays["y"])
        return LabeledDrawings([255 - image if invert else image for image in x], _texts(y))

    return load


def _cells_of_strangers(data_set: str, writer: str) -> Loader:
    """Pictures of single digits by strangers; `writer` is the name of the array that tells who wrote each."""

    def load(file: Path, card: Card) -> LabeledDrawings:
        arrays = load_images(file)
        chosen = _strange(arrays[writer], card, data_set)
        return LabeledDrawings([*arrays["x"][chosen]], _texts(arrays["y"][chosen]))

    return load


def _scanned_signs(is_chosen: Callable[[str], bool]) -> Loader:
    """Pictures of single characters, labeled by an array of characters."""

    def load(file: Path, card: Card) -> LabeledDrawings:
        arrays = load_images(file)
        labels = [str(label) for label in arrays["label"]]
        chosen = [i for i, label in enumerate(labels) if is_chosen(label)]
        return LabeledDrawings(
            [arrays["x"][i] for i in chosen], [labels[i] if labels[i].isdigit() else "" for i in chosen]
        )

    return load


def _files(text: str | None) -> Loader:
    """Pictures as bytes of files; `text` is the name of the array of their texts, None without digits."""

    def load(file: Path, card: Card) -> LabeledDrawings:
        arrays = load_images(file)
        data = arrays["image"].tobytes()
        images: list[Drawing] = [decode_image(data[a:b]) for a, b in pairwise(arrays["image_offsets"])]
        return LabeledDrawings(images, [""] * len(images) if text is None else [str(t) for t in arrays[text]])

    return load


def _semeion(file: Path, card: Card) -> LabeledDrawings:
    arrays = load_images(file)
    unseen = ~semeion_to_train_on(len(arrays["y"]))
    return LabeledDrawings([255 - image for image in arrays["x"][unseen]], _texts(arrays["y"][unseen]))


def _photos(*kinds: str) -> Loader:
    """Pictures of these kinds, by a JSON list of file, kind and label that lies beside them."""

    def load(file: Path, card: Card) -> LabeledDrawings:
        try:
            entries = [entry for entry in json.loads(file.read_text()) if entry["kind"] in kinds]
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


_PEN, _UJI, _PHOTOS = "pendigits_strokes.npz", "uji_strokes.npz", "photos/labels.json"
_OMNIGLOT = "omniglot_small.npz"
_UNIPEN, _DIGILETS = "unipen_part_strokes.npz", "digilets_strokes.npz"
_EXPRESSMATCH, _MATHBRUSH = "expressmatch_strokes.npz", "mathbrush_symbols_strokes.npz"
_PHOTOS2 = "photos2/labels.json"
BENCHMARKS: tuple[Benchmark, ...] = (
    Benchmark("mnist_test", "MNIST test, glyphs", "glyph", "mnist.npz", _mnist_test),
    Benchmark("mnist_test_as_pictures", "MNIST test, as pictures", "text", "mnist.npz", _mnist_test),
    Benchmark("pendigits_test", "Pen digits of unseen writers", "text", _PEN, _pendigits_test),
    Benchmark("strings_apart", "Strings of 2 to 6 pen digits, apart", "text", _PEN, _strings(0.15, 0.5)),
    Benchmark("strings_close", "Strings of 2 to 6 pen digits, close", "text", _PEN, _strings(0.0, 0.15)),
    Benchmark("strings_overlapping", "Strings of 2 to 6 pen digits, overlapping", "text", _PEN,
              _strings(-0.15, 0.0)),
    Benchmark("uji_digits", "UJI digits of unseen writers", "text", _UJI, _characters("uji", str.isdigit)),
    Benchmark("optdigits", "Optdigits, 32x32 bitmaps", "text", "optdigits.npz", _images(invert=True)),
    Benchmark("semeion", "Semeion, 16x16, stretched", "text", "semeion.npz", _semeion),
    Benchmark("hwd1000", "HwD-1000, drawn on a screen", "text", "hwd1000.npz", _images(invert=False)),
    Benchmark("cheques", "Cheque amounts (ORAND-CAR-A)", "digits", "orand_car_a.npz", _cheques),
    Benchmark("photos_digits", "Photos of digits", "text", _PHOTOS, _photos("photo", "photo-28px", "drawn")),
    Benchmark("photos_pages", "Photos of pages", "page", _PHOTOS, _photos("page")),
    Benchmark("unipen_digits", "UNIPEN digits of unseen devices", "text", _UNIPEN,
              _characters("unipen", str.isdigit)),
    Benchmark("unipen_apart", "Strings of UNIPEN digits, apart", "text", _UNIPEN,
              _strings_of_strangers("unipen", 0.15, 0.5)),
    Benchmark("unipen_close", "Strings of UNIPEN digits, close", "text", _UNIPEN,
              _strings_of_strangers("unipen", 0.0, 0.15)),
    Benchmark("unipen_overlapping", "Strings of UNIPEN digits, overlapping", "text", _UNIPEN,
              _strings_of_strangers("unipen", -0.15, 0.0)),
    Benchmark("digilets_digits", "DigiLeTs digits of unseen students", "text", _DIGILETS,
              _characters("digilets", str.isdigit)),
    Benchmark("digilets_overlapping", "Strings of DigiLeTs digits, overlapping", "text", _DIGILETS,
              _strings_of_strangers("digilets", -0.15, 0.0)),
    Benchmark("expressmatch_digits", "Digits out of formulas (ExpressMatch)", "text", _EXPRESSMATCH,
              _characters("expressmatch", str.isdigit)),
    Benchmark("mathbrush_digits", "Digits out of formulas (MathBrush)", "text", _MATHBRUSH,
              _characters("mathbrush", str.isdigit)),
    Benchmark("kensanata", "Scanned Swiss digits of unseen writers", "text", "kensanata_numbers.npz",
              _cells_of_strangers("kensanata", "writer")),
    Benchmark("sudoku", "Digits in photographed sudokus, unseen pages", "text", "sudoku_cells.npz",
              _cells_of_strangers("sudoku", "page")),
    Benchmark("tgtony_digits", "Scanned digits", "text", "tgtony_scans.npz", _scanned_signs(str.isdigit)),
    Benchmark("drawn_digits", "Pictures that digit programs were tried with", "text", "drawn_digits.npz",
              _files("label")),
    Benchmark("dida", "Church books (DIDA)", "text", "dida_digits.npz", _images(invert=False)),
    Benchmark("ardis", "Church books (ARDIS IV), test part", "text", "ardis_iv.npz",
              _images(invert=True, test=True)),
    Benchmark("marksheets", "Marks of two and three digits", "digits", "marksheet_cells.npz", _files("string")),
    Benchmark("photos2_digits", "Photos of digits, more people", "text", _PHOTOS2,
              _photos("photo", "photo-28px", "drawn")),
    Benchmark("photos2_lines", "Photos of lines, sums and pages, more people", "page", _PHOTOS2,
              _photos("page", "line")),
    Benchmark("separable_letters", "Letters unlike any digit", "no_digit", _UJI,
              _characters("uji", _is_separable)),
    Benchmark("all_letters", "All letters", "no_digit", _UJI, _characters("uji", str.isalpha)),
    Benchmark("unipen_letters", "Letters unlike any digit, unseen devices (UNIPEN)", "no_digit", _UNIPEN,
              _characters("unipen", _is_separable)),
    Benchmark("unipen_signs", "Signs unlike a 1, unseen devices (UNIPEN)", "no_digit", _UNIPEN,
              _characters("unipen", _is_sign)),
    Benchmark("digilets_letters", "Letters unlike any digit, unseen students (DigiLeTs)", "no_digit", _DIGILETS,
              _characters("digilets", _is_separable)),
    Benchmark("expressmatch_letters", "Letters unlike any digit, out of formulas", "no_digit", _EXPRESSMATCH,
              _characters("expressmatch", _is_separable)),
    Benchmark("expressmatch_signs", "Signs unlike a 1, out of formulas", "no_digit", _EXPRESSMATCH,
              _characters("expressmatch", _is_sign)),
    Benchmark("drawn_nondigits", "Drawn letters on paper", "no_digit", "drawn_nondigits.npz", _files(None)),
    Benchmark("shapes", "Squares, triangles and the like", "no_digit", "shapes_strokes.npz", _shapes),
    Benchmark("omniglot", "Characters unlike any digit (Omniglot)", "no_digit", _OMNIGLOT,
              _omniglot(digitlike=False)),
    Benchmark("all_omniglot", "All characters (Omniglot)", "no_digit", _OMNIGLOT, _omniglot(digitlike=True)),
    Benchmark("forms", "Forms filled in by synthetic hands", "digits", ".",
              _forms(list(LAYOUTS), are_empty=False)),
    Benchmark("empty_forms", "Empty forms", "no_digit", ".", _forms(EMPTY_LAYOUTS, are_empty=True)),
    Benchmark("scribbles", "Scribbles", "no_digit", ".", _scribbles),
)  # fmt: skip

# The data files; "." stands in benchmarks that need none.
FILES = tuple(sorted({benchmark.file for benchmark in BENCHMARKS} - {"."}))
