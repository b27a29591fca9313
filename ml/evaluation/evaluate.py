"""Evaluation of a reader on every benchmark whose data a folder holds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ml.evaluation.benchmarks import BENCHMARKS, Benchmark
from ml.evaluation.labeled_drawings import Drawing
from ml.evaluation.metrics import (
    Bools,
    auroc,
    brier,
    calibration_error,
    edit_distance,
    log_loss,
    pass_rate,
)
from ml.evaluation.summary import SetSummary, Summary
from ml.labels import Floats

log = logging.getLogger(__name__)

_BATCH = 64  # drawings that are read in one call

# Benchmarks of single digits.
DIGIT_SETS = (
    "pendigits_test",
    "uji_digits",
    "optdigits",
    "semeion",
    "hwd1000",
    "photos_digits",
    "unipen_digits",
    "digilets_digits",
    "expressmatch_digits",
    "mathbrush_digits",
    "kensanata",
    "sudoku",
    "tgtony_digits",
    "drawn_digits",
    "ardis",
    "photos2_digits",
)
# Single digits by pens of strangers: by people and devices, or at least by people, that the reader never saw.
STRANGE_PEN_SETS = ("unipen_digits", "digilets_digits", "expressmatch_digits", "mathbrush_digits")
# Digits with what is easily misread and with what is no digit: calibration is measured on all of it together.
HARD_SETS = (
    "pendigits_test",
    "uji_digits",
    "optdigits",
    "semeion",
    "photos_digits",
    "cheques",
    "strings_close",
    "separable_letters",
    "omniglot",
    *STRANGE_PEN_SETS,
    "unipen_letters",
    "digilets_letters",
    "expressmatch_letters",
    "kensanata",
    "drawn_digits",
    "drawn_letters",
    "photos2_digits",
)
# What calibration is measured on, by the ending of the names of its figures.
CALIBRATION_GROUPS = {"hard": HARD_SETS, "digits": DIGIT_SETS, "pens": STRANGE_PEN_SETS}
_FPR95_KEPT = 0.95  # share of the digits that the threshold of the figures "fpr95_..." keeps
_TAKEN_REFUSED = 0.01  # share of the digits that the threshold of the figures "taken_..." refuses


class ReadingLike(Protocol):
    """What an evaluation needs of a reading."""

    @property
    def state(self) -> str:
        """One of "recognised", "unsure", "not_a_digit" and "empty"."""
        ...

    @property
    def text(self) -> str:
        """The digits that were read, with spaces at gaps and line ends between lines; "" for no digit."""
        ...

    @property
    def confidence(self) -> float:
        """The probability of the answer, 0 to 1."""
        ...


class ReaderLike(Protocol):
    """What an evaluation needs of a reader, as `ml.inference.reader.Reader` has it."""

    @property
    def version(self) -> str:
        """The version of the artifact."""
        ...

    @property
    def card(self) -> Mapping[str, Any]:
        """What the artifact says of itself."""
        ...

    def read(self, drawings: Sequence[Drawing]) -> Sequence[ReadingLike]:
        """One reading for each drawing: strokes, or pixels (h, w) grey or (h, w, 3) in colour."""
        ...

    def classify(self, glyphs: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Log-probabilities of the labels (n, 10), and digit probabilities (n,), of glyphs (n, 28, 28)."""
        ...


@dataclass(frozen=True)
class Answer:
    """What a reader answers to one drawing. A glyph is always "recognised", as one digit."""

    state: str
    text: str
    confidence: float


def read_drawings(reader: ReaderLike, drawings: Sequence[Drawing], *, glyphs: bool) -> Iterator[Answer]:
    """The answer to each drawing, read in batches. `glyphs`: each is (28, 28) uint8, ink high, and goes straight
    to the glyph network."""
    for start in range(0, len(drawings), _BATCH):
        batch = drawings[start : start + _BATCH]
        if glyphs:
            digits, digit_probability = reader.classify(np.stack([np.asarray(glyph) for glyph in batch]))
            for log_probabilities, is_digit in zip(digits, digit_probability, strict=True):
                confidence = float(is_digit * np.exp(log_probabilities.max()))
                yield Answer("recognised", str(int(log_probabilities.argmax())), confidence)
        else:
            for reading in reader.read(batch):
                yield Answer(reading.state, reading.text, reading.confidence)


