"""Fit how pictures are divided into digits: ``python -m ml.tuning.pictures --data DIR``, in about ten minutes.

A random search looks for costs of the lattice by which the true texts of cheque amounts, photographs and bitmaps
are likely among all ways to read them (as Bottou, Bengio, LeCun 1997 train whole systems). The weight of the line
network is chosen last, by the texts that are read and their confidence. The costs are logged, to be entered in
`ml.segmentation.costs.IMAGE_COSTS`, and should be searched again after the networks were trained anew. Only
training and validation parts are read, never test parts; a file that is missing is left out.
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

from ml.data.corpus import LabeledInk
from ml.data.loaders import DatasetError, load_cheques, load_images, load_mnist, load_strokes
from ml.data.splits import (
    cheques_to_train_on,
    cheques_to_validate_on,
    pen_digits_to_validate_on,
    semeion_to_train_on,
)
from ml.decoding.drawing_decoder import DrawingDecoder, find_components
from ml.decoding.reading import Reading
from ml.evaluation.benchmarks import BENCHMARKS
from ml.evaluation.labeled_drawings import LabeledDrawings
from ml.inference.reader import SHIPPED, Reader
from ml.ink.strokes import bounds
from ml.segmentation.components import Components
from ml.segmentation.costs import IMAGE_COSTS, Costs
from ml.synthesis.number_cases import WrittenNumber, write_numbers
from ml.synthesis.photographs import Scene, photograph
from ml.tuning.random_search import CachedScores, SearchSpace, random_search
from ml.tuning.writers import choose_recorded_writer

log = logging.getLogger(__name__)

# `base_cap` is not searched: for one cheque of 360 the search would make it so high that no digit could hang or
# float. `low_spread` has a lower bound: cheques would have 0.28, which loses digits of photographed pages, and
# there are too few pages for the search to find that.
SEARCHED = SearchSpace(
    ("component_cut", "crossed_ink", "overlap", "overlap_free", "negative", "large_negative", "mark_size",
     "segment", "height_spread", "height_cap", "low_spread", "wide_spread", "base_spread", "gap"),
    least={"low_spread": 0.4},
)  # fmt: skip
_LINE_WEIGHTS = (0.0, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)  # values of `line_network_weight` to choose from
_JOINT_TEMPERATURES = (1.0, 1.4, 2.0, 2.8, 4.0)  # values of `joint_temperature` to choose from

_MNIST_DIGITS = 500  # nearly all are read whatever the costs are
_NUMBERS = 60  # of each case, to photograph
_MARGIN = 30  # pixels around a number that is photographed

_LIKELY = 0.35  # a text of this probability is about as often read as not: the others share the rest
_SLOPE = 3.0  # how fast that becomes certain, for each nat
_ERROR_LOSS = 6.0  # nats for a text that is not read
_FULL_NATS = 6.0  # beyond these a nat counts only `_EXTRA_NATS`: mislabelled, or no costs make it likely
_EXTRA_NATS = 0.1
_MAX_NATS = 50.0
_DRIFT_LOSS = 0.004  # nats for the squared log of each change: a cost that makes no difference does not change


@dataclass(frozen=True)
class Pictures:
    """Pictures of one source as components, their texts without spaces, and the weight of the source."""

    name: str
    weight: float
    components: Sequence[Components]
    texts: Sequence[str]

    @classmethod
    def of(cls, name: str, weight: float, labeled: LabeledDrawings) -> Pictures:
        """Find the components. Pictures without ink are left out: no cost makes a difference to them."""
        found_components, texts = [], []
        for picture, text in zip(labeled.drawings, labeled.texts, strict=True):
            components = find_components(picture)
            if components is not None:
                found_components.append(components)
                texts.append("".join(text.split()))
        return cls(name, weight, found_components, texts)


def gather_pictures(data: Path, seed: int) -> list[Pictures]:
    """The pictures of all sources that the folder `data` has. Raises DatasetError when it has none."""
    gathered = []
    for name, weight, load in _SOURCES:
        try:
            labeled = load(data, np.random.default_rng(seed))
        except DatasetError as error:
            log.info("without %s: %s", name, error)
            continue
        gathered.append(Pictures.of(name, weight, labeled))
    if not gathered:
        raise DatasetError(f"{data} has no pictures to tune on.")
    return gathered


_Load = Callable[[Path, np.random.Generator], LabeledDrawings]  # from the data folder; raises DatasetError


def _cheques(validation: bool) -> _Load:
    """Cheque amounts that networks may learn from: those that validate, or those that train."""

    def load(data: Path, rng: np.random.Generator) -> LabeledDrawings:
        cheques = load_cheques(data / "orand_car_a.npz")
        n = len(cheques.texts)
        chosen = np.flatnonzero(cheques_to_train_on(n) & (cheques_to_validate_on(n) == validation))
        return LabeledDrawings([cheques.pictures[i] for i in chosen], [cheques.texts[i] for i in chosen])

    return load


def _benchmark_photos(name: str) -> _Load:
    [benchmark] = [benchmark for benchmark in BENCHMARKS if benchmark.name == name]
    return lambda data, rng: benchmark.load(data / benchmark.file, {})


def _mnist(data: Path, rng: np.random.Generator) -> LabeledDrawings:
    mnist = load_mnist(data)
    chosen = rng.permutation(len(mnist.y_train))[:_MNIST_DIGITS]
    return LabeledDrawings(list(mnist.x_train[chosen]), [str(label) for label in mnist.y_train[chosen]])


def _semeion(data: Path, rng: np.random.Generator) -> LabeledDrawings:
    arrays = load_images(data / "semeion.npz")
    chosen = semeion_to_train_on(len(arrays["y"]))
    return LabeledDrawings([255 - x for x in arrays["x"][chosen]], [str(label) for label in arrays["y"][chosen]])


def _photographed_numbers(data: Path, rng: np.random.Generator) -> LabeledDrawings:
    """Numbers by writers of pen digits who validate, whose digits are close to each other or joined."""
    digits = load_strokes(data / "pendigits_strokes.npz")
    digits = digits.part(~digits.test)
    digits = digits.part(pen_digits_to_validate_on(digits.writer))
    cases = ("close", "overlapping", "joined")
    part = LabeledInk(digits.drawings, digits.label, digits.writer)
    numbers = list(write_numbers(choose_recorded_writer([part]), cases, _NUMBERS, seed=5))
    return LabeledDrawings([_photograph(number, rng) for number in numbers], [number.text for number in numbers])


def _photograph(number: WrittenNumber, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A grey photograph (h, w) of a number in a random scene."""
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


