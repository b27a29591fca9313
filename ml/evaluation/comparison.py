"""A trial: what one reader, or two in turns, make of the same frozen sets, drawing by drawing."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.evaluation.benchmarks import Drawing
from ml.evaluation.evaluate import Answer, ReaderLike
from ml.evaluation.metrics import Bools, Floats, auroc, calibration_error

log = logging.getLogger(__name__)

HELD_OUT = "held_out"  # reviewed drawings of people who never train; the caller brings them
GOLDEN = "golden"  # drawings that must stay right
_BATCH = 64  # drawings a call
_TIMED, _ROUNDS = 60, 3  # drawings whose time is taken, each so often
_PLACES = 6  # decimals of a confidence, so that what is stored is what was judged

LineCallback = Callable[[str], None]


@dataclass(frozen=True)
class EvaluationItem:
    """A drawing and what it says, "" where it is no digit. `id` stays the same from run to run."""

    id: str
    ink: Drawing
    text: str


@dataclass(frozen=True)
class EvaluationSet:
    """Items by name. `glyphs`: the ink is 28x28, ink high, and goes straight to the network."""

    name: str
    items: Sequence[EvaluationItem]
    glyphs: bool = False

    @cached_property
    def digest(self) -> str:
        """SHA-256 of ids, texts and ink, hexadecimal: two readers are compared on the same or not at all."""
        found = hashlib.sha256()
        for item in self.items:
            found.update(f"{item.id}\0{item.text}\0".encode())
            for part in [item.ink] if isinstance(item.ink, np.ndarray) else item.ink:
                found.update(f"{part.shape}{part.dtype}".encode() + np.ascontiguousarray(part).tobytes())
        return found.hexdigest()


@dataclass(frozen=True)
class ItemResult:
    """What was read of one item that says `expected`."""

    id: str
    expected: str
    state: str
    text: str
    confidence: float

    @property
    def right(self) -> bool:
        """What is no digit must not be recognised; of numbers all digits and gaps must be right."""
        return self.text.split() == self.expected.split() if self.expected else self.state != "recognised"

    @property
    def score(self) -> float:
        """How much it is taken for a digit: higher is more."""
        return self.confidence if self.text else -self.confidence


@dataclass(frozen=True)
class SetResult:
    """One set as one reader reads it."""

    name: str
    digest: str
    outcomes: tuple[ItemResult, ...]

    @property
    def errors(self) -> int:
        return sum(not outcome.right for outcome in self.outcomes)

    @property
    def unsure(self) -> int:
        return sum(outcome.state == "unsure" for outcome in self.outcomes)

    def as_json(self) -> dict[str, Any]:
        """Plain types, a list for each column: thousands of outcomes are stored."""
        names = ("id", "expected", "state", "text", "confidence")
        columns = {name: [getattr(outcome, name) for outcome in self.outcomes] for name in names}
        return {"name": self.name, "digest": self.digest, "errors": self.errors, "unsure": self.unsure, **columns}

    @classmethod
    def parse(cls, stored: Mapping[str, Any]) -> SetResult:
        """From `as_json`. Raises ValueError for anything else."""
        try:
            names = ("id", "expected", "state", "text", "confidence")
            rows = zip(*(stored[name] for name in names), strict=True)
            return cls(stored["name"], stored["digest"], tuple(ItemResult(*row) for row in rows))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"These are no outcomes of a set: {error}.") from error


@dataclass(frozen=True)
class VersionResults:
    """One version in a trial. `milliseconds` to read a drawing of one digit, None where none was timed; `size` of
    the artifact in bytes, None where nobody said."""

    version: str
    sets: tuple[SetResult, ...]
    milliseconds: float | None = None
    size: int | None = None

    def named(self, name: str) -> SetResult | None:
        return next((tried for tried in self.sets if tried.name == name), None)

    @property
    def frozen(self) -> list[SetResult]:
        """The sets that no user ever touches and that were not chosen by what a reader reads."""
        return [tried for tried in self.sets if tried.name not in (HELD_OUT, GOLDEN)]

    @property
    def single(self) -> list[ItemResult]:
        """Of these sets, what is one digit."""
        return [o for tried in self.frozen for o in tried.outcomes if len(o.expected) == 1]

    @cached_property
    def calibration(self) -> float:
        """The expected calibration error over the frozen sets together: a text read from no digit is wrong."""
        pairs = [(o.confidence, bool(o.expected) and o.right) for t in self.frozen for o in t.outcomes if o.text]
        confidence: Floats = np.array([sure for sure, _ in pairs], np.float64)
        right: Bools = np.array([right for _, right in pairs], np.bool_)
        return calibration_error(confidence, right)

    @cached_property
    def rejection(self) -> float | None:
        """How well digits are told from what is none, as AUROC; None where either is missing."""
        nothing = [o.score for tried in self.frozen for o in tried.outcomes if not o.expected]
        digits = [o.score for o in self.single]
        return auroc(np.array(digits), np.array(nothing)) if digits and nothing else None

    def as_json(self) -> dict[str, Any]:
        """Plain types; `parse` needs no figures, plots do."""
        figures = {"calibration": self.calibration, "rejection": self.rejection}
        own = {"version": self.version, "milliseconds": self.milliseconds, "size": self.size}
        return {**own, "figures": figures, "sets": [tried.as_json() for tried in self.sets]}

    @classmethod
    def parse(cls, stored: Mapping[str, Any]) -> VersionResults:
        """From `as_json`. Raises ValueError for anything else."""
        try:
            sets = tuple(SetResult.parse(each) for each in stored["sets"])
            return cls(stored["version"], sets, stored["milliseconds"], stored["size"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"This is no trial: {error}.") from error


def evaluate_version(
    reader: ReaderLike, sets: Sequence[EvaluationSet], told: LineCallback | None = None, *, size: int | None = None
) -> VersionResults:
    """What `reader` makes of the sets. `told` hears a line a set.

    Its time says little beside that of another run: a machine is now busy, now idle. See `examine_both`.
    """
    tried = [_try(reader, each, told or log.info) for each in sets]
    [milliseconds] = reading_times([reader], _to_time(sets))
    return VersionResults(reader.version, tuple(tried), milliseconds, size)


def compare_versions(
    champion: ReaderLike,
    challenger: ReaderLike,
    sets: Sequence[EvaluationSet],
    told: LineCallback | None = None,
    *,
    sizes: tuple[int | None, int | None] = (None, None),
) -> tuple[VersionResults, VersionResults]:
    """What the two make of the same sets, and how long they need, timed in turns. `told` hears a line a set."""
    readers = (champion, challenger)
    tried = [[_try(reader, each, told or log.info) for reader in readers] for each in sets]
    times = reading_times(readers, _to_time(sets))
    first, second = (
        VersionResults(reader.version, tuple(both[i] for both in tried), times[i], sizes[i])
        for i, reader in enumerate(readers)
    )
    return first, second


def reading_times(readers: Sequence[ReaderLike], drawings: Sequence[Drawing]) -> list[float | None]:
    """Milliseconds of the processor that each reader needs for one drawing, the median; None without drawings.

    Readers take turns at each drawing, the second round the other way round, and of several rounds the quickest
    counts, so that what else runs on the machine falls on all alike.
    """
    for reader in readers:
        reader.read(drawings[:3])
    taken = np.full((len(readers), len(drawings), _ROUNDS), np.inf)
    for number in range(_ROUNDS):
        for place, drawing in enumerate(drawings):
            for i in range(len(readers))[:: -1 if (number + place) % 2 else 1]:
                start = time.thread_time()
                readers[i].read([drawing])
                taken[i, place, number] = 1000 * (time.thread_time() - start)
    return [float(np.median(mine.min(axis=1))) if len(drawings) else None for mine in taken]


def _to_time(sets: Sequence[EvaluationSet]) -> Sequence[Drawing]:
    """Written drawings of one digit, some of every style."""
    ink = [i.ink for each in sets for i in each.items if len(i.text) == 1 and not isinstance(i.ink, np.ndarray)]
    return ink[:: max(1, len(ink) // _TIMED)][:_TIMED]


def _try(reader: ReaderLike, each: EvaluationSet, told: LineCallback) -> SetResult:
    answers = (_classified if each.glyphs else _read)(reader, [item.ink for item in each.items])
    outcomes = tuple(
        ItemResult(item.id, item.text, answer.state, answer.text, round(float(answer.confidence), _PLACES))
        for item, answer in zip(each.items, answers, strict=True)
    )
    tried = SetResult(each.name, each.digest, outcomes)
    told(f"{reader.version}, {each.name}: {tried.errors:,} errors of {len(outcomes):,}")
    return tried


def _read(reader: ReaderLike, drawings: Sequence[Drawing]) -> Iterator[Answer]:
    for start in range(0, len(drawings), _BATCH):
        for reading in reader.read(drawings[start : start + _BATCH]):
            yield Answer(reading.state, reading.text, reading.confidence)


def _classified(reader: ReaderLike, drawings: Sequence[Drawing]) -> Iterator[Answer]:
    for start in range(0, len(drawings), _BATCH):
        glyphs: NDArray[np.uint8] = np.stack([np.asarray(ink) for ink in drawings[start : start + _BATCH]])
        for labels, is_digit in zip(*reader.classify(glyphs), strict=True):
            yield Answer("recognised", str(int(labels.argmax())), float(is_digit * np.exp(labels.max())))
