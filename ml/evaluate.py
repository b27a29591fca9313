"""The report on a reader: errors on every set that a folder holds. Test parts are to report, not to choose."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ml.datasets import DatasetError, StrokeSet, load_characters, load_mnist, load_strokes
from ml.ink import Strokes
from ml.picture import decode
from ml.synth import compose_line

log = logging.getLogger(__name__)

Drawing = Strokes | NDArray[np.uint8]
_BATCH = 64  # drawings a call
_STRINGS = 1000
# Capitals and small letters that cannot be taken for a digit.
_SEPARABLE = frozenset("AEFHKMNPRUVWXadefhkmnprtuvwx")


class Read(Protocol):
    """What is asked of a reading."""

    @property
    def state(self) -> str: ...

    @property
    def text(self) -> str: ...


class Reads(Protocol):
    """What is asked of a reader."""

    @property
    def version(self) -> str: ...

    def read(self, drawings: Sequence[Drawing]) -> Sequence[Read]: ...

    def classify(self, glyphs: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...


@dataclass(frozen=True)
class Result:
    """One set. `interval` is Wilson's for 95 %."""

    name: str
    n: int
    errors: int

    @property
    def accuracy(self) -> float:
        return 1.0 - self.errors / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        if not self.n:
            return 0.0, 1.0
        z, p = 1.96, self.accuracy
        middle = (p + z * z / (2 * self.n)) / (1 + z * z / self.n)
        half = z / (1 + z * z / self.n) * np.sqrt(p * (1 - p) / self.n + z * z / (4 * self.n**2))
        return float(max(0.0, middle - half)), float(min(1.0, middle + half))


@dataclass(frozen=True)
class Report:
    version: str
    results: tuple[Result, ...]

    def as_json(self) -> dict[str, Any]:
        sets = [
            {"name": r.name, "n": r.n, "errors": r.errors, "accuracy": r.accuracy, "interval": list(r.interval)}
            for r in self.results
        ]
        return {"version": self.version, "sets": sets}

    def as_text(self) -> str:
        lines = [f"Reader {self.version}", f"{'set':32} {'n':>6} {'errors':>6} {'accuracy':>9}  95 % interval"]
        for r in self.results:
            low, high = r.interval
            lines.append(f"{r.name:32} {r.n:6} {r.errors:6} {r.accuracy:9.2%}  {low:.2%} - {high:.2%}")
        return "\n".join(lines)


def evaluate(reader: Reads, folder: Path, only: Sequence[str] = ()) -> Report:
    """Errors on the sets of which `folder` holds the file; with `only`, on those named. Raises DatasetError."""
    results = []
    for name, (file, count) in SETS.items():
        if (folder / file).exists() and (not only or name in only):
            results.append(Result(name, *count(reader, folder / file)))
            log.info("%s: %d errors of %d", name, results[-1].errors, results[-1].n)
    return Report(reader.version, tuple(results))


Count = tuple[int, int]  # n, errors


def _mnist_test(reader: Reads, file: Path) -> Count:
    """Glyphs straight to the network: they are normalised already."""
    mnist = load_mnist(file.parent)
    digits, _ = reader.classify(mnist.x_test)
    return len(mnist.y_test), int((digits.argmax(axis=1) != mnist.y_test).sum())


def _mnist_pages(reader: Reads, file: Path) -> Count:
    """The same as pictures, through everything a picture goes through."""
    mnist = load_mnist(file.parent)
    return _count(reader, list(mnist.x_test), [str(y) for y in mnist.y_test])


def _pendigits_test(reader: Reads, file: Path) -> Count:
    pen = _test_part(file)
    return _count(reader, pen.drawings, [str(label) for label in pen.label])


def _pendigits_strings(reader: Reads, file: Path) -> Count:
    drawings, texts = compose_strings(_test_part(file), _STRINGS, seed=0)
    return _count(reader, drawings, texts)


def _uji_digits(reader: Reads, file: Path) -> Count:
    labels, drawings = load_characters(file)
    chosen = [i for i, label in enumerate(labels) if str(label).isdigit()]
    return _count(reader, [drawings[i] for i in chosen], [str(labels[i]) for i in chosen])


def _uji_letters(reader: Reads, file: Path) -> Count:
    labels, drawings = load_characters(file)
    return _count_taken(reader, [d for d, label in zip(drawings, labels, strict=True) if str(label) in _SEPARABLE])


def _shapes(reader: Reads, file: Path) -> Count:
    return _count_taken(reader, load_characters(file)[1])


def _photos(kinds: frozenset[str]) -> Callable[[Reads, Path], Count]:
    def count(reader: Reads, file: Path) -> Count:
        pictures, texts = _load_photos(file, kinds)
        return _count(reader, pictures, texts)

    return count


def _load_photos(file: Path, kinds: frozenset[str]) -> tuple[list[Drawing], list[str]]:
    """Pictures and what they say, by a JSON list of file, kind and label beside them. Raises DatasetError."""
    try:
        entries = [entry for entry in json.loads(file.read_text()) if entry["kind"] in kinds]
        pictures: list[Drawing] = [decode((file.parent / entry["file"]).read_bytes()) for entry in entries]
        return pictures, [str(entry["label"]) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{file.name} or a picture in it is damaged: {error}") from error


SETS: dict[str, tuple[str, Callable[[Reads, Path], Count]]] = {
    "mnist_test": ("mnist.npz", _mnist_test),
    "mnist_test_as_pictures": ("mnist.npz", _mnist_pages),
    "pendigits_test": ("pendigits_strokes.npz", _pendigits_test),
    "pendigits_test_strings": ("pendigits_strokes.npz", _pendigits_strings),
    "uji_digits": ("uji_strokes.npz", _uji_digits),
    "uji_letters_not_taken": ("uji_strokes.npz", _uji_letters),
    "shapes_not_taken": ("shapes_strokes.npz", _shapes),
    "photos_digits": ("photos/labels.json", _photos(frozenset({"photo", "photo-28px", "drawn"}))),
    "photos_pages": ("photos/labels.json", _photos(frozenset({"page"}))),
}


def compose_strings(pen: StrokeSet, n: int, seed: int) -> tuple[list[Drawing], list[str]]:
    """`n` strings of 2 to 6 digits, each by one writer, and what they say."""
    rng = np.random.default_rng(seed)
    people = np.unique(pen.writer)
    drawings: list[Drawing] = []
    texts = []
    for _ in range(n):
        own = np.flatnonzero(pen.writer == rng.choice(people))
        chosen = rng.choice(own, int(rng.integers(2, 7)))
        drawings.append(compose_line([pen.drawings[i] for i in chosen], rng=rng))
        texts.append("".join(str(pen.label[i]) for i in chosen))
    return drawings, texts


def _test_part(file: Path) -> StrokeSet:
    pen = load_strokes(file)
    return pen.part(pen.test)


def _readings(reader: Reads, drawings: Sequence[Drawing]) -> Iterator[Read]:
    for start in range(0, len(drawings), _BATCH):
        yield from reader.read(drawings[start : start + _BATCH])


def _count(reader: Reads, drawings: Sequence[Drawing], texts: Sequence[str]) -> Count:
    readings = _readings(reader, drawings)
    return len(texts), sum(reading.text != text for reading, text in zip(readings, texts, strict=True))


def _count_taken(reader: Reads, drawings: Sequence[Drawing]) -> Count:
    """Errors: drawings of something else that were recognised as digits."""
    return len(drawings), sum(reading.state == "recognised" for reading in _readings(reader, drawings))