# Name, weight and loader of each source. Cheques decide most of the costs. The networks are surer of the cheques
# that they have learned from than of others: both kinds take part.
_SOURCES: tuple[tuple[str, float, _Load], ...] = (
    ("cheques learned from", 3.0, _cheques(validation=False)),
    ("cheques kept aside", 2.0, _cheques(validation=True)),
    ("photographed numbers", 1.0, _photographed_numbers),
    ("photographed pages", 1.0, _benchmark_photos("photos_pages")),
    ("photographed digits", 1.0, _benchmark_photos("photos_digits")),
    ("MNIST", 1.0, _mnist),
    ("Semeion", 1.0, _semeion),
)


class _LabeledPicture:
    """A picture with its true text, and the scores of the networks, which do not depend on the costs."""

    def __init__(self, components: Components, text: str, reader: Reader) -> None:
        self._components, self._text, self._calibration = components, text, reader.calibration
        self._scores = CachedScores(reader)
        self._read_line = None if reader.read_line is None else self._scores.read_line

    def reading(self, costs: Costs) -> Reading:
        """Read the picture with these costs."""
        decoder = DrawingDecoder(self._components, costs)
        return decoder.decode(*self._scores.of(decoder), self._calibration, self._read_line)

    def is_right(self, reading: Reading) -> bool:
        """Whether the text is read, spaces and line ends apart."""
        return "".join(reading.text.split()) == self._text

    def text_loss(self, costs: Costs) -> float:
        """The nats of the true text by its digits alone, and a smooth loss where another text is likelier.

        The nats alone would be spent on making sure texts surer. The smooth loss follows the number of errors
        (after "Discriminative Learning for Minimum Error Classification", Juang, Katagiri 1992).
        """
        decoder = DrawingDecoder(self._components, costs)
        log_probability = decoder.log_probability(self._text, *self._scores.of(decoder))
        nats = min(-log_probability, _MAX_NATS)
        unread = 1.0 / (1.0 + math.exp(_SLOPE * (max(log_probability, -_MAX_NATS) - math.log(_LIKELY))))
        return min(nats, _FULL_NATS + _EXTRA_NATS * nats) + _ERROR_LOSS * unread

    def reading_loss(self, costs: Costs) -> float:
        """The log loss (nats) of the confidence, and a fixed loss if the text is not read."""
        reading = self.reading(costs)
        if self.is_right(reading):
            return -math.log(max(reading.confidence, 1e-3))
        return _ERROR_LOSS - math.log(max(1.0 - reading.confidence, 1e-3))


