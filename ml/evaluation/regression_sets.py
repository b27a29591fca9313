"""The frozen sets on which champion and challenger are compared. No user ever touches them.

Most are synthetic and need no file: an item is drawn from nothing but its id, so that the same drawings come
again on every machine, and any one of them alone (`find_items`). They come from the generator that also trains,
from other seeds: they show what is forgotten or poisoned, not how strangers write. For that there are writers who
never train: MNIST's, a tenth of its training part, and those of pen digits, where these files are at hand. A
fine-tuning must leave the same writers out. The test part of MNIST is not among them: it is read once per release,
and gates that read it at each retraining would, in time, choose versions that happen to fit it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.random import Generator

from ml.augmentation.trajectory_batches import vary_strokes
from ml.data.loaders import load_mnist, load_strokes
from ml.data.splits import held_out, pen_digits_to_validate_on
from ml.evaluation.benchmarks import Drawing
from ml.evaluation.comparison import GOLDEN, EvaluationItem, EvaluationSet
from ml.evaluation.golden_cases import case_names, write_case
from ml.ink.strokes import Strokes
from ml.synthesis.handwriting import SIGN_KINDS, STYLES, write_digit, write_number, write_sign
from ml.synthesis.number_cases import NUMBER_CASES, synthetic_writer, write_number_case
from ml.synthesis.photographs import Scene, photograph

MNIST, PEN = "mnist", "pen"
_SEED = 406
_MOST_DIGITS = 4  # of a number: longer ones take long and tell little more
_PHOTO = (400, 200)  # px
_VARIED = 0.7  # strength, as in `ml.augmentation.trajectory_batches`


@dataclass(frozen=True)
class SetSizes:
    """How many items: of each style of a digit, of each slice of numbers, photographs, and of each sign.

    The margins of `ml.evaluation.promotion_gates.GateLimits` are made for these: with fewer items no challenger can show that it is no worse.
    """

    digits: int = 30
    numbers: int = 72
    photos: int = 160
    junk: int = 6


def regression_sets(data: Path | None = None, sizes: SetSizes = SetSizes()) -> list[EvaluationSet]:
    """Digits, numbers, photographed numbers, junk and golden cases; with `data`, a folder, also MNIST's held-out
    writers and pen digits where their files are there. Raises DatasetError for a damaged file."""
    return [*_synthetic(sizes), *_recorded(data, *_RECORDED)]


def find_items(ids: Collection[str], data: Path | None = None) -> dict[str, EvaluationItem]:
    """The items of these ids, for a page that shows what a challenger fixes and breaks.

    What is unknown, or comes from a file that is not at hand, is left out. Raises DatasetError for a damaged file.
    """
    files = {id.split("/")[0] for id in ids} & set(_RECORDED)
    recorded = {i.id: i for name in files for each in _recorded(data, name) for i in each.items}
    drawn = {id: found for id in ids if (found := _redrawn(id)) is not None}
    return {id: found for id in ids if (found := drawn.get(id) or recorded.get(id)) is not None}


def _synthetic(sizes: SetSizes) -> Iterator[EvaluationSet]:
    """The sets that are drawn from their ids."""
    ids = {
        "digits": [f"{d}/{style}/{i}" for d in STYLES for style in STYLES[d] for i in range(sizes.digits)],
        "numbers": [f"{name}/{i}" for name in NUMBER_CASES for i in range(sizes.numbers)],
        "photos": [f"{list(_SCENES)[i % len(_SCENES)]}/{i}" for i in range(sizes.photos)],
        "junk": [f"{kind}/{i}" for kind in SIGN_KINDS for i in range(sizes.junk)],
        GOLDEN: list(case_names()),
    }
    for name, own in ids.items():
        yield EvaluationSet(name, [_draw(f"{name}/{id}") for id in own])


def _recorded(data: Path | None, *names: str) -> Iterator[EvaluationSet]:
    """The sets that are read from files in the folder `data`, of those named, where there are such files."""
    for name in names if data is not None else ():
        file, load = _RECORDED[name]
        if data is not None and (data / file).exists():
            yield load(data / file)


def _mnist(file: Path) -> EvaluationSet:
    """MNIST's held-out writers, or a tenth of the training part where nobody knows them."""
    mnist = load_mnist(file.parent)
    chosen = np.flatnonzero(held_out(mnist.writer_train, 0.1, seed=0))
    items = [EvaluationItem(f"{MNIST}/{i}", mnist.x_train[i], str(mnist.y_train[i])) for i in chosen]
    return EvaluationSet(MNIST, items, glyphs=True)


