"""Digests of what the shipped reader answers: a change of form must not change one bit of them.

    python -m bench.answers [--each FILE]

1,000 drawings and 1,000 photographs of the project's own synthetic handwriting are read, 60 digits are explained,
and 100 drawings are read with the digits that their writer confirmed. Run it before and after a change, on one
machine, and compare the lines. `--each` writes one digest for each input: it shows where two runs differ.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
from collections.abc import Iterator, Sequence
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
    options = _options()
    reader = Reader.open(SHIPPED)
    each = {
        "drawings": _read(reader, [_drawing(np.random.default_rng([SEED, i])) for i in range(DRAWINGS)]),
        "photographs": _read(
            reader, [_photograph(np.random.default_rng([SEED + 1, i])) for i in range(PHOTOGRAPHS)]
        ),
        "explanations": _explained(reader),
        "personal": _read_personally(reader),
    }
    for name, digests in each.items():
        print(f"{name:14}{len(digests):6}  {_digest(digests)}")
    if options.each:
        options.each.write_text(json.dumps(each, indent=0), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=Path, metavar="FILE", help="write the digest of each input here, as JSON")
    return parser.parse_args()


def _text(rng: Generator) -> str:
    """One to three lines of one or two numbers of one to six digits."""
    numbers = ["".join(map(str, rng.integers(0, 10, rng.integers(1, 7)))) for _ in range(rng.integers(1, 4))]
    return "".join(number + str(rng.choice([" ", "\n"])) for number in numbers).strip()


def _drawing(rng: Generator) -> Strokes:
    """A text, or now and then a sign that is no digit."""
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


def _read(reader: Reader, inputs: Sequence[Any]) -> list[str]:
    readings = [reading for batch in _batches(inputs) for reading in reader.read(batch)]
    return [_digest(reading_as_json(reading)) for reading in readings]


def _explained(reader: Reader) -> list[str]:
    """Explanations of the first digit, of drawings and photographs in turn."""
    digests = []
    for i in range(EXPLAINED):
        rng = np.random.default_rng([SEED + 2, i])
        hand = random_handwriting(rng)
        own = [(label, write_digit(label, rng=rng, handwriting=hand)) for label in range(10)]
        ink = write_number(str(rng.integers(10, 1000)), rng=rng, handwriting=hand)
        drawing = photograph(ink, (600, 300), Scene(), rng) if i % 3 == 0 else ink
        digests.append(_digest(reader.explain(drawing, 0, own)))
    return digests


def _read_personally(reader: Reader) -> list[str]:
    """Five writers confirm 12 digits each; then 20 drawings of each are read in one call."""
    digests = []
    for writer in range(5):
        rng = np.random.default_rng([SEED + 3, writer])
        hand = random_handwriting(rng)
        confirmed = [(i % 10, write_digit(i % 10, rng=rng, handwriting=hand)) for i in range(12)]
        drawings = [write_number(_text(rng), rng=rng, handwriting=hand) for _ in range(PERSONAL // 5)]
        style = reader.writer_profile(confirmed)
        digests += [_digest(reading_as_json(r)) for r in reader.read(drawings, [style] * len(drawings))]
    return digests


def _batches(inputs: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (inputs[i : i + BATCH] for i in range(0, len(inputs), BATCH))


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(_plain(value), sort_keys=True).encode()).hexdigest()[:32]


def _plain(value: Any) -> Any:
    """JSON of dataclasses and arrays; floats keep all their bits, names of fields do not count."""
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
