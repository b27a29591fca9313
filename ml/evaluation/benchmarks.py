"""The sets that a reader is measured on, and what each holds. Test parts are to report, not to choose."""

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
from ml.synthesis.handwriting import compose_line, write_sign

Drawing = Strokes | NDArray[np.uint8]
Card = Mapping[str, Any]

_STRINGS = 1000
# Gaps between the boxes of two digits, in heights.
_GAPS = {"apart": (0.15, 0.5), "close": (0.0, 0.15), "overlapping": (-0.15, 0.0)}


@dataclass(frozen=True)
class LabeledDrawings:
    """Drawings and what they say; "" where they are no digits."""

    drawings: Sequence[Drawing]
    texts: Sequence[str]


@dataclass(frozen=True)
class Benchmark:
    """A set by name. `kind` says how it is judged.

    glyph      28x28, straight to the network
    text       the whole text must be right
    digits     the same without spaces and line ends, which the labels do not have
    page       the share of right digits, by edit distance
    no_digit   must not be recognised
    """

    name: str
    title: str
    kind: str
    file: str
    load: Callable[[Path, Card], LabeledDrawings]


def _mnist_test(file: Path, card: Card) -> LabeledDrawings:
    mnist = load_mnist(file.parent)
    return LabeledDrawings(list(mnist.x_test), _texts(mnist.y_test))


def _pendigits_test(file: Path, card: Card) -> LabeledDrawings:
    pen = _test_part(file)
    return LabeledDrawings(pen.drawings, _texts(pen.label))


def _pendigits_strings(gaps: tuple[float, float]) -> Callable[[Path, Card], LabeledDrawings]:
    return lambda file, card: compose_strings(_test_part(file), _STRINGS, seed=0, gaps=gaps)


def compose_strings(pen: StrokeSet, n: int, seed: int, gaps: tuple[float, float] | None = None) -> LabeledDrawings:
    """`n` strings of 2 to 6 digits, each by one writer."""
    rng = np.random.default_rng(seed)
    people = np.unique(pen.writer)
    drawings: list[Drawing] = []
    texts = []
    for _ in range(n):
        own = np.flatnonzero(pen.writer == rng.choice(people))
        chosen = rng.choice(own, int(rng.integers(2, 7)))
        drawings.append(compose_line([pen.drawings[i] for i in chosen], rng=rng, gaps=gaps))
        texts.append("".join(str(pen.label[i]) for i in chosen))
    return LabeledDrawings(drawings, texts)


def _uji(chosen: Callable[[str], bool]) -> Callable[[Path, Card], LabeledDrawings]:
    def load(file: Path, card: Card) -> LabeledDrawings:
        """Of the writers that the reader has not been trained on; of all where its card names none."""
        labels, drawings = load_characters(file)
        strangers = set(card.get("strangers", {}).get("uji", ())) or set(_writers(file).tolist())
        places = [
            i for i, who in enumerate(_writers(file).tolist()) if who in strangers and chosen(str(labels[i]))
        ]
        texts = [label if label.isdigit() else "" for label in map(str, labels[places])]
        return LabeledDrawings([drawings[i] for i in places], texts)

    return load


def _writers(file: Path) -> NDArray[np.integer]:
    arrays = load_images(file)
    if "writer" not in arrays:
        raise DatasetError(f"{file.name} does not say who wrote what.")
    return arrays["writer"]


def _shapes(file: Path, card: Card) -> LabeledDrawings:
    return _nothing(load_characters(file)[1])


def _omniglot(digitlike: bool) -> Callable[[Path, Card], LabeledDrawings]:
    def load(file: Path, card: Card) -> LabeledDrawings:
        arrays = load_images(file)
        like = np.array([is_digitlike(str(label)) for label in arrays["label"]])
        chosen = unseen_characters(arrays["label"], arrays["drawer"]) & (digitlike | ~like)
        return _nothing([255 - x for x in arrays["x"][chosen]])

    return load


