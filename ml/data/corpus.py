"""What the reader learns from: real and synthetic writing in parts, and the mixture drawn from them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.data.loaders import (
    Cheques,
    Mnist,
    StrokeSet,
    load_characters,
    load_cheques,
    load_images,
    load_mnist,
    load_strokes,
)
from ml.data.splits import (
    cheques_to_train_on,
    cheques_to_validate_on,
    fold,
    held_out,
    pen_digits_to_validate_on,
    seen_characters,
    semeion_to_train_on,
    tuned_characters,
)
from ml.ink.glyph import normalise_glyph, strokes_to_glyph
from ml.ink.greyscale import Grey
from ml.ink.strokes import Strokes
from ml.labels import NOT_A_DIGIT, UNCLEAR, Glyphs, Labels
from ml.segmentation.candidates import Candidate
from ml.segmentation.components import union_box
from ml.segmentation.costs import IMAGE_COSTS
from ml.segmentation.image_components import ImageComponents, find_image_components
from ml.segmentation.page_layout import find_layouts

log = logging.getLogger("ml.training.train")

# Letters that cannot be taken for a digit; what the others are depends on the writer.
SEPARABLE_LETTERS = frozenset("AEFHKMNPRUVWXadefhkmnprtuvwx")
# Characters of Omniglot that can: o, l, s, z, q, g, y, c, b, i; omicron, iota, sigma, delta, zeta; and the like.
_DIGITLIKE = {
    "Latin": (2, 3, 7, 9, 12, 15, 17, 19, 25, 26),
    "Greek": (4, 6, 9, 15, 18),
    "Korean": (9, 21, 22, 24, 33, 37),
    "Japanese_(katakana)": (22, 24, 27, 37, 43, 46),
    "Early_Aramaic": (2, 3, 4, 6, 10, 11, 12, 14, 16, 17, 20),
    "Tagalog": (3, 16),
    "Balinese": (5,),
    "Sanskrit": (37,),
}


@dataclass(frozen=True)
class LabeledInk:
    """Glyphs (n, 28, 28) or n drawings, their labels: 0 to 9, NOT_A_DIGIT or UNCLEAR, and whose they are."""

    ink: Glyphs | list[Strokes]
    labels: Labels
    hands: NDArray[np.integer] | None = None

    def only(self, chosen: NDArray[np.bool_]) -> LabeledInk:
        some = np.flatnonzero(chosen)
        ink = self.ink[some] if isinstance(self.ink, np.ndarray) else [self.ink[int(i)] for i in some]
        return LabeledInk(ink, self.labels[some], None if self.hands is None else self.hands[some])

    def some(self, most: int, rng: np.random.Generator) -> LabeledInk:
        """At most so many, chosen by chance."""
        n = len(self.labels)
        return self if n <= most else self.only(rng.permutation(n) < most)

    @property
    def glyphs(self) -> Glyphs:
        """(n, 28, 28); drawings as the reader draws them."""
        if isinstance(self.ink, np.ndarray):
            return self.ink
        return np.stack([strokes_to_glyph(drawing) for drawing in self.ink])


Corpus = dict[str, LabeledInk]
LineLabels = tuple[int, ...]


@dataclass(frozen=True)
class LabeledLines:
    """The ink of n lines, (h, w) each, and what they say."""

    ink: Sequence[Grey]
    texts: Sequence[LineLabels]


@dataclass(frozen=True)
class CorpusSplit:
    """What a run has to learn from and to validate on, where that comes from, and whose writing it never sees."""

    training: Corpus
    validation: Corpus
    lines: LabeledLines  # of pictures, to learn from
    validation_lines: LabeledLines
    sources: tuple[str, ...]
    strangers: dict[str, list[int]]  # writers by data set


def gather_local_corpus(folder: Path | None, share: float, seed: int, *, amounts: bool = True) -> CorpusSplit:
    """The corpus of what `folder` holds, MNIST as well if it is there: nothing is ever fetched.

    Without `amounts` there are no lines, which only the line network learns from. Raises DatasetError.
    """
    has_mnist = folder is not None and (folder / _MNIST).exists()
    mnist = load_mnist(folder) if folder is not None and has_mnist else None
    return gather_corpus(mnist, folder, share, seed, amounts=amounts)


def gather_corpus(
    mnist: Mnist | None, folder: Path | None, share: float, seed: int, *, amounts: bool = True
) -> CorpusSplit:
    """The corpus of MNIST and of all files that `folder` holds; `share` of the writers validate.

    The test parts are not looked at. UJI's writers of the fold `seed` are in neither part: they are the strangers.
    Raises DatasetError.
    """
    training: Corpus = {}
    validation: Corpus = {}
    sources = []
    if mnist is not None:
        aside = held_out(mnist.writer_train, share, seed=0)
        digits = LabeledInk(mnist.x_train, mnist.y_train, mnist.writer_train)
        training["mnist"], validation["mnist"] = digits.only(~aside), digits.only(aside)
        sources.append("MNIST (LeCun, Cortes, Burges), CC BY-SA 3.0")
    for file, load, source in _FILES:
        if folder is None or not (folder / file).exists():
            log.info("no %s: training goes on without it", file)
            continue
        sources.append(source)
        for name, mine, theirs in load(folder / file, share, seed):
            training[name], validation[name] = mine, theirs
    validation = {name: part for name, part in validation.items() if len(part.labels)}
    lines, other_lines = (_lines(folder if amounts else None, aside=aside) for aside in (False, True))
    return CorpusSplit(training, validation, lines, other_lines, (*sources, _OWN), _strangers(folder, seed))


def _strangers(folder: Path | None, seed: int) -> dict[str, list[int]]:
    if folder is None or not (folder / _UJI).exists():
        return {}
    writers = load_images(folder / _UJI)["writer"]
    return {"uji": np.unique(writers[fold(writers, seed)]).tolist()}


_Parts = list[tuple[str, LabeledInk, LabeledInk]]  # name, to train on, to validate on


def _pendigits(file: Path, share: float, seed: int) -> _Parts:
    pen: StrokeSet = load_strokes(file)
    pen = pen.part(~pen.test)
    aside = pen_digits_to_validate_on(pen.writer, share)
    part = LabeledInk(pen.drawings, pen.label, pen.writer)
    return [("pendigits", part.only(~aside), part.only(aside))]


def _uji(file: Path, share: float, seed: int) -> _Parts:
    characters, drawings = load_characters(file)
    writers = load_images(file)["writer"]
    known = ~fold(writers, seed)
    labels = np.array([_label(str(character)) for character in characters])
    digit, nobody = labels < NOT_A_DIGIT, np.zeros(len(labels), bool)
    part = LabeledInk(drawings, labels, writers)
    return [
        ("uji_digits", part.only(known & digit), part.only(nobody)),
        ("uji_letters", part.only(known & ~digit), part.only(nobody)),
    ]


def _label(character: str) -> int:
    return int(character) if character.isdigit() else NOT_A_DIGIT if character in SEPARABLE_LETTERS else UNCLEAR


def _omniglot(file: Path, share: float, seed: int) -> _Parts:
    arrays = load_images(file)
    characters, drawers = arrays["label"], arrays["drawer"]
    labels = np.array([UNCLEAR if is_digitlike(str(label)) else NOT_A_DIGIT for label in characters])
    glyphs = np.stack([normalise_glyph(picture) for picture in arrays["x"]])
    part = LabeledInk(glyphs, labels)
    seen, tuned = seen_characters(characters, drawers), tuned_characters(characters, drawers)
    return [("omniglot", part.only(seen), part.only(tuned & (labels == NOT_A_DIGIT)))]


def is_digitlike(character: str) -> bool:
    """Whether anybody takes this character of Omniglot for a digit who does not know its alphabet."""
    alphabet, _, number = character.partition("/character")
    return int(number) in _DIGITLIKE.get(alphabet, ())


def _cheques(file: Path, share: float, seed: int) -> _Parts:
    cheques = load_cheques(file)
    n = len(cheques.texts)
    aside = cheques_to_validate_on(n)
    mine, theirs = (
        _cheque_part(cheques, np.flatnonzero(some)) for some in (cheques_to_train_on(n) & ~aside, aside)
    )
    return [
        ("cheques", mine.only(mine.labels < NOT_A_DIGIT), theirs.only(theirs.labels < NOT_A_DIGIT)),
        ("cheque_junk", mine.only(mine.labels == NOT_A_DIGIT), theirs.only(theirs.labels == NOT_A_DIGIT)),
    ]


def _lines(folder: Path | None, aside: bool) -> LabeledLines:
    """The amounts on cheques that train, or validate, as lines of ink."""
    if folder is None or not (folder / _CHEQUES).exists():
        return LabeledLines([], [])
    cheques = load_cheques(folder / _CHEQUES)
    n = len(cheques.texts)
    chosen = np.flatnonzero(cheques_to_train_on(n) & (cheques_to_validate_on(n) == aside))
    found = [(find_image_components(cheques.pictures[i]), cheques.texts[i]) for i in chosen]
    known = [(components, text) for components, text in found if components is not None]
    return LabeledLines(
        [components.ink(range(len(components.boxes))) for components, _ in known],
        [tuple(map(int, text)) for _, text in known],
    )


def _cheque_part(cheques: Cheques, places: NDArray[np.integer]) -> LabeledInk:
    """The digits as the reader finds them, and what else it takes for candidates."""
    found = [
        pair for i in places for pair in _cheque_glyphs(cheques.pictures[i], cheques.boxes[i], cheques.labels[i])
    ]
    glyphs = np.stack([glyph for glyph, _ in found])
    return LabeledInk(glyphs, np.array([label for _, label in found], np.int64))


def _cheque_glyphs(
    picture: NDArray[np.uint8], boxes: NDArray[np.integer], labels: Labels
) -> list[tuple[Glyphs, int]]:
    components = find_image_components(picture)
    if components is None or not len(boxes):
        return []
    inside = _shares_inside(components.boxes, boxes.astype(np.float64))
    min_side = 0.33 * float(np.median(boxes[:, 3]))
    chosen = [np.flatnonzero(share > 0.7).tolist() for share in inside.T]
    digits = {
        tuple(mine): int(label)
        for mine, box, label in zip(chosen, boxes, labels, strict=True)
        if len(mine) and _alike(union_box(components.boxes[mine]), box)
    }
    beside = np.flatnonzero(inside.max(axis=1) < 0.1)
    several = [c for c in _candidates(components) if _holds_two(c.components, [*digits])]
    found = [(components.glyph(mine, min_side), label) for mine, label in digits.items()]
    found += [(components.glyph([int(i)], min_side), NOT_A_DIGIT) for i in beside]
    return found + [(components.glyph(c.components, c.min_side), NOT_A_DIGIT) for c in several]


def _candidates(components: ImageComponents) -> Sequence[Candidate]:
    """As the reader takes them."""
    return find_layouts(components, IMAGE_COSTS)[0].candidates


def _holds_two(chosen: Sequence[int], digits: Sequence[tuple[int, ...]]) -> bool:
    """Whether components are at least two digits; `digits` are the components of each.

    Parts of one digit are not learned from: nobody can tell what they are (docs/reader.md, "What decided").
    """
    held = [{*digit} for digit in digits if {*digit} <= {*chosen}]
    return len(held) > 1 and not held[0] & held[1]


def _shares_inside(components: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, k) the share of each component's box that lies in each digit's box."""
    low = np.maximum(components[:, None, :2], boxes[None, :, :2])
    high = np.minimum((components[:, :2] + components[:, 2:])[:, None], (boxes[:, :2] + boxes[:, 2:])[None])
    return np.asarray((high - low).clip(0).prod(axis=2) / components[:, None, 2:].prod(axis=2).clip(1))


