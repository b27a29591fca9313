"""What a reader makes of every set that a folder holds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ml.evaluation.benchmarks import BENCHMARKS, Benchmark, Drawing, LabeledDrawings
from ml.evaluation.metrics import (
    Bools,
    Floats,
    auroc,
    brier,
    calibration_error,
    edit_distance,
    log_loss,
    pass_rate,
    wilson_interval,
)

log = logging.getLogger(__name__)

_BATCH = 64  # drawings a call
# What is asked of one digit; and with it all that is easily misread or no digit.
DIGIT_SETS = ("pendigits_test", "uji_digits", "optdigits", "semeion", "hwd1000", "photos_digits")
HARD_SETS = ("pendigits_test", "uji_digits", "optdigits", "semeion", "photos_digits", "cheques", "strings_close",
        "separable_letters", "omniglot")  # fmt: skip
PEN_SETS = ("pendigits_test", "uji_digits")  # single digits from pens, to be told from letters and scribbles
REFUSED = 0.01  # share of them that a threshold may refuse
_KEPT = 0.95  # share of them that another one must let pass


class ReadingLike(Protocol):
    """What is asked of a reading."""

    @property
    def state(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def confidence(self) -> float: ...


class ReaderLike(Protocol):
    """What is asked of a reader."""

    @property
    def version(self) -> str: ...

    @property
    def card(self) -> Mapping[str, Any]: ...

    def read(self, drawings: Sequence[Drawing]) -> Sequence[ReadingLike]: ...

    def classify(self, glyphs: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...


@dataclass(frozen=True)
class Answer:
    """What the reader said of one drawing; of a glyph only its text and confidence."""

    state: str
    text: str
    confidence: float


@dataclass(frozen=True)
class BenchmarkResult:
    """One set. `n` and `errors` count drawings, for a page digits."""

    benchmark: Benchmark
    drawings: Sequence[Drawing]
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
        return wilson_interval(self.errors, self.n)

    @property
    def scores(self) -> Floats:
        """(n,) how much each drawing is taken for a digit: higher is more."""
        return np.array([a.confidence if a.text else -a.confidence for a in self.answers])


@dataclass(frozen=True)
class EvaluationReport:
    version: str
    results: tuple[BenchmarkResult, ...]

    def named(self, names: Sequence[str]) -> list[BenchmarkResult]:
        """Those that were measured, in the order of `names`."""
        by_name = {result.name: result for result in self.results}
        return [by_name[name] for name in names if name in by_name]

    def strangers(self) -> list[BenchmarkResult]:
        """The sets that hold no digits."""
        return [result for result in self.results if result.benchmark.kind == "no_digit"]

    def real(self) -> Floats:
        """(n,) the scores of single digits from pens."""
        return np.concatenate([np.empty(0), *(result.scores for result in self.named(PEN_SETS))])

    def judged(self, names: Sequence[str]) -> tuple[Floats, Bools]:
        """Confidence (n,) and whether it is right (n,), of all that was taken for digits: a text read from what
        is no digit is wrong."""
        pairs = [pair for result in self.named(names) for pair in _judged(result)]
        return np.array([sure for sure, _ in pairs]), np.array([right for _, right in pairs], bool)

    def figures(self) -> dict[str, float]:
        """Calibration and rejection, over several sets."""
        found = {}
        for group, names in {"hard": HARD_SETS, "digits": DIGIT_SETS}.items():
            confidence, right = self.judged(names)
            if len(right):
                found[f"ece_{group}"] = calibration_error(confidence, right)
                found[f"nll_{group}"] = log_loss(confidence, right)
                found[f"brier_{group}"] = brier(confidence, right)
        real = self.real()
        for result in self.strangers() if len(real) else ():
            found[f"auroc_{result.name}"] = auroc(real, result.scores)
            found[f"fpr95_{result.name}"] = pass_rate(real, result.scores, 1 - _KEPT)
            found[f"taken_{result.name}"] = pass_rate(real, result.scores, REFUSED)
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


def evaluate(
    reader: ReaderLike,
    folder: Path,
    only: Sequence[str] = (),
    most: int | None = None,
    told: Callable[[str], None] = log.info,
) -> EvaluationReport:
    """What `reader` makes of the sets of which `folder` holds the file; with `only`, of those named.

    Of a set larger than `most` it reads so many, always the same. `told` hears a line a set. Raises DatasetError
    for a damaged file.
    """
    results = []
    for benchmark in BENCHMARKS:
        if (folder / benchmark.file).exists() and (not only or benchmark.name in only):
            sample = _part(benchmark.load(folder / benchmark.file, reader.card), most)
            results.append(_measure(reader, benchmark, sample))
            told(f"{benchmark.name}: {results[-1].errors} errors of {results[-1].n}")
    return EvaluationReport(reader.version, tuple(results))


def _part(sample: LabeledDrawings, most: int | None) -> LabeledDrawings:
    if most is None or len(sample.texts) <= most:
        return sample
    chosen = np.sort(np.random.default_rng(0).permutation(len(sample.texts))[:most])
    return LabeledDrawings([sample.drawings[i] for i in chosen], [sample.texts[i] for i in chosen])


def _measure(reader: ReaderLike, benchmark: Benchmark, sample: LabeledDrawings) -> BenchmarkResult:
    answers = _classified if benchmark.kind == "glyph" else _read
    return BenchmarkResult(benchmark, sample.drawings, sample.texts, list(answers(reader, sample.drawings)))


def _read(reader: ReaderLike, drawings: Sequence[Drawing]) -> Iterator[Answer]:
    for start in range(0, len(drawings), _BATCH):
        for reading in reader.read(drawings[start : start + _BATCH]):
            yield Answer(reading.state, reading.text, reading.confidence)


def _classified(reader: ReaderLike, drawings: Sequence[Drawing]) -> Iterator[Answer]:
    digits, digit_probability = reader.classify(np.stack([np.asarray(drawing) for drawing in drawings]))
    for labels, is_digit in zip(digits, digit_probability, strict=True):
        yield Answer("recognised", str(int(labels.argmax())), float(is_digit * np.exp(labels.max())))


def _errors(kind: str, answer: Answer, text: str) -> int:
    if kind == "no_digit":
        return int(answer.state == "recognised")
    if kind == "page":
        return edit_distance(_digits(answer.text), _digits(text))
    if kind == "digits":
        return int(_digits(answer.text) != text)
    return int(answer.text != text)


def _digits(text: str) -> str:
    return "".join(text.split())


def _judged(result: BenchmarkResult) -> Iterator[tuple[float, bool]]:
    for answer, text, wrong in zip(result.answers, result.texts, result.wrong, strict=True):
        if answer.text:
            yield answer.confidence, bool(text) and not wrong
