"""Fit how strokes are grouped into digits: ``python -m ml.tuning.strokes --data DIR``, in some minutes.

Stroke affinity is fitted to which strokes belong to the same digit, then costs of the lattice by random search.
Both use numbers composed of digits, recorded and synthetic, and letters and signs, whose strokes belong together
as well: the affinity those by writers who train, the costs those by writers who validate. The affinity is written
to a file. The costs are logged, to be entered in `ml.segmentation.costs.Costs`; they are searched with the
affinity that the project ships. Costs should be fitted again after the networks were trained anew.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.data.corpus import Corpus
from ml.decoding.drawing_decoder import DrawingDecoder
from ml.inference.reader import SHIPPED, Reader
from ml.ink.strokes import Strokes
from ml.labels import NOT_A_DIGIT, Floats
from ml.segmentation.components import StrokeComponents
from ml.segmentation.costs import Costs
from ml.segmentation.small_network import SmallNetwork
from ml.segmentation.stroke_affinity import SHIPPED_AFFINITY
from ml.segmentation.stroke_pairs import pair_features, resample
from ml.synthesis.handwriting import write_sign
from ml.synthesis.number_cases import NO_DIGIT, NUMBER_CASES, WrittenNumber, synthetic_writer, write_numbers
from ml.tuning.random_search import CachedScores, SearchSpace, random_search
from ml.tuning.small_network_fitting import fit_small_network
from ml.tuning.writers import PEN_LETTERS, PenWriters, choose_recorded_writer, pen_digits, with_many_ones

log = logging.getLogger(__name__)

SEARCHED = SearchSpace(
    ("negative", "whole_negative", "lone_negative", "segment", "affinity", "stacked", "stroke_cut", "ligature",
     "space_least", "space_ratio", "space_floor", "space_sure")
)  # fmt: skip
AFFINITY_CASES = ("single", "several_strokes", "apart", "close", "overlapping", "sloped", "mixed_sizes", "delayed",
                  "out_of_order", "lines", "marked")  # fmt: skip
_MAX_STROKES = 40  # of a number; a scribble of more has so many pairs that it would outweigh all others
_MAX_GAP = 0.45  # between the boxes of two strokes that the affinity is fitted to, in heights of the line
_UNITS, _EPOCHS = 48, 25  # of the affinity; 32 units serve pairs of strokes by strangers less well
_ONES = 0.5  # of the numbers that the affinity is fitted to have many 1s: 111 is no sign
_SEARCHED_NUMBERS = 40  # of each case and kind of writer, in the random search
_ERROR_LOSS = 5.0  # nats for a wrong reading, and more the surer it was


def separable_letters(corpus: Corpus, most: int, seed: int) -> list[WrittenNumber]:
    """Letters unlike any digit, at most `most` of each part."""
    rng = np.random.default_rng((seed, 2))
    parts = [corpus[name] for name in PEN_LETTERS if name in corpus]
    clear = [part.select(part.labels == NOT_A_DIGIT).sample(most, rng) for part in parts]
    return [_as_sign(drawing) for part in clear for drawing in part.drawings]


def synthetic_signs(n: int, seed: int) -> list[WrittenNumber]:
    """`n` synthetic signs and letters."""
    rng = np.random.default_rng((seed, 1))
    return [_as_sign([100 * stroke for stroke in write_sign(rng)]) for _ in range(n)]


def _as_sign(strokes: Strokes) -> WrittenNumber:
    """A drawing whose strokes all belong together, without a text."""
    return WrittenNumber(strokes, "", (0,) * len(strokes))


def fit_stroke_affinity(numbers: Iterable[WrittenNumber], seed: int) -> SmallNetwork:
    """Fit the affinity to all pairs of strokes that lie near each other."""
    fitted = [number for number in numbers if 1 < len(number.strokes) <= _MAX_STROKES]
    features, together = zip(*map(near_pairs, fitted), strict=True)
    examples = np.concatenate(features)
    return fit_small_network(examples, np.concatenate(together), np.ones(len(examples)), seed, _UNITS, _EPOCHS)


def near_pairs(number: WrittenNumber) -> tuple[Floats, NDArray[np.bool_]]:
    """Features (m, 28) of the pairs of strokes near each other, and whether one digit has both (m,)."""
    boxes = np.array([[*stroke.min(axis=0), *stroke.max(axis=0)] for stroke in number.strokes], np.float64)
    height = float(np.quantile(boxes[:, 3] - boxes[:, 1], 0.7, method="higher"))
    owners = np.array(number.owners)
    pairs = np.array([*combinations(range(len(owners)), 2)], np.int64).reshape(-1, 2)
    first, second = boxes[pairs[:, 0]], boxes[pairs[:, 1]]
    # The wider of the gaps between the boxes (left, top, right, bottom) across and down.
    gaps = np.maximum(second[:, :2] - first[:, 2:], first[:, :2] - second[:, 2:]).max(axis=1)
    has_owner = (owners[pairs] != NO_DIGIT).any(axis=1)
    pairs = pairs[has_owner & (gaps < _MAX_GAP * height)]
    together: NDArray[np.bool_] = owners[pairs[:, 0]] == owners[pairs[:, 1]]
    return pair_features(resample(number.strokes), pairs, np.full(len(pairs), height)), together


class StrokeObjective:
    """The loss of readings of numbers, as a function of the costs."""

    def __init__(self, reader: Reader, numbers: Sequence[WrittenNumber]) -> None:
        self._reader = reader
        self._numbers = [(number, StrokeComponents(number.strokes), CachedScores(reader)) for number in numbers]

    def loss(self, costs: Costs) -> float:
        """The mean loss (nats): that of the confidence where the text is right, a fixed one and more otherwise."""
        losses = []
        for number, components, scores in self._numbers:
            decoder = DrawingDecoder(components, costs)
            reading = decoder.decode(*scores.of(decoder), self._reader.calibration)
            if reading.text == number.text:
                losses.append(-math.log(max(reading.confidence, 1e-9)))
            else:
                losses.append(_ERROR_LOSS + reading.confidence)
        return float(np.mean(losses))


def main() -> None:
    """Fit the stroke affinity, and search for costs."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.tuning.strokes", description="Fit how strokes are grouped into digits."
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with the data sets (docs/reader.md)")
    parser.add_argument("--reader", type=Path, default=SHIPPED, help="artifact with the networks to ask")
    parser.add_argument("--out", type=Path, default=SHIPPED_AFFINITY, help="where the stroke affinity goes")
    parser.add_argument(
        "--numbers", type=int, default=1600, help="of each case and kind of writer, for the stroke affinity"
    )
    parser.add_argument("--tries", type=int, default=100, help="of the random search")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    seed = options.seed
    reader = Reader.open(options.reader)
    writers = PenWriters.gather(options.data, reader.card)

    training_writers = (choose_recorded_writer(pen_digits(writers.training)), synthetic_writer)
    numbers = [
        n
        for c in training_writers
        for n in write_numbers(with_many_ones(c, _ONES), AFFINITY_CASES, options.numbers, seed)
    ]
    letters = separable_letters(writers.training, 3 * options.numbers, seed)
    affinity = fit_stroke_affinity([*numbers, *letters, *synthetic_signs(2 * options.numbers, seed)], seed)
    options.out.write_text(json.dumps(affinity.as_json()) + "\n")

    few = _SEARCHED_NUMBERS
    validation_writers = (choose_recorded_writer(pen_digits(writers.validation)), synthetic_writer)
    numbers = [n for c in validation_writers for n in write_numbers(c, [*NUMBER_CASES], few, seed + 1)]
    numbers += separable_letters(writers.validation, 6 * few, seed) + synthetic_signs(8 * few, seed + 1)
    result = random_search(StrokeObjective(reader, numbers).loss, Costs(), SEARCHED, options.tries, seed)
    log.info("loss %.4f, %.4f before", result.loss, result.initial_loss)
    log.info("%s", SEARCHED.values(result.costs))


if __name__ == "__main__":
    main()
