"""Fit how pictures are parted into digits: ``python -m ml.tuning.pictures --data DIR``, in about ten minutes.

The search is for weights with which the true texts of cheque amounts, photographs and bitmaps are likely among all
ways to read them (as Bottou, Bengio, LeCun 1997 train whole systems). They are logged, to stand in
`ml.segmentation.costs.IMAGE_COSTS`, and should be searched again when the network has been trained anew. How much the network on
strips has a say is tried out last, by what is read and how sure that is. Only pictures that train or validate are
looked at, never test parts; a file that is missing is left out.
"""

from __future__ import annotations

import argparse
import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.data.loaders import DatasetError, load_cheques, load_images, load_mnist, load_strokes
from ml.data.splits import (
    cheques_to_train_on,
    cheques_to_validate_on,
    pen_digits_to_validate_on,
    semeion_to_train_on,
)
from ml.decoding.ctc import CtcOutput
from ml.decoding.drawing_decoder import DrawingDecoder, ReadLine
from ml.decoding.reading import Reading
from ml.evaluation.benchmarks import BENCHMARKS, LabeledDrawings
from ml.inference.reader import SHIPPED, Reader
from ml.ink.line_image import LineImage
from ml.ink.strokes import bounds
from ml.segmentation.costs import IMAGE_COSTS, Costs
from ml.segmentation.image_components import ImageComponents, find_image_components
from ml.synthesis.number_cases import WrittenNumber, recorded_writer, write_numbers
from ml.synthesis.photographs import Scene, photograph
from ml.tuning.random_search import CachedScores, random_search

log = logging.getLogger("ml.tuning.pictures")

# Not `base_cap`: for one cheque of 360 the search would have it so high that no digit could hang or float.
SEARCHED = ("part", "crossed", "overlap", "overlap_free", "junk", "lost", "mark", "segment", "height_spread",
            "height_cap", "low_spread", "wide_spread", "base_spread", "gap")  # fmt: skip
