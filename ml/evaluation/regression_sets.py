"""The regression sets, on which champion and challenger are compared (pages call them "frozen sets").

They contain nothing of users. Most are synthetic and need no file: an item is drawn from a random generator
whose seed is its id, so that every machine draws the same items, each independent of the others. They come from
the generator that also makes training data, with other seeds: they show what was forgotten or poisoned, not how
unseen writers write. That is shown by held-out writers: those of the training part of MNIST, a
tenth of them, and those of pen digits, where these files are present. A fine-tuning must leave the same writers
out.

The test part of MNIST is not among the sets. It is read once per release; gates that read it at each retraining
would in time select versions that happen to fit it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.random import Generator

from ml.augmentation.trajectory_batches import vary_strokes
from ml.data.loaders import load_mnist, load_strokes
from ml.data.splits import held_out, pen_digits_to_validate_on
from ml.evaluation.comparison import GOLDEN, EvaluationItem, EvaluationSet
from ml.evaluation.golden_cases import case_names, write_case
from ml.evaluation.labeled_drawings import Drawing
from ml.ink.strokes import Strokes
from ml.synthesis.handwriting import SIGN_KINDS, STYLES, write_digit, write_number, write_sign
from ml.synthesis.number_cases import NUMBER_CASES, synthetic_writer, write_number_case
from ml.synthesis.photographs import Scene, photograph

MNIST, PEN = "mnist", "pen"
_SEED = 406
_MAX_DIGITS = 4  # of a number: longer ones take long to read and tell little more
_PHOTO_SIZE = (400, 200)  # px, width and height
_VARIATION = 0.7  # strength of `ml.augmentation.trajectory_batches.vary_strokes`


@dataclass(frozen=True)
class SetSizes:
    """The number of items: `digits` of each style of a digit, `numbers` of each number case, `photos` in all,
    `junk` of each sign.

    The margins of `ml.evaluation.promotion_gates.GateLimits` are made for the defaults: with fewer items no
    challenger can show that it is no worse.
    """

    digits: int = 30
    numbers: int = 72
    photos: int = 160
    junk: int = 6


def regression_sets(data: Path | None = None, sizes: SetSizes = SetSizes()) -> list[EvaluationSet]:
    """Digits, numbers, photographed numbers, signs that are no digits, and golden cases.

    With `data`, a folder, also MNIST's held-out writers and pen digits, where their files are in it. Raises
    DatasetError for a damaged file.
    """
    sets = list(_synthetic_sets(sizes))
    if data is not None:
        sets += [load(data / file) for file, load in _RECORDED if (data / file).exists()]
    return sets


def _synthetic_sets(sizes: SetSizes) -> Iterator[EvaluationSet]:
    scenes = list(_SCENES)
    names = {
        "digits": [f"{d}/{style}/{i}" for d in STYLES for style in STYLES[d] for i in range(sizes.digits)],
        "numbers": [f"{case}/{i}" for case in NUMBER_CASES for i in range(sizes.numbers)],
        "photos": [f"{scenes[i % len(scenes)]}/{i}" for i in range(sizes.photos)],
        "junk": [f"{kind}/{i}" for kind in SIGN_KINDS for i in range(sizes.junk)],
        GOLDEN: list(case_names()),
    }
    for set_name, item_names in names.items():
        draw, items = _DRAWN[set_name], []
        for item_name in item_names:
            id = f"{set_name}/{item_name}"
            ink, text = draw(item_name.split("/"), np.random.default_rng((_SEED, *id.encode())))
            items.append(EvaluationItem(id, ink, text))
        yield EvaluationSet(set_name, items)


def _digit(parts: Sequence[str], rng: Generator) -> tuple[Drawing, str]:
    """Digit, style and number. Every second one is varied: turned, shaken, sometimes drawn in another order."""
    label, style, number = int(parts[0]), parts[1], int(parts[2])
    strokes = write_digit(label, rng=rng, style=style)
    return _to_pixels(vary_strokes(strokes, rng, _VARIATION) if number % 2 else strokes), str(label)


def _number(parts: Sequence[str], rng: Generator) -> tuple[Drawing, str]:
    """Number case and number; drawn again until it is short enough."""
    while True:
        number = write_number_case(parts[0], synthetic_writer(rng), rng)
        if len("".join(number.text.split())) <= _MAX_DIGITS:
            return number.strokes, number.text


def _photo(parts: Sequence[str], rng: Generator) -> tuple[Drawing, str]:
    """Scene and number."""
    text = "".join(map(str, rng.integers(0, 10, int(rng.integers(1, _MAX_DIGITS + 1)))))
    scene = replace(_SCENES[parts[0]], tilt=float(rng.uniform(-4, 4)), pen=float(rng.uniform(4, 7)))
    return photograph(write_number(text, rng=rng, canvas=_PHOTO_SIZE), _PHOTO_SIZE, scene, rng), text


def _sign(parts: Sequence[str], rng: Generator) -> tuple[Drawing, str]:
    """Kind of sign and number."""
    return _to_pixels(write_sign(rng, parts[0])), ""


def _golden(parts: Sequence[str], rng: Generator) -> tuple[Drawing, str]:
    """Digit, style and number."""
    return write_case(int(parts[0]), parts[1], rng), parts[0]


def _to_pixels(strokes: Strokes) -> Strokes:
    """From a height of one unit to 100 px."""
    return [100 * stroke for stroke in strokes]


def _mnist(file: Path) -> EvaluationSet:
    """The glyphs of MNIST's held-out writers, or a tenth of the training part where the file names no writers."""
    mnist = load_mnist(file.parent)
    chosen = np.flatnonzero(held_out(mnist.writer_train, 0.1, seed=0))
    items = [EvaluationItem(f"{MNIST}/{i}", mnist.x_train[i], str(mnist.y_train[i])) for i in chosen]
    return EvaluationSet(MNIST, items, glyphs=True)


