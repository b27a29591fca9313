"""Comparison of two versions of the reader: both read the same sets, and every single result is kept.

`ml.evaluation.promotion_gates` judges from these results whether the challenger may replace the champion.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ml.evaluation.evaluate import ReaderLike, read_drawings
from ml.evaluation.labeled_drawings import Drawing
from ml.evaluation.metrics import Bools, auroc, calibration_error
from ml.labels import Floats
from ml.progress import Progress, ProgressCallback

log = logging.getLogger(__name__)

HELD_OUT = "held_out"  # name of the set of reviewed drawings of held-out writers; the caller brings it
GOLDEN = "golden"  # name of the set of drawings that must stay right
_TIMED_DRAWINGS = 60
_TIMED_ROUNDS = 3  # how often each of these is timed
_DECIMALS = 6  # of a stored confidence; it is rounded before it is judged, so that both are the same


@dataclass(frozen=True)
class EvaluationItem:
    """A drawing and its true text, "" where it is no digit. `id` stays the same from run to run."""

    id: str
    ink: Drawing
    text: str


@dataclass(frozen=True)
class EvaluationSet:
    """Items under a name. `glyphs`: each ink is (28, 28) uint8, ink high, and goes straight to the network."""

    name: str
    items: Sequence[EvaluationItem]
    glyphs: bool = False

    @cached_property
    def digest(self) -> str:
        """SHA-256 of ids, texts and ink, hexadecimal. Results are comparable only if the digests are equal."""
        hash_ = hashlib.sha256()
        for item in self.items:
            hash_.update(f"{item.id}\0{item.text}\0".encode())
            for array in [item.ink] if isinstance(item.ink, np.ndarray) else item.ink:
                hash_.update(f"{array.shape}{array.dtype}".encode() + np.ascontiguousarray(array).tobytes())
        return hash_.hexdigest()


@dataclass(frozen=True)
class ItemResult:
    """What a reader read in one item whose true text is `expected`."""

    id: str
    expected: str
    state: str
    text: str
    confidence: float

    @property
    def right(self) -> bool:
        """Of a number all digits and gaps must be right; what is no digit must not be recognised."""
        return self.text.split() == self.expected.split() if self.expected else self.state != "recognised"

    @property
    def score(self) -> float:
        """A score that tells digits from other signs: higher for what the reader takes for a digit."""
        return self.confidence if self.text else -self.confidence


@dataclass(frozen=True)
class SetResult:
    """One set as one reader reads it, item by item in the order of the set."""

    name: str
    digest: str
    items: tuple[ItemResult, ...]

    @property
    def errors(self) -> int:
        """The number of items that are not right."""
        return sum(not item.right for item in self.items)

    @property
    def unsure(self) -> int:
        """The number of items that the reader is unsure of, rightly read or not."""
        return sum(item.state == "unsure" for item in self.items)


@dataclass(frozen=True)
class VersionResults:
    """All sets as one version reads them.

    `milliseconds` is the time to read a drawing of one digit, None where no such drawing was timed; `size` is that
    of the artifact in bytes, None where it was not given.
    """

    version: str
    sets: tuple[SetResult, ...]
    milliseconds: float | None = None
    size: int | None = None

    def set_result(self, name: str) -> SetResult | None:
        """The set of this name, None where it was not read."""
        return next((result for result in self.sets if result.name == name), None)

    @property
    def frozen_sets(self) -> list[SetResult]:
        """The sets that contain nothing of users and were not chosen by what a reader reads right."""
        return [result for result in self.sets if result.name not in (HELD_OUT, GOLDEN)]

    @property
    def single_digits(self) -> list[ItemResult]:
        """The items of the frozen sets that are one digit."""
        return [item for result in self.frozen_sets for item in result.items if len(item.expected) == 1]

    @cached_property
    def calibration_error(self) -> float:
        """The expected calibration error over all frozen sets. A text read from what is no digit is wrong."""
        read = [item for result in self.frozen_sets for item in result.items if item.text]
        confidence: Floats = np.array([item.confidence for item in read], np.float64)
        right: Bools = np.array([bool(item.expected) and item.right for item in read], np.bool_)
        return calibration_error(confidence, right)

    @cached_property
    def rejection_auroc(self) -> float | None:
        """The AUROC of single digits against what is no digit, in the frozen sets; None where either is
        missing."""
        others = [item.score for result in self.frozen_sets for item in result.items if not item.expected]
        digits = [item.score for item in self.single_digits]
        return auroc(np.array(digits), np.array(others)) if digits and others else None


def evaluate_version(
    reader: ReaderLike,
    sets: Sequence[EvaluationSet],
    told: ProgressCallback | None = None,
    *,
    size: int | None = None,
) -> VersionResults:
    """Read the sets with one version. `told` is called after each set, `size` is that of its artifact in bytes.

    The time is not comparable with that of another run, in which the machine may have been busier or less busy:
    `compare_versions` times two versions together.
    """
    [results] = _evaluate([reader], sets, [size], told)
    return results


def compare_versions(
    champion: ReaderLike,
    challenger: ReaderLike,
    sets: Sequence[EvaluationSet],
    told: ProgressCallback | None = None,
    *,
    sizes: tuple[int | None, int | None] = (None, None),
) -> tuple[VersionResults, VersionResults]:
    """Read the sets with both versions, timed in turns. `told` is called after each set of each version; `sizes`
    are those of their artifacts in bytes."""
    before, after = _evaluate([champion, challenger], sets, sizes, told)
    return before, after


def _evaluate(
    readers: Sequence[ReaderLike],
    sets: Sequence[EvaluationSet],
    sizes: Sequence[int | None],
    told: ProgressCallback | None,
) -> list[VersionResults]:
    """The results of each reader; each set is read by all of them before the next one."""
    results: list[list[SetResult]] = [[] for _ in readers]
    for number, evaluation_set in enumerate(sets):
        for place, reader in enumerate(readers):
            result = evaluate_set(reader, evaluation_set)
            results[place].append(result)
            log.info("%s, %s: %d errors of %d", reader.version, result.name, result.errors, len(result.items))
            if told is not None:
                step = number * len(readers) + place + 1
                told(Progress(f"{reader.version}, {result.name}", step, len(sets) * len(readers)))
    times = reading_times(readers, _drawings_to_time(sets))
    return [
        VersionResults(reader.version, tuple(own), milliseconds, size)
        for reader, own, milliseconds, size in zip(readers, results, times, sizes, strict=True)
    ]


def evaluate_set(reader: ReaderLike, evaluation_set: EvaluationSet) -> SetResult:
    """The results of a reader on one set, with confidences rounded to six decimals, as they are stored."""
    items = evaluation_set.items
    answers = read_drawings(reader, [item.ink for item in items], glyphs=evaluation_set.glyphs)
    results = tuple(
        ItemResult(item.id, item.text, answer.state, answer.text, round(float(answer.confidence), _DECIMALS))
        for item, answer in zip(items, answers, strict=True)
    )
    return SetResult(evaluation_set.name, evaluation_set.digest, results)


def _drawings_to_time(sets: Sequence[EvaluationSet]) -> Sequence[Drawing]:
    """At most 60 stroke drawings of one digit, taken at even steps from the sets, so that all styles are among
    them."""
    drawings = [
        item.ink
        for evaluation_set in sets
        for item in evaluation_set.items
        if len(item.text) == 1 and not isinstance(item.ink, np.ndarray)
    ]
    return drawings[:: max(1, len(drawings) // _TIMED_DRAWINGS)][:_TIMED_DRAWINGS]


def reading_times(readers: Sequence[ReaderLike], drawings: Sequence[Drawing]) -> list[float | None]:
    """The median processor time of each reader for one drawing, in milliseconds; None without drawings.

    Readers take turns at each drawing, in alternating order, and of several rounds the shortest time counts, so
    that other programs on the machine slow all readers alike.
    """
    for reader in readers:
        reader.read(drawings[:3])  # the first readings are slower
    times = np.full((len(readers), len(drawings), _TIMED_ROUNDS), np.inf)
    for number in range(_TIMED_ROUNDS):
        for place, drawing in enumerate(drawings):
            for i in range(len(readers))[:: -1 if (number + place) % 2 else 1]:
                start = time.thread_time()
                readers[i].read([drawing])
                times[i, place, number] = 1000 * (time.thread_time() - start)
    return [float(np.median(own.min(axis=1))) if len(drawings) else None for own in times]
