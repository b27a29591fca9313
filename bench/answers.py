"""Digests of the answers of the shipped reader, which a refactoring must not change by one bit.

    python -m bench.answers [--each FILE]

1,000 drawings and 1,000 photographs of synthetic handwriting are read, 60 digits are explained, and 100 drawings
are read with the digits that their writer confirmed. Run it before and after a change, on one machine, and
compare the lines. `--each` writes one digest for each input, which shows where two runs differ.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

from ml.decoding.reading import reading_as_json
from ml.inference.reader import SHIPPED, Reader
from ml.ink.strokes import Strokes
from ml.synthesis.handwriting import random_handwriting, write_digit, write_number, write_sign
from ml.synthesis.photographs import Scene, photograph

DRAWINGS = PHOTOGRAPHS = 1000
EXPLAINED, PERSONAL = 60, 100
BATCH = 20  # inputs read in one call
SEED = 1


def main() -> None:
    """Print one digest for each kind of answer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=Path, metavar="FILE", help="write the digest of each input here, as JSON")
    options = parser.parse_args()
    reader = Reader.open(SHIPPED)
    drawings = [_drawing(np.random.default_rng([SEED, i])) for i in range(DRAWINGS)]
    photographs = [_photograph(np.random.default_rng([SEED + 1, i])) for i in range(PHOTOGRAPHS)]
    digests = {
        "drawings": _digests_of_readings(reader, drawings),
        "photographs": _digests_of_readings(reader, photographs),
        "explanations": _digests_of_explanations(reader),
        "personal": _digests_of_personal_readings(reader),
    }
    for name, own in digests.items():
        print(f"{name:14}{len(own):6}  {_digest(own)}")
    if options.each:
        options.each.write_text(json.dumps(digests, indent=0), encoding="utf-8")


def _text(rng: Generator) -> str:
    """One to three lines of one or two numbers of one to six digits."""
    numbers = ["".join(map(str, rng.integers(0, 10, rng.integers(1, 7)))) for _ in range(rng.integers(1, 4))]
    return "".join(number + str(rng.choice([" ", "\n"])) for number in numbers).strip()


def _drawing(rng: Generator) -> Strokes:
    """A text, or in one of ten drawings a sign that is no digit."""
    if rng.uniform() < 0.1:
        return [100 * stroke for stroke in write_sign(rng)]
    return write_number(_text(rng), rng=rng)


def _photograph(rng: Generator) -> np.ndarray:
    scene = Scene(
        pen=rng.uniform(2, 9),
        ink=rng.uniform(0.05, 0.4),
        lines=str(rng.choice(["none", "ruled", "squared", "form"])),
        gradient=rng.uniform(0, 0.5),
        shadow=rng.uniform(0, 0.4),
        tilt=rng.normal(0, 2),
        blur=rng.uniform(0, 1.5),
        noise=rng.uniform(0, 8),
        inverted=bool(rng.uniform() < 0.1),
    )
    return photograph(write_number(_text(rng), rng=rng), (600, 300), scene, rng)


def _digests_of_readings(reader: Reader, inputs: Sequence[Any]) -> list[str]:
    digests = []
    for start in range(0, len(inputs), BATCH):
        readings = reader.read(inputs[start : start + BATCH])
        digests += [_digest(reading_as_json(reading)) for reading in readings]
    return digests


def _digests_of_explanations(reader: Reader) -> list[str]:
    """Explanations of the first digit, of drawings and photographs in turn."""
    digests = []
    for i in range(EXPLAINED):
        rng = np.random.default_rng([SEED + 2, i])
        handwriting = random_handwriting(rng)
        confirmed = [(label, write_digit(label, rng=rng, handwriting=handwriting)) for label in range(10)]
        ink = write_number(str(rng.integers(10, 1000)), rng=rng, handwriting=handwriting)
        drawing = photograph(ink, (600, 300), Scene(), rng) if i % 3 == 0 else ink
        digests.append(_digest(reader.explain(drawing, 0, confirmed)))
    return digests


def _digests_of_personal_readings(reader: Reader) -> list[str]:
    """Five writers confirm 12 digits each; then 20 drawings of each are read in one call."""
    digests = []
    for writer in range(5):
        rng = np.random.default_rng([SEED + 3, writer])
        handwriting = random_handwriting(rng)
        confirmed = [(i % 10, write_digit(i % 10, rng=rng, handwriting=handwriting)) for i in range(12)]
        drawings = [write_number(_text(rng), rng=rng, handwriting=handwriting) for _ in range(PERSONAL // 5)]
        profile = reader.writer_profile(confirmed)
        readings = reader.read(drawings, [profile] * len(drawings))
        digests += [_digest(reading_as_json(reading)) for reading in readings]
    return digests


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(_plain(value), sort_keys=True).encode()).hexdigest()[:32]


def _plain(value: Any) -> Any:
    """A value as plain types: floats keep all their bits, dataclasses lose the names of their fields."""
    if dataclasses.is_dataclass(value):
        return [_plain(getattr(value, field.name)) for field in dataclasses.fields(value)]
    if isinstance(value, np.ndarray):
        return [str(value.dtype), value.shape, hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


if __name__ == "__main__":
    main()