def _alike(found: NDArray[np.float64], box: NDArray[np.integer]) -> bool:
    """Whether the ink found fills most of the box that somebody drew around the digit."""
    return bool(found[3] > 0.7 * box[3] and found[2] > 0.5 * box[2] and found[2] < 1.4 * box[2])


def _semeion(file: Path, share: float, seed: int) -> _Parts:
    """Semeion was stretched to squares; nobody knows how wide the digits were, so each is tried three times."""
    arrays = load_images(file)
    chosen = semeion_to_train_on(len(arrays["y"]))
    pictures, labels = np.repeat(arrays["x"][chosen], 3, axis=0), np.repeat(arrays["y"][chosen], 3)
    rng = np.random.default_rng(seed)
    widths = np.where(labels == 1, rng.uniform(0.1, 0.5, len(labels)), rng.uniform(0.5, 0.95, len(labels)))
    glyphs = [normalise_glyph(_narrowed(x, width)) for x, width in zip(pictures, widths, strict=True)]
    part = LabeledInk(np.stack(glyphs), labels.astype(np.int64))
    return [("semeion", part, part.only(np.zeros(len(labels), bool)))]


def _narrowed(picture: NDArray[np.uint8], width: float) -> NDArray[np.uint8]:
    """Four times finer, and `width` times as wide."""
    h, w = picture.shape
    size = (max(1, round(4 * w * width)), 4 * h)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), np.uint8)


_MNIST = "mnist.npz"
_UJI = "uji_strokes.npz"
_CHEQUES = "orand_car_a.npz"
_OWN = "synthetic strokes of this project (ml/synthesis/handwriting.py)"
_FILES: tuple[tuple[str, Callable[[Path, float, int], _Parts], str], ...] = (
    ("pendigits_strokes.npz", _pendigits,
     "Pen-Based Recognition of Handwritten Digits, training part (Alpaydin, Alimoglu; UCI 81), CC BY 4.0"),
    (_UJI, _uji, "UJI Pen Characters, two thirds of the writers (Llorens and others; UCI 177), CC BY 4.0"),
    ("semeion.npz", _semeion, "Semeion, digits of 50 of the 80 writers (Buscema; UCI 178), CC BY 4.0"),
    ("omniglot_small.npz", _omniglot,
     "Omniglot, ten drawers of four alphabets, as what is no digit (Lake and others), MIT"),
    (_CHEQUES, _cheques, "ORAND-CAR-A, a third of the amounts (Diem and others; copy with labels: MIT)"),
)  # fmt: skip