def _scribbles(file: Path, card: Card) -> LabeledDrawings:
    rng = np.random.default_rng(0)
    kinds = ("scribble", "zigzag", "spiral", "tangle", "dots", "blob")
    return _nothing([[100 * s for s in write_sign(rng, kinds[i % len(kinds)])] for i in range(600)])


def _nothing(drawings: Sequence[Drawing]) -> LabeledDrawings:
    return LabeledDrawings(drawings, [""] * len(drawings))


def _cheques(file: Path, card: Card) -> LabeledDrawings:
    cheques = load_cheques(file)
    chosen = np.flatnonzero(~cheques_to_train_on(len(cheques.texts)))
    return LabeledDrawings([cheques.pictures[i] for i in chosen], [cheques.texts[i] for i in chosen])


def _images(invert: bool) -> Callable[[Path, Card], LabeledDrawings]:
    def load(file: Path, card: Card) -> LabeledDrawings:
        arrays = load_images(file)
        return LabeledDrawings([255 - x if invert else x for x in arrays["x"]], _texts(arrays["y"]))

    return load


def _semeion(file: Path, card: Card) -> LabeledDrawings:
    arrays = load_images(file)
    unseen = ~semeion_to_train_on(len(arrays["y"]))
    return LabeledDrawings([255 - x for x in arrays["x"][unseen]], _texts(arrays["y"][unseen]))


def _photos(*kinds: str) -> Callable[[Path, Card], LabeledDrawings]:
    return lambda file, card: _load_photos(file, kinds)


def _load_photos(file: Path, kinds: Sequence[str]) -> LabeledDrawings:
    """Pictures and what they say, by a JSON list of file, kind and label beside them. Raises DatasetError."""
    try:
        entries = [entry for entry in json.loads(file.read_text()) if entry["kind"] in kinds]
        pictures: list[Drawing] = [decode_image((file.parent / entry["file"]).read_bytes()) for entry in entries]
        return LabeledDrawings(pictures, [str(entry["label"]) for entry in entries])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{file.name} or a picture in it is damaged: {error}") from error


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
    *(
        Benchmark(f"strings_{slice_}", f"Strings of 2 to 6 pen digits, {slice_}", "text", _PEN, load)
        for slice_, load in ((name, _pendigits_strings(gaps)) for name, gaps in _GAPS.items())
    ),
    Benchmark("uji_digits", "UJI digits of unseen writers", "text", _UJI, _uji(str.isdigit)),
    Benchmark("optdigits", "Optdigits, 32x32 bitmaps", "text", "optdigits.npz", _images(invert=True)),
    Benchmark("semeion", "Semeion, 16x16, stretched", "text", "semeion.npz", _semeion),
    Benchmark("hwd1000", "HwD-1000, drawn on a screen", "text", "hwd1000.npz", _images(invert=False)),
    Benchmark("cheques", "Cheque amounts (ORAND-CAR-A)", "digits", "orand_car_a.npz", _cheques),
    Benchmark("photos_digits", "Photos of digits", "text", _PHOTOS, _photos("photo", "photo-28px", "drawn")),
    Benchmark("photos_pages", "Photos of pages", "page", _PHOTOS, _photos("page")),
    Benchmark("separable_letters", "Letters unlike any digit", "no_digit", _UJI, _uji(SEPARABLE_LETTERS.__contains__)),
    Benchmark("all_letters", "All letters", "no_digit", _UJI, _uji(str.isalpha)),
    Benchmark("shapes", "Squares, triangles and the like", "no_digit", "shapes_strokes.npz", _shapes),
    Benchmark("omniglot", "Characters unlike any digit (Omniglot)", "no_digit", _OMNIGLOT, _omniglot(False)),
    Benchmark("all_omniglot", "All characters (Omniglot)", "no_digit", _OMNIGLOT, _omniglot(True)),
    Benchmark("scribbles", "Scribbles", "no_digit", ".", _scribbles),
)  # fmt: skip

FILES = tuple(sorted({benchmark.file for benchmark in BENCHMARKS} - {"."}))  # scribbles need none