class ImageObjective:
    """The losses of pictures as functions of the costs.

    Each is the mean over the sources, by their weights, of the mean loss of their pictures.
    """

    def __init__(self, reader: Reader, sources: Sequence[Pictures]) -> None:
        self.has_line_network = reader.read_line is not None
        self._weights = [source.weight for source in sources]
        self._pictures: dict[str, list[_LabeledPicture]] = {}
        for source in sources:
            labeled = zip(source.components, source.texts, strict=True)
            self._pictures[source.name] = [
                _LabeledPicture(components, text, reader) for components, text in labeled
            ]

    def text_loss(self, costs: Costs) -> float:
        """The loss of the true texts by the glyph network alone, in nats."""
        return self._mean_loss(lambda picture: picture.text_loss(costs))

    def reading_loss(self, costs: Costs) -> float:
        """The loss of the readings and their confidence, in nats."""
        return self._mean_loss(lambda picture: picture.reading_loss(costs))

    def count_right(self, costs: Costs) -> dict[str, tuple[int, int]]:
        """For each source the number of texts that are read right, spaces apart, and the number of all."""
        return {
            name: (sum(picture.is_right(picture.reading(costs)) for picture in pictures), len(pictures))
            for name, pictures in self._pictures.items()
        }

    def _mean_loss(self, loss: Callable[[_LabeledPicture], float]) -> float:
        means = [np.mean([loss(picture) for picture in pictures]) for pictures in self._pictures.values()]
        return float(np.average(means, weights=self._weights))


def fit_line_network_costs(objective: ImageObjective, costs: Costs) -> Costs:
    """Choose the weight of the line network and the temperature of its sum with the digits, one after the other.

    The costs stay as they are where the reader has no line network.
    """
    if not objective.has_line_network:
        return costs
    for name, values in (
        ("line_network_weight", _LINE_WEIGHTS),
        ("joint_temperature", _JOINT_TEMPERATURES),
        ("line_network_weight", _LINE_WEIGHTS),
    ):
        changes: list[dict[str, Any]] = [{name: value} for value in values]
        candidates = [replace(costs, **change) for change in changes]
        losses = [objective.reading_loss(candidate) for candidate in candidates]
        log.info("%s: %s", name, dict(zip(values, np.round(losses, 4).tolist(), strict=True)))
        costs = candidates[int(np.argmin(losses))]
    return costs


def drift_loss(costs: Costs, start: Costs) -> float:
    """A loss (nats) for costs that differ from those that the search began with."""
    values, start_values = SEARCHED.values(costs), SEARCHED.values(start)
    changed = [name for name in SEARCHED.names if values[name] != start_values[name]]
    return _DRIFT_LOSS * sum(math.log(values[name] / start_values[name]) ** 2 for name in changed)


def main() -> None:
    """Search for costs, and log them with the numbers of texts read right."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.tuning.pictures", description="Fit how pictures are divided into digits."
    )
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        help="folder with orand_car_a.npz, photos/labels.json, mnist.npz, semeion.npz, or some of them",
    )
    parser.add_argument("--reader", type=Path, default=SHIPPED, help="artifact with the networks to ask")
    parser.add_argument("--tries", type=int, default=200, help="of the random search")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    objective = ImageObjective(Reader.open(options.reader), gather_pictures(options.data, options.seed))
    before = objective.count_right(IMAGE_COSTS)

    def loss(costs: Costs) -> float:
        return objective.text_loss(costs) + drift_loss(costs, IMAGE_COSTS)

    result = random_search(loss, IMAGE_COSTS, SEARCHED, options.tries, options.seed)
    costs = fit_line_network_costs(objective, result.costs)
    for name, (right, n) in objective.count_right(costs).items():
        log.info("%s: %d of %d right, %d before", name, right, n, before[name][0])
    log.info("loss %.4f, %.4f before", result.loss, result.initial_loss)
    log.info(
        "%s",
        {
            **SEARCHED.values(costs),
            "line_network_weight": costs.line_network_weight,
            "joint_temperature": costs.joint_temperature,
        },
    )


if __name__ == "__main__":
    main()