def _pen(file: Path) -> EvaluationSet:
    pen = load_strokes(file)
    mine = np.flatnonzero(~pen.test)
    chosen = mine[pen_digits_to_validate_on(pen.writer[mine])]
    return EvaluationSet(PEN, [EvaluationItem(f"{PEN}/{i}", pen.drawings[i], str(pen.label[i])) for i in chosen])


def _redrawn(id: str) -> EvaluationItem | None:
    try:
        return _draw(id)
    except (KeyError, IndexError, ValueError):
        return None


def _draw(id: str) -> EvaluationItem:
    """Raises KeyError, IndexError or ValueError where `id` names nothing."""
    name, *parts = id.split("/")
    ink, text = _MAKERS[name](parts, np.random.default_rng((_SEED, *id.encode())))
    return EvaluationItem(id, ink, text)


def _digit(parts: Sequence[str], rng: Generator) -> tuple[Drawing, str]:
    """Every second digit is varied: turned, shaken, now and then drawn in another order."""
    label, style, number = int(parts[0]), parts[1], int(parts[2])
    strokes = write_digit(label, rng=rng, style=style)
    return _enlarged(vary_strokes(strokes, rng, _VARIED) if number % 2 else strokes), str(label)


def _number(parts: Sequence[str], rng: Generator) -> tuple[Drawing, str]:
    while True:
        number = write_number_case(parts[0], synthetic_writer(rng), rng)
        if len("".join(number.text.split())) <= _MOST_DIGITS:
            return number.strokes, number.text


def _photo(parts: Sequence[str], rng: Generator) -> tuple[Drawing, str]:
    text = "".join(map(str, rng.integers(0, 10, int(rng.integers(1, _MOST_DIGITS + 1)))))
    scene = replace(_SCENES[parts[0]], tilt=float(rng.uniform(-4, 4)), pen=float(rng.uniform(4, 7)))
    return photograph(write_number(text, rng=rng, canvas=_PHOTO), _PHOTO, scene, rng), text


def _sign(parts: Sequence[str], rng: Generator) -> tuple[Drawing, str]:
    return _enlarged(write_sign(rng, parts[0])), ""


def _golden(parts: Sequence[str], rng: Generator) -> tuple[Drawing, str]:
    return write_case(int(parts[0]), parts[1], rng), parts[0]


def _enlarged(strokes: Strokes) -> Strokes:
    """From one unit high to pixels."""
    return [100 * stroke for stroke in strokes]


_SCENES: Mapping[str, Scene] = {
    "lit": Scene(gradient=0.3, blur=0.8, noise=4, jpeg=70),
    "shadow": Scene(shadow=0.35, gradient=0.2, blur=1.0, noise=5, jpeg=60),
    "ruled": Scene(lines="ruled", gradient=0.2, blur=0.8, noise=4, jpeg=70),
    "squared": Scene(lines="squared", line=0.7, gradient=0.2, blur=0.7, noise=4, jpeg=70),
    "pencil": Scene(ink=0.5, gradient=0.2, blur=0.8, noise=4, jpeg=70),
    "cheque": Scene(pattern=0.12, blur=0.8, noise=4, jpeg=60),
    "board": Scene(inverted=True, ink=0.1, gradient=0.2, blur=0.8, noise=6, jpeg=60),
}
_MAKERS: Mapping[str, Callable[[Sequence[str], Generator], tuple[Drawing, str]]] = {
    "digits": _digit,
    "numbers": _number,
    "photos": _photo,
    "junk": _sign,
    GOLDEN: _golden,
}
_RECORDED: Mapping[str, tuple[str, Callable[[Path], EvaluationSet]]] = {
    MNIST: ("mnist.npz", _mnist),
    PEN: ("pendigits_strokes.npz", _pen),
}
