"""The benchmarks: sets of drawings with known texts on which a reader is measured.

Test parts are for reporting, not for choosing between readers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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
from ml.data.lookalikes import SEPARABLE_LETTERS, is_digitlike
from ml.data.splits import cheques_to_train_on, semeion_to_train_on, unseen_characters
from ml.ink.images import decode_image
from ml.ink.strokes import Strokes
from ml.synthesis.form_layouts import EMPTY_LAYOUTS, LAYOUTS
from ml.synthesis.forms import fill_form
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


def _uji(is_chosen: Callable[[str], bool]) -> Loader:
    """UJI characters of the writers that the reader was not trained on; of all writers where its card names
    none."""

    def load(file: Path, card: Card) -> LabeledDrawings:
        labels, drawings = load_characters(file)
        arrays = load_images(file)
        if "writer" not in arrays:
            raise DatasetError(f"{file.name} does not name the writers.")
        writers = arrays["writer"].tolist()
        unseen = set(card.get("strangers", {}).get("uji", ())) or set(writers)
        chosen = [i for i, writer in enumerate(writers) if writer in unseen and is_chosen(str(labels[i]))]
        texts = [label if label.isdigit() else "" for label in map(str, labels[chosen])]
        return LabeledDrawings([drawings[i] for i in chosen], texts)

    return load


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


def _images(*, invert: bool) -> Loader:
    def load(file: Path, card: Card) -> LabeledDrawings:
        arrays = load_images(file)
        return LabeledDrawings([255 - image if invert else image for image in arrays["x"]], _texts(arrays["y"]))

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
            return LabeledDrawings(images, [str(entry["label"]) for entry in entries])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DatasetError(f"{file.name} or a picture in it is damaged: {error}") from error

    return load


def _test_part(file: Path) -> StrokeSet:
    pen = load_strokes(file)
    return pen.part(pen.test)


def _texts(labels: NDArray[np.integer]) -> list[str]:
    return [str(label) for label in labels]


_PEN, _UJI, _PHOTOS = "pendigits_strokes.npz", "uji_strokes.npz", "photos/labels.json"
_OMNIGLOT = "omniglot_small.npz"
BENCHMARKS: tuple[Benchmark, ...] = (
    Benchmark("mnist_test", "MNIST test, glyphs", "glyph", "mnist.npz", _mnist_test),
    Benchmark("mnist_test_as_pictures", "MNIST test, as pictures", "text", "mnist.npz", _mnist_test),
    Benchmark("pendigits_test", "Pen digits of unseen writers", "text", _PEN, _pendigits_test),
    Benchmark("strings_apart", "Strings of 2 to 6 pen digits, apart", "text", _PEN, _strings(0.15, 0.5)),
    Benchmark("strings_close", "Strings of 2 to 6 pen digits, close", "text", _PEN, _strings(0.0, 0.15)),
    Benchmark("strings_overlapping", "Strings of 2 to 6 pen digits, overlapping", "text", _PEN,
              _strings(-0.15, 0.0)),
    Benchmark("uji_digits", "UJI digits of unseen writers", "text", _UJI, _uji(str.isdigit)),
    Benchmark("optdigits", "Optdigits, 32x32 bitmaps", "text", "optdigits.npz", _images(invert=True)),
    Benchmark("semeion", "Semeion, 16x16, stretched", "text", "semeion.npz", _semeion),
    Benchmark("hwd1000", "HwD-1000, drawn on a screen", "text", "hwd1000.npz", _images(invert=False)),
    Benchmark("cheques", "Cheque amounts (ORAND-CAR-A)", "digits", "orand_car_a.npz", _cheques),
    Benchmark("photos_digits", "Photos of digits", "text", _PHOTOS, _photos("photo", "photo-28px", "drawn")),
    Benchmark("photos_pages", "Photos of pages", "page", _PHOTOS, _photos("page")),
    Benchmark("separable_letters", "Letters unlike any digit", "no_digit", _UJI, _uji(_is_separable)),
    Benchmark("all_letters", "All letters", "no_digit", _UJI, _uji(str.isalpha)),
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
