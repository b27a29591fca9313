"""What a reader makes of every set that a folder holds."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ml.benchmarks import BENCHMARKS, Benchmark, Drawing, Sample
from ml.measures import auroc, calibration_error, edits, passing, wilson

log = logging.getLogger(__name__)

_BATCH = 64  # drawings a call
_HARD = ("pendigits_test", "uji_digits", "optdigits", "semeion", "photos_digits", "cheques", "strings_close",
         "separable_letters", "omniglot")  # fmt: skip
_REAL = ("pendigits_test", "uji_digits")  # single digits from pens, to be told from letters and scribbles
REFUSED = 0.01  # share of them that a threshold may refuse


class Read(Protocol):
    """What is asked of a reading."""

    @property
    def state(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def confidence(self) -> float: ...


class Reads(Protocol):
    """What is asked of a reader."""

    @property
    def version(self) -> str: ...

    @property
    def card(self) -> Mapping[str, Any]: ...

    def read(self, drawings: Sequence[Drawing]) -> Sequence[Read]: ...

    def classify(self, glyphs: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...


@dataclass(frozen=True)
class Answer:
    """What the reader said of one drawing; of a glyph only its text and confidence."""

    state: str
    text: str
    confidence: float


@dataclass(frozen=True)
class Result:
    """One set. `n` and `errors` count drawings, for a page digits."""

    benchmark: Benchmark
    texts: Sequence[str]
    answers: Sequence[Answer]

    @property
    def name(self) -> str:
        return self.benchmark.name

    @property
    def wrong(self) -> list[int]:
        """How many errors each drawing has, in their order."""
        return [_errors(self.benchmark.kind, a, text) for a, text in zip(self.answers, self.texts, strict=True)]

    @property
    def n(self) -> int:
        return sum(len(_digits(t)) for t in self.texts) if self.benchmark.kind == "page" else len(self.texts)

    @property
    def errors(self) -> int:
        return min(self.n, sum(self.wrong))

    @property
    def accuracy(self) -> float:
        return 1.0 - self.errors / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.errors, self.n)

    @property
    def scores(self) -> NDArray[np.float64]:
        """(n,) how much each drawing is taken for a digit: higher is more."""
        return np.array([a.confidence if a.text else -a.confidence for a in self.answers])


@dataclass(frozen=True)
class Report:
    version: str
    results: tuple[Result, ...]

    def figures(self) -> dict[str, float]:
        """Calibration and rejection, over several sets."""
        by_name = {result.name: result for result in self.results}
        hard = [by_name[name] for name in _HARD if name in by_name]
        found = {"ece_hard": _calibration_error(hard)} if hard else {}
        real = [by_name[name].scores for name in _REAL if name in by_name]
        for result in self.results if real else ():
            if result.benchmark.kind == "no_digit":
                digits = np.concatenate(real)
                found[f"auroc_{result.name}"] = auroc(digits, result.scores)
                found[f"taken_{result.name}"] = passing(digits, result.scores, REFUSED)
        return found

    def as_json(self) -> dict[str, Any]:
        sets = [
            {"name": r.name, "n": r.n, "errors": r.errors, "accuracy": r.accuracy, "interval": list(r.interval)}
            for r in self.results
        ]
        return {"version": self.version, "sets": sets, "figures": self.figures()}

    def as_text(self) -> str:
        lines = [f"Reader {self.version}", f"{'set':26} {'n':>6} {'errors':>6} {'accuracy':>9}  95 % interval"]
        for r in self.results:
            low, high = r.interval
            lines.append(f"{r.name:26} {r.n:6} {r.errors:6} {r.accuracy:9.2%}  {low:.2%} - {high:.2%}")
        return "\n".join([*lines, *(f"{name:33} {value:15.4f}" for name, value in self.figures().items())])


def evaluate(reader: Reads, folder: Path, only: Sequence[str] = ()) -> Report:
    """What `reader` makes of the sets of which `folder` holds the file; with `only`, of those named.

    Raises DatasetError for a damaged file.
    """
    results = []
    for benchmark in BENCHMARKS:
        if (folder / benchmark.file).exists() and (not only or benchmark.name in only):
            results.append(_measure(reader, benchmark, benchmark.load(folder / benchmark.file, reader.card)))
            log.info("%s: %d errors of %d", benchmark.name, results[-1].errors, results[-1].n)
    return Report(reader.version, tuple(results))


def _measure(reader: Reads, benchmark: Benchmark, sample: Sample) -> Result:
    answers = _classified if benchmark.kind == "glyph" else _read
    return Result(benchmark, sample.texts, list(answers(reader, sample.drawings)))


def _read(reader: Reads, drawings: Sequence[Drawing]) -> Iterator[Answer]:
    for start in range(0, len(drawings), _BATCH):
        for reading in reader.read(drawings[start : start + _BATCH]):
            yield Answer(reading.state, reading.text, reading.confidence)


def _classified(reader: Reads, drawings: Sequence[Drawing]) -> Iterator[Answer]:
    digits, digitness = reader.classify(np.stack([np.asarray(drawing) for drawing in drawings]))
    for labels, is_digit in zip(digits, digitness, strict=True):
        yield Answer("recognised", str(int(labels.argmax())), float(is_digit * np.exp(labels.max())))


def _errors(kind: str, answer: Answer, text: str) -> int:
    if kind == "no_digit":
        return int(answer.state == "recognised")
    if kind == "page":
        return edits(_digits(answer.text), _digits(text))
    if kind == "digits":
        return int(_digits(answer.text) != text)
    return int(answer.text != text)


def _digits(text: str) -> str:
    return "".join(text.split())


def _calibration_error(results: Sequence[Result]) -> float:
    """Of all that was taken for digits: a text read from what is no digit is wrong."""
    pairs = [
        (answer.confidence, _text_right(result, answer, text))
        for result in results
        for answer, text in zip(result.answers, result.texts, strict=True)
        if answer.text
    ]
    confidence, right = (np.array(column) for column in zip(*pairs, strict=True))
    return calibration_error(confidence, right.astype(bool))


def _text_right(result: Result, answer: Answer, text: str) -> bool:
    return bool(text) and not _errors(result.benchmark.kind, answer, text)
