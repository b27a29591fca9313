"""Fit which ink separates numbers: ``python -m ml.tuning.separators --data DIR``, in some minutes.

Lines with separators and without are written, by synthetic hands and with the digits of recorded ones, as strokes
and as pictures. From them the log odds of each kind of separator are fitted and written to a file.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator

from ml.data.corpus import LabeledInk
from ml.data.loaders import DatasetError, load_characters, load_images
from ml.inference.reader import SHIPPED, Reader
from ml.ink.greyscale import Grey
from ml.ink.strokes import Strokes, bounds, transform
from ml.labels import Floats
from ml.segmentation.components import Components, StrokeComponents, typical_height, union_box
from ml.segmentation.image_components import ImageComponents, find_image_components
from ml.segmentation.separator_odds import KINDS, SHIPPED_SEPARATORS, SeparatorOdds
from ml.segmentation.separators import find_separators
from ml.segmentation.text_lines import find_lines
from ml.synthesis.handwriting import random_handwriting
from ml.synthesis.number_cases import NO_DIGIT, WrittenNumber, recorded_writer, write_number_case
from ml.synthesis.separated_numbers import SEPARATED_CASES, Hand, separator_writer, synthetic_hand, write_pattern
from ml.tuning.small_network_fitting import fit_small_network
from ml.tuning.writers import PenWriters, by_writer, mostly_ones, pen_digits

log = logging.getLogger(__name__)

HandChoice = Callable[[Generator], Hand]

PLAIN_CASES = ("apart", "close", "overlapping", "sloped", "mixed_sizes", "delayed", "spaced", "evenly_wide",
               "lines")  # fmt: skip
_LEAST_LABELS = 5  # different digits of a recorded hand
_OFTEN = {"date": 2}  # times as many lines as of other cases: a slash is like a 1
_ONES = 0.3  # of the plain lines are written with many 1s
_SLANTED = 0.25  # of all lines are slanted further, each as a whole
_SLANT = 0.2  # standard deviation of that slant
_PICTURES = 0.7  # of the lines also become pictures
_TOUCHING = 0.5  # of those pictures have signs that are nearer to the digits on one side
_NEARER = 0.3  # heights, at most
# Of the ink of a picture:
_MOST, _LITTLE = 0.8, 0.3  # of a separator is of a sign, at least; of a digit that it crosses, at most
_HARDLY = 0.15  # of other ink is of a sign, at most
_PEN = (3, 10)  # px of the pictures, for digits 100 high
_MARGIN = 40  # px around a line in a picture
_PLAIN_WEIGHT = 2.0  # of the ink of plain lines: few drawings have separators
# The log odds are lowered by this: a 1 that is lost, or a number parted, is worse than a sign that is missed.
_CAUTION = {"bar": 0.8, "dash": 0.5, "mark": 0.5, "cross": 0.0, "stack": 0.0, "cut bar": 1.0, "cut dash": 0.7,
            "cut mark": 0.3}  # fmt: skip


def recorded_hands(digits: Sequence[LabeledInk], signs: Mapping[str, Sequence[Strokes]]) -> HandChoice:
    """Chooses the digits of a recorded writer, with signs as recorded (in heights) or in a synthetic hand.

    Raises DatasetError where nobody wrote enough different digits.
    """
    writers = [own for part in digits for own in by_writer(part) if len({*own.labels.tolist()}) >= _LEAST_LABELS]
    if not writers:
        raise DatasetError("There are no writers of recorded digits.")

    def choose(rng: Generator) -> Hand:
        own = writers[int(rng.integers(len(writers)))]
        handwriting = replace(random_handwriting(rng), slant=_shear(own.drawings))
        written = separator_writer(handwriting, rng)
        taken = {sign: ways[int(rng.integers(len(ways)))] for sign, ways in signs.items()}
        is_recorded = rng.random() < 0.5

        def separators(sign: str, rng: Generator) -> Strokes:
            return taken[sign] if is_recorded and sign in taken else written(sign, rng)

        return Hand(recorded_writer(own.drawings, own.labels.tolist()), separators)

    return choose


# Heights; signs that were written alone, and larger than beside digits, are left out.
_LARGEST_SIGN = {".": 0.25, ",": 0.6, ":": 1.0}
_STORED_BACKSLASH = 2 * "\\"
# Where the middle of a recorded sign lies in its line; its place was not recorded. Points and commas begin there.
_PLACES = {"/": 0.5, "\\": 0.5, "-": 0.53, "+": 0.53, "=": 0.53, "(": 0.5, ")": 0.5, "|": 0.5, ":": 0.65,
           ".": 0.92, ",": 0.88}  # fmt: skip


def recorded_signs(file: Path) -> dict[str, list[Strokes]]:
    """Signs by every second writer, in heights of the digits of the same writer; none without the file.

    Only UNIPEN has them.
    """
    try:
        labels, drawings = load_characters(file)
        writers = load_images(file)["writer"]
    except DatasetError as error:
        log.info("without recorded signs: %s", error)
        return {}
    signs: dict[str, list[Strokes]] = {}
    for writer in np.unique(writers[writers % 2 == 0]):
        own = np.flatnonzero(writers == writer)
        heights = [bounds(drawings[i])[3] for i in own if str(labels[i]).isdigit()]
        for i in own if heights else ():
            sign = str(labels[i]).replace(_STORED_BACKSLASH, "\\")
            if sign in _PLACES:
                x, y, _, height = bounds(drawings[i])
                unit = float(np.median(heights))
                top = _PLACES[sign] - (0 if sign in ".," else height / unit / 2)
                if height > _LARGEST_SIGN.get(sign, 1.8) * unit:
                    continue
                signs.setdefault(sign, []).append(
                    [((s - [x, y]) / unit + [0, top]).astype(np.float32) for s in drawings[i]]
                )
    return signs


def _shear(drawings: list[Strokes]) -> float:
    """The slant of a hand by the moments of its ink, as the median of all its digits."""
    shears = []
    for drawing in drawings:
        x, y = (np.concatenate(drawing) - np.concatenate(drawing).mean(axis=0)).T
        shears.append(-float((x * y).mean() / max((y * y).mean(), 1e-9)))
    return float(np.clip(np.median(shears), -0.6, 0.8))


def write_lines(hands: HandChoice, n: int, seed: int) -> Iterator[tuple[WrittenNumber, bool]]:
    """`n` lines of each case, of some more, and whether they have separators."""
    for name in (*SEPARATED_CASES, *PLAIN_CASES):
        rng = np.random.default_rng((seed, *name.encode()))
        for _ in range(n * _OFTEN.get(name, 1)):
            hand = hands(rng)
            if name in SEPARATED_CASES:
                if rng.random() < _ONES:
                    hand = replace(hand, digits=mostly_ones(hand.digits))
                number = write_pattern(SEPARATED_CASES[name](rng), hand, rng)
            else:
                digits = mostly_ones(hand.digits) if rng.random() < _ONES else hand.digits
                number = write_number_case(name, digits, rng)
            if rng.random() < _SLANTED:
                shear = np.array([[1, -rng.normal(0.1, _SLANT), 0], [0, 1, 0]])
                number = replace(number, strokes=transform(number.strokes, shear))
            yield number, name in SEPARATED_CASES


Examples = dict[str, list[tuple[Floats, bool, float]]]  # by kind: features, whether it separates, weight
Judge = Callable[[Sequence[int]], bool | None]  # whether components together are a sign; None where only in part


def gather_examples(lines: Iterator[tuple[WrittenNumber, bool]], seed: int) -> Examples:
    """The ink of all lines that has the form of a separator, as strokes and in pictures."""
    rng = np.random.default_rng(seed)
    examples: Examples = {kind: [] for kind in KINDS}
    for number, is_separated in lines:
        is_sign = [owner == NO_DIGIT for owner in number.owners]
        weight = 1.0 if is_separated else _PLAIN_WEIGHT
        drawn = StrokeComponents(number.strokes)
        _add(examples, drawn, partial(_are_signs, drawn, is_sign), weight)
        if rng.random() < _PICTURES:
            signs, digits = _draw(number.strokes, is_sign, rng)
            page = find_image_components(255 - np.maximum(signs, digits))
            if page is not None:
                _add(examples, page, partial(_shows_sign, page, signs, digits), weight)
    return examples


def _add(examples: Examples, components: Components, is_sign: Judge, weight: float) -> None:
    """Add what is found in all lines, but what is a sign only in part."""
    for line in find_lines(components):
        height = typical_height(components.boxes[list(line), 3])
        for found in find_separators(components, line, height):
            separates = is_sign([line[place] for place in found.places])
            if separates is not None:
                examples[found.kind].append((found.features, separates, weight))


def _are_signs(components: StrokeComponents, is_sign: Sequence[bool], chosen: Sequence[int]) -> bool:
    return all(is_sign[components.owners[i]] for i in chosen)


def _draw(strokes: Strokes, is_sign: Sequence[bool], rng: Generator) -> tuple[Grey, Grey]:
    """Pages (h, w) of the signs alone and of the digits alone, 255 on ink."""
    x, y, width, height = bounds(strokes)
    scale = 1.0 if height > 60 else 60 / max(height, 1.0)
    strokes = [((stroke - [x, y]) * scale + _MARGIN).astype(np.float32) for stroke in strokes]
    if rng.random() < _TOUCHING:
        nearer = np.array([100 * rng.uniform(-_NEARER, _NEARER), 0], np.float32)
        strokes = [stroke + sign * nearer for stroke, sign in zip(strokes, is_sign, strict=True)]
    pen = int(rng.integers(*_PEN))
    pages = np.zeros((2, round(height * scale) + 2 * _MARGIN, round(width * scale) + 2 * _MARGIN), np.uint8)
    for stroke, sign in zip(strokes, is_sign, strict=True):
        line = np.rint(stroke[[0, *range(len(stroke))]] * 16).astype(np.int32)
        cv2.polylines(pages[0 if sign else 1], [line], False, 255, pen, cv2.LINE_AA, 4)
    return pages[0], pages[1]


def _shows_sign(components: ImageComponents, signs: Grey, digits: Grey, chosen: Sequence[int]) -> bool | None:
    """By how much of the ink lies on the page of the signs, and how much on that of the digits."""
    ink = components.ink(chosen)
    x, y, width, height = union_box(components.boxes[list(chosen)])
    rows, columns = np.nonzero(ink > ink.max() / 2)
    at = (
        (y + (rows + 0.5) * height / len(ink)).astype(int),
        (x + (columns + 0.5) * width / ink.shape[1]).astype(int),
    )
    of_sign, of_digit = float((signs[at] > 0).mean()), float((digits[at] > 0).mean())
    if of_sign <= _HARDLY:
        return False
    return True if of_sign >= _MOST and of_digit <= _LITTLE else None


def fit_separators(examples: Examples, seed: int) -> SeparatorOdds:
    """Fit the log odds of each kind."""
    networks = {}
    for kind, own in examples.items():
        features = np.stack([features for features, _, _ in own])
        is_sign = np.array([sign for _, sign, _ in own])
        weights = np.array([weight for _, _, weight in own])
        network = fit_small_network(features, is_sign, weights, seed)
        wrong = (network.log_odds(features) > 0) != is_sign
        output = network.output.copy()
        output[-1] -= _CAUTION[kind]
        networks[kind] = replace(network, output=output)
        shares = 100 * is_sign.mean(), 100 * wrong.mean()
        log.info("%s: %d, %.1f %% separators, %.2f %% wrong", kind, len(own), *shares)
    return SeparatorOdds(networks)


def main() -> None:
    """Fit and write the log odds of separators."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.tuning.separators", description="Fit which ink separates numbers."
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with files of recorded digits")
    parser.add_argument("--reader", type=Path, default=SHIPPED, help="artifact whose card says who trains")
    parser.add_argument("--out", type=Path, default=SHIPPED_SEPARATORS, help="where the log odds go")
    parser.add_argument("--lines", type=int, default=600, help="of each case and kind of hand")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    examples: Examples = {kind: [] for kind in KINDS}
    writers = PenWriters.gather(options.data, Reader.open(options.reader).card)
    signs = recorded_signs(options.data / "unipen_part_strokes.npz")
    for hands in (synthetic_hand, recorded_hands(pen_digits(writers.training), signs)):
        for kind, own in gather_examples(write_lines(hands, options.lines, options.seed), options.seed).items():
            examples[kind] += own
    options.out.write_text(json.dumps(fit_separators(examples, options.seed).as_json()) + "\n")


if __name__ == "__main__":
    main()