@dataclass(frozen=True)
class BenchmarkResult:
    """One benchmark as a reader reads it. `n` and `errors` count drawings, for pages digits."""

    benchmark: Benchmark
    drawings: Sequence[Drawing]
    texts: Sequence[str]
    answers: Sequence[Answer]

    @property
    def name(self) -> str:
        """The name of the benchmark."""
        return self.benchmark.name

    @property
    def errors_by_drawing(self) -> list[int]:
        """The number of errors in each drawing, by the kind of the benchmark (`Benchmark`)."""
        kind = self.benchmark.kind
        if kind == "no_digit":
            return [int(answer.state == "recognised") for answer in self.answers]
        pairs = [(answer.text, text) for answer, text in zip(self.answers, self.texts, strict=True)]
        if kind == "page":
            return [edit_distance(without_spaces(read), without_spaces(text)) for read, text in pairs]
        if kind == "digits":
            return [int(without_spaces(read) != text) for read, text in pairs]
        return [int(read != text) for read, text in pairs]

    @property
    def n(self) -> int:
        """The number of drawings, for pages of digits."""
        if self.benchmark.kind == "page":
            return sum(len(without_spaces(text)) for text in self.texts)
        return len(self.texts)

    @property
    def errors(self) -> int:
        """The number of errors, at most `n`: a page may be read with more digits than it has."""
        return min(self.n, sum(self.errors_by_drawing))

    @property
    def summary(self) -> SetSummary:
        """The result as plain numbers."""
        return SetSummary(self.name, self.n, self.errors)

    @property
    def accuracy(self) -> float:
        """The share without an error, 0 to 1; 0 for a benchmark without drawings."""
        return self.summary.accuracy

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the accuracy."""
        return self.summary.interval

    @property
    def scores(self) -> Floats:
        """(n,) scores that tell digits from other signs: higher for what the reader takes for a digit."""
        return np.array([a.confidence if a.text else -a.confidence for a in self.answers])


def without_spaces(text: str) -> str:
    """`text` without spaces and line ends."""
    return "".join(text.split())


@dataclass(frozen=True)
class EvaluationReport:
    """The results of one reader, in the order of `ml.evaluation.benchmarks.BENCHMARKS`."""

    version: str
    results: tuple[BenchmarkResult, ...]

    def results_of(self, names: Sequence[str]) -> list[BenchmarkResult]:
        """The results of the benchmarks that were measured, in the order of `names`."""
        by_name = {result.name: result for result in self.results}
        return [by_name[name] for name in names if name in by_name]

    def no_digit_results(self) -> list[BenchmarkResult]:
        """The results of the benchmarks without digits of which the digits were measured too."""
        return [r for r in self.results if r.benchmark.kind == "no_digit" and len(self.digit_scores(r.benchmark))]

    def digit_scores(self, benchmark: Benchmark) -> Floats:
        """(n,) the scores of the digits from which the drawings of a benchmark without digits have to be told."""
        return np.concatenate([np.empty(0), *(result.scores for result in self.results_of(benchmark.digits))])

    def confidences(self, names: Sequence[str]) -> tuple[Floats, Bools]:
        """Confidence (n,) of every answer that has a text, and whether it is right (n,). A text read from what is
        no digit is wrong."""
        confidence, right = [], []
        for result in self.results_of(names):
            for answer, text, errors in zip(result.answers, result.texts, result.errors_by_drawing, strict=True):
                if answer.text:
                    confidence.append(answer.confidence)
                    right.append(bool(text) and not errors)
        return np.array(confidence), np.array(right, bool)

    def figures(self) -> dict[str, float]:
        """Figures by name: calibration (ECE, NLL in nats, Brier score), rejection (AUROC, shares of other signs
        that are taken for digits), and shares of pages without a mistake. What was not measured is left out."""
        figures = {}
        for group, names in CALIBRATION_GROUPS.items():
            confidence, right = self.confidences(names)
            if len(right):
                figures[f"ece_{group}"] = calibration_error(confidence, right)
                figures[f"nll_{group}"] = log_loss(confidence, right)
                figures[f"brier_{group}"] = brier(confidence, right)
        for name in STRANGE_PEN_SETS:
            confidence, right = self.confidences([name])
            if len(right):
                figures[f"ece_{name}"] = calibration_error(confidence, right)
        for result in self.no_digit_results():
            digit_scores = self.digit_scores(result.benchmark)
            figures[f"auroc_{result.name}"] = auroc(digit_scores, result.scores)
            figures[f"fpr95_{result.name}"] = pass_rate(digit_scores, result.scores, 1 - _FPR95_KEPT)
            figures[f"taken_{result.name}"] = pass_rate(digit_scores, result.scores, _TAKEN_REFUSED)
        for result in self.results:
            if result.benchmark.kind == "page":
                figures[f"exact_{result.name}"] = result.errors_by_drawing.count(0) / len(result.texts)
        return figures

    def summary(self) -> Summary:
        """The results as plain numbers."""
        return Summary(self.version, [result.summary for result in self.results], self.figures())


def evaluate(
    reader: ReaderLike,
    folder: Path,
    only: Sequence[str] = (),
    most: int | None = None,
    told: Callable[[str], None] = log.info,
) -> EvaluationReport:
    """Read the benchmarks whose file is in `folder`; with `only`, those of these names.

    Of a benchmark with more than `most` drawings, `most` of them are read, always the same; one from which the
    reader learned as a whole is left out. `told` is called with a line on each result. Raises DatasetError for a
    damaged file.
    """
    results = []
    for benchmark in BENCHMARKS:
        if (folder / benchmark.file).exists() and (not only or benchmark.name in only):
            labeled = benchmark.load(folder / benchmark.file, reader.card)
            labeled = labeled if most is None else labeled.sample(most)
            if not labeled.texts:
                continue  # the reader learned from all of it
            answers = list(read_drawings(reader, labeled.drawings, glyphs=benchmark.kind == "glyph"))
            result = BenchmarkResult(benchmark, labeled.drawings, labeled.texts, answers)
            told(f"{result.name}: {result.errors} errors of {result.n}")
            results.append(result)
    return EvaluationReport(reader.version, tuple(results))