def _pen(file: Path) -> EvaluationSet:
    """Pen digits of the writers of the training part who only validate."""
    pen = load_strokes(file)
    training_part = np.flatnonzero(~pen.test)
    chosen = training_part[pen_digits_to_validate_on(pen.writer[training_part])]
    return EvaluationSet(PEN, [EvaluationItem(f"{PEN}/{i}", pen.drawings[i], str(pen.label[i])) for i in chosen])


_SCENES: Mapping[str, Scene] = {
    "lit": Scene(gradient=0.3, blur=0.8, noise=4, jpeg=70),
    "shadow": Scene(shadow=0.35, gradient=0.2, blur=1.0, noise=5, jpeg=60),
    "ruled": Scene(lines="ruled", gradient=0.2, blur=0.8, noise=4, jpeg=70),
    "squared": Scene(lines="squared", line=0.7, gradient=0.2, blur=0.7, noise=4, jpeg=70),
    "pencil": Scene(ink=0.5, gradient=0.2, blur=0.8, noise=4, jpeg=70),
    "cheque": Scene(pattern=0.12, blur=0.8, noise=4, jpeg=60),
    "board": Scene(inverted=True, ink=0.1, gradient=0.2, blur=0.8, noise=6, jpeg=60),
}
# By set: a function that draws an item from the parts of its name, and returns its ink and true text.
_DRAWN: Mapping[str, Callable[[Sequence[str], Generator], tuple[Drawing, str]]] = {
    "digits": _digit,
    "numbers": _number,
    "photos": _photo,
    "junk": _sign,
    GOLDEN: _golden,
}
# Sets that are read from a file.
_RECORDED: tuple[tuple[str, Callable[[Path], EvaluationSet]], ...] = (
    ("mnist.npz", _mnist),
    ("pendigits_strokes.npz", _pen),
)
