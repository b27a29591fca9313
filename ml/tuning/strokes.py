"""Fit how strokes are parted into digits: ``python -m ml.tuning.strokes --data DIR``, in some minutes.

Links are fitted to whose stroke is whose, the weights of the lattice by random search, both on numbers composed of
digits by the training writers of pendigits and of synthetic ones, and on letters and signs, whose strokes belong
together as well. The links are written to a file; the weights are
logged, to stand in `ml.segmentation.costs.Costs`. Both should be fitted again when the network has been trained anew.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ml.data.loaders import load_characters, load_images, load_strokes
from ml.data.lookalikes import SEPARABLE_LETTERS
from ml.decoding.drawing_decoder import DrawingDecoder
from ml.inference.reader import SHIPPED, Reader
from ml.ink.strokes import Strokes
from ml.segmentation.components import StrokeComponents
from ml.segmentation.costs import Costs
from ml.segmentation.stroke_affinity import SHIPPED_AFFINITY, StrokeAffinity, fit_affinity, pair_features, resample
from ml.synthesis.handwriting import write_sign
from ml.synthesis.number_cases import (
    NO_DIGIT,
    NUMBER_CASES,
    DigitWriter,
    WrittenNumber,
    recorded_writer,
    synthetic_writer,
    write_numbers,
)
from ml.tuning.random_search import CachedScores, random_search

log = logging.getLogger("ml.tuning.strokes")

Floats = NDArray[np.float64]
Writers = Callable[[Generator], DigitWriter]

SEARCHED = ("junk", "whole", "link", "cut", "ligature", "space_least", "space_ratio", "space_floor",
            "space_sure")  # fmt: skip
LINKED = ("single", "several_strokes", "apart", "close", "overlapping", "sloped", "mixed_sizes", "delayed",
          "out_of_order", "lines", "marked")  # fmt: skip
_MOST_STROKES = 40  # of a number; a scribble of more would count for all the others
_WRONG = 5.0  # nats for a wrong reading, and more the surer it was


def training_writers(file: Path) -> Writers:
    """One of the writers of the training part of pendigits. Raises DatasetError."""
    pen = load_strokes(file)
    pen = pen.part(~pen.test)
    parts = [pen.part(pen.writer == who) for who in np.unique(pen.writer)]
    writers = [recorded_writer(part.drawings, part.label.tolist()) for part in parts]
    return lambda rng: writers[int(rng.integers(len(writers)))]


def letters(file: Path, card: Mapping[str, Any]) -> list[WrittenNumber]:
    """Letters unlike any digit by writers of UJI whom `card` does not name as strangers. Raises DatasetError."""
    strangers = set(card.get("strangers", {}).get("uji", ()))
    labels, drawings = load_characters(file)
    who = load_images(file)["writer"].tolist()
    chosen = [
        d for d, w, c in zip(drawings, who, labels, strict=True) if w not in strangers and c in SEPARABLE_LETTERS
    ]
    return [_sign(drawing) for drawing in chosen]


def signs(n: int, seed: int) -> list[WrittenNumber]:
    """Synthetic signs and letters."""
    rng = np.random.default_rng((seed, 1))
    return [_sign([100 * stroke for stroke in write_sign(rng)]) for _ in range(n)]


def _sign(strokes: Strokes) -> WrittenNumber:
    """One thing that has all the strokes, and says nothing."""
    return WrittenNumber(strokes, "", (0,) * len(strokes))


def fit_links(written: Iterable[WrittenNumber]) -> StrokeAffinity:
    """From all strokes that lie near each other."""
    measured, together = zip(
        *(_pairs(number) for number in written if 1 < len(number.strokes) <= _MOST_STROKES), strict=True
    )
    return fit_affinity(np.concatenate(measured), np.concatenate(together), steps=10)


def _pairs(number: WrittenNumber) -> tuple[Floats, NDArray[np.bool_]]:
    """Measures of pairs of strokes, and whether one digit has both."""
    boxes = np.array([[*stroke.min(axis=0), *stroke.max(axis=0)] for stroke in number.strokes], np.float64)
    height = float(np.quantile(boxes[:, 3] - boxes[:, 1], 0.7, method="higher"))
    own = number.owners
    pairs = np.array(
        [
            (a, b)
            for a, b in combinations(range(len(own)), 2)
            if max(own[a], own[b]) != NO_DIGIT and _gap(boxes[a], boxes[b]) < 0.45 * height
        ],
        np.int64,
    ).reshape(-1, 2)
    together = np.array([own[a] == own[b] for a, b in pairs], bool)
    return pair_features(resample(number.strokes), pairs, np.full(len(pairs), height)), together


def _gap(a: Floats, b: Floats) -> float:
    """The wider of the gaps between two boxes (left, top, right, bottom) across and down."""
    return float(np.maximum(b[:2] - a[2:], a[:2] - b[2:]).max())


class StrokeObjective:
    """Numbers that are read again and again with other weights; the network is asked once for each candidate."""

    def __init__(self, reader: Reader, written: Sequence[WrittenNumber]) -> None:
        self._reader = reader
        self._written = [(number, StrokeComponents(number.strokes), CachedScores(reader)) for number in written]

    def loss(self, weights: Costs) -> float:
        """Mean nats: those of the confidence where the text is right, a fine where it is wrong."""
        return float(np.mean([self._loss(*each, weights) for each in self._written]))

    def _loss(
        self, number: WrittenNumber, components: StrokeComponents, opinions: CachedScores, weights: Costs
    ) -> float:
        page = DrawingDecoder(components, weights)
        reading = page.reading(*opinions.of(page), self._reader.calibration)
        return (
            -math.log(max(reading.confidence, 1e-9))
            if reading.text == number.text
            else _WRONG + reading.confidence
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m ml.tuning.strokes", description="Fit how strokes are parted into digits."
    )
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with pendigits_strokes.npz, uji_strokes.npz"
    )
    parser.add_argument("--reader", type=Path, default=SHIPPED, help="artifact whose network is asked")
    parser.add_argument("--out", type=Path, default=SHIPPED_AFFINITY, help="where the links go")
    parser.add_argument("--numbers", type=int, default=400, help="of each slice and kind of writer, for the links")
    parser.add_argument("--tries", type=int, default=100, help="of the random search; a tenth of the numbers each")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    kinds = (training_writers(options.data / "pendigits_strokes.npz"), synthetic_writer)
    reader = Reader.open(options.reader)
    strange = letters(options.data / "uji_strokes.npz", reader.card)
    drawn = [n for kind in kinds for n in write_numbers(kind, LINKED, options.numbers, options.seed)]
    fitted = fit_links([*drawn, *strange, *signs(2 * options.numbers, options.seed)])
    options.out.write_text(json.dumps(fitted.as_json()) + "\n")
    few = max(1, options.numbers // 10)
    written = [n for kind in kinds for n in write_numbers(kind, [*NUMBER_CASES], few, options.seed + 1)]
    written += strange[::4] + signs(10 * few, options.seed + 1)
    found = random_search(StrokeObjective(reader, written).loss, Costs(), SEARCHED, options.tries, options.seed)
    log.info("loss %.4f, %.4f before", found.loss, found.first)
    log.info("%s", {name: getattr(found.weights, name) for name in SEARCHED})


if __name__ == "__main__":
    main()