# Cheques would have 0.28, which loses digits of photographed pages; of those there are too few to be heard.
LEAST = {"low_spread": 0.4}
_MNIST = 500  # digits; nearly all are read whatever the weights are
_LIKELY = 0.35  # a text of this probability is about as often read as not: the others share the rest
_SURE = 3.0  # how fast that becomes sure, for each nat
_WRONG = 6.0  # nats for a text that is not read
_HOPELESS = 6.0, 0.1  # nats beyond which a text counts only so much more: mislabelled, or out of reach of weights
_MOST = 50.0  # nats
_STRIP = (0.0, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
_DOUBT = (1.0, 1.4, 2.0, 2.8, 4.0)
_MARGIN = 30  # px around a number that is photographed
_DRIFT = 0.004  # for the square of the log of each change: what makes no difference stays as it is


@dataclass(frozen=True)
class Pictures:
    """Pictures of one source, as components, with their texts without spaces, and how much they count together."""

    name: str
    weight: float
    components: Sequence[ImageComponents]
    texts: Sequence[str]


def gather_pictures(data: Path, seed: int) -> list[Pictures]:
    """What there is in `data` of all sources. Raises DatasetError when that is nothing."""
    found = []
    for name, weight, load in _SOURCES:
        try:
            sample = load(data, np.random.default_rng(seed))
        except DatasetError as error:
            log.info("without %s: %s", name, error)
            continue
        found.append(as_pieces(name, weight, sample))
    if not found:
        raise DatasetError(f"{data} has no pictures to tune on.")
    return found


def as_pieces(name: str, weight: float, sample: LabeledDrawings) -> Pictures:
    """Leaves out pictures that show no ink: no weight makes a difference to them."""
    components = [find_image_components(np.asarray(picture)) for picture in sample.drawings]
    pairs = [
        (each, "".join(text.split()))
        for each, text in zip(components, sample.texts, strict=True)
        if each is not None
    ]
    return Pictures(name, weight, [each for each, _ in pairs], [text for _, text in pairs])


_Load = Callable[[Path, np.random.Generator], LabeledDrawings]


def _cheques(aside: bool) -> _Load:
    def load(data: Path, rng: np.random.Generator) -> LabeledDrawings:
        cheques = load_cheques(data / "orand_car_a.npz")
        n = len(cheques.texts)
        chosen = cheques_to_train_on(n) & (cheques_to_validate_on(n) == aside)
        places = np.flatnonzero(chosen)
        return LabeledDrawings([cheques.pictures[i] for i in places], [cheques.texts[i] for i in places])

    return load


def _photos(name: str) -> _Load:
    [benchmark] = [each for each in BENCHMARKS if each.name == name]
    return lambda data, rng: benchmark.load(data / benchmark.file, {})


def _mnist(data: Path, rng: np.random.Generator) -> LabeledDrawings:
    mnist = load_mnist(data)
    chosen = rng.permutation(len(mnist.y_train))[:_MNIST]
    return LabeledDrawings(list(mnist.x_train[chosen]), [str(label) for label in mnist.y_train[chosen]])


def _semeion(data: Path, rng: np.random.Generator) -> LabeledDrawings:
    arrays = load_images(data / "semeion.npz")
    chosen = semeion_to_train_on(len(arrays["y"]))
    return LabeledDrawings([255 - x for x in arrays["x"][chosen]], [str(label) for label in arrays["y"][chosen]])


def _photographed(data: Path, rng: np.random.Generator) -> LabeledDrawings:
    """Numbers by writers of pen digits who validate, close to each other and joined."""
    pen = load_strokes(data / "pendigits_strokes.npz")
    pen = pen.part(~pen.test)
    pen = pen.part(pen_digits_to_validate_on(pen.writer))
    parts = [pen.part(pen.writer == who) for who in np.unique(pen.writer)]
    writers = [recorded_writer(part.drawings, part.label.tolist()) for part in parts]
    written = list(
        write_numbers(
            lambda rng: writers[int(rng.integers(len(writers)))], ("close", "overlapping", "joined"), 60, 5
        )
    )
    return LabeledDrawings([_photo(number, rng) for number in written], [number.text for number in written])


def _photo(number: WrittenNumber, rng: np.random.Generator) -> NDArray[np.uint8]:
    x, y, width, height = bounds(number.strokes)
    scale = float(rng.uniform(0.5, 1.0))
    strokes = [((stroke - [x, y]) * scale + _MARGIN).astype(np.float32) for stroke in number.strokes]
    scene = Scene(
        pen=float(rng.uniform(2.5, 7)),
        ink=float(rng.uniform(0.1, 0.4)),
        blur=float(rng.uniform(0, 1)),
        noise=float(rng.uniform(0, 8)),
        tilt=float(rng.normal(0, 3)),
    )
    size = int(width * scale) + 2 * _MARGIN, int(height * scale) + 2 * _MARGIN
    return photograph(strokes, size, scene, rng)


# Cheques decide most of the weights. Of those that the networks have learned from they are surer than of others.
_SOURCES: tuple[tuple[str, float, _Load], ...] = (
    ("cheques learned from", 3.0, _cheques(aside=False)),
    ("cheques kept aside", 2.0, _cheques(aside=True)),
    ("photographed numbers", 1.0, _photographed),
    ("photographed pages", 1.0, _photos("photos_pages")),
    ("photographed digits", 1.0, _photos("photos_digits")),
    ("MNIST", 1.0, _mnist),
    ("Semeion", 1.0, _semeion),
)


class _Picture:
    """A picture with its true text, and what the networks say of it whatever the weights are."""

    def __init__(self, components: ImageComponents, reader: Reader, text: str) -> None:
        self.text = text
        self._pieces, self._calibration = components, reader.calibration
        self._opinions = CachedScores(reader)
        self._ask = None if reader.read_line is None else _remembering(reader.read_line)

    def chance(self, weights: Costs) -> float:
        """The log probability of the true text by its digits alone."""
        page = DrawingDecoder(self._pieces, weights)
        return page.log_probability(self.text, *self._opinions.of(page))

    def reading(self, weights: Costs) -> Reading:
        page = DrawingDecoder(self._pieces, weights)
        return page.decode(*self._opinions.of(page), self._calibration, self._ask)

    def is_right(self, reading: Reading) -> bool:
        return "".join(reading.text.split()) == self.text


def _remembering(ask: ReadLine) -> ReadLine:
    known: dict[bytes, CtcOutput] = {}

    def answer(strip: LineImage) -> CtcOutput:
        key = strip.tobytes()
        if key not in known:
            known[key] = ask(strip)
        return known[key]

    return answer


class ImageObjective:
    """Pictures that are read again and again with other weights."""

    def __init__(self, reader: Reader, sources: Sequence[Pictures]) -> None:
        self.has_strips = reader.read_line is not None
        self._sources = [
            (
                source,
                [_Picture(each, reader, text) for each, text in zip(source.components, source.texts, strict=True)],
            )
            for source in sources
        ]

    def loss(self, weights: Costs) -> float:
        """The mean over the sources, by how much they count, of their mean loss, in nats."""
        return self._mean(lambda picture: _loss(picture.chance(weights)))

    def surprise(self, weights: Costs) -> float:
        """The same mean of what readings cost that are wrong, or less sure than they could be."""
        return self._mean(lambda picture: _surprise(picture, picture.reading(weights)))

    def right(self, weights: Costs) -> dict[str, tuple[int, int]]:
        """For each source how many texts are read right, spaces apart, and how many there are."""
        return {
            source.name: (sum(each.is_right(each.reading(weights)) for each in pictures), len(pictures))
            for source, pictures in self._sources
        }

    def _mean(self, cost: Callable[[_Picture], float]) -> float:
        means = [np.mean([cost(picture) for picture in pictures]) for _, pictures in self._sources]
        return float(np.average(means, weights=[source.weight for source, _ in self._sources]))


def _surprise(picture: _Picture, reading: Reading) -> float:
    """The log loss of the confidence, and a fine for what is not read."""
    if picture.is_right(reading):
        return -math.log(max(reading.confidence, 1e-3))
    return _WRONG - math.log(max(1.0 - reading.confidence, 1e-3))


def with_strip(bench: ImageObjective, weights: Costs) -> Costs:
    """The best of some values of `strip`, and then of `doubt`; as they are where no network is asked."""
    if not bench.has_strips:
        return weights
    for name, values in (("strip", _STRIP), ("doubt", _DOUBT), ("strip", _STRIP)):
        choices: list[dict[str, Any]] = [{name: value} for value in values]
        losses = [bench.surprise(replace(weights, **choice)) for choice in choices]
        log.info("%s: %s", name, dict(zip(values, np.round(losses, 4).tolist(), strict=True)))
        weights = replace(weights, **choices[int(np.argmin(losses))])
    return weights


def _loss(chance: float) -> float:
    """Of the log probability of the true text: its nats, and a fine where another is likelier.

    The nats alone would be spent on making sure texts surer; the fine follows the count of errors smoothly (after
    "Discriminative Learning for Minimum Error Classification", Juang, Katagiri 1992).
    """
    nats = min(-chance, _MOST)
    most, more = _HOPELESS
    unread = 1.0 / (1.0 + math.exp(_SURE * (max(chance, -_MOST) - math.log(_LIKELY))))
    return min(nats, most + more * nats) + _WRONG * unread


def drift(weights: Costs, start: Costs) -> float:
    """What it costs, in nats, to leave the weights that the search began with."""
    changed = [name for name in SEARCHED if getattr(weights, name) != getattr(start, name)]
    return _DRIFT * sum(math.log(getattr(weights, name) / getattr(start, name)) ** 2 for name in changed)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m ml.tuning.pictures", description="Fit how pictures are parted into digits."
    )
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        help="folder with orand_car_a.npz, photos/labels.json, mnist.npz, semeion.npz, or some of them",
    )
    parser.add_argument("--reader", type=Path, default=SHIPPED, help="artifact whose network is asked")
    parser.add_argument("--tries", type=int, default=200, help="of the random search")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    bench = ImageObjective(Reader.open(options.reader), gather_pictures(options.data, options.seed))
    before = bench.right(IMAGE_COSTS)
    found = random_search(
        lambda weights: bench.loss(weights) + drift(weights, IMAGE_COSTS),
        IMAGE_COSTS,
        SEARCHED,
        options.tries,
        options.seed,
        LEAST,
    )
    weights = with_strip(bench, found.weights)
    for name, (right, n) in bench.right(weights).items():
        log.info("%s: %d of %d right, %d before", name, right, n, before[name][0])
    log.info("loss %.4f, %.4f before", found.loss, found.first)
    log.info("%s", {name: getattr(weights, name) for name in (*SEARCHED, "strip", "doubt")})


if __name__ == "__main__":
    main()
