"""Sets as large as the real ones whose ink encodes its item, and fake readers that know what each item says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ml.evaluation.comparison import (
    GOLDEN,
    HELD_OUT,
    EvaluationItem,
    EvaluationSet,
    VersionResults,
    evaluate_version,
)
from ml.evaluation.evaluate import Answer

SIZES = {"digits": 2550, "numbers": 1000, "photos": 160, "junk": 520, GOLDEN: 270, HELD_OUT: 100}
MNIST = 5940

AnswerRule = Callable[[EvaluationItem], Answer]


def right(item: EvaluationItem) -> Answer:
    """The right answer to an item."""
    return Answer("recognised", item.text, 0.99) if item.text else Answer("not_a_digit", "", 0.9)


def wrong(item: EvaluationItem) -> Answer:
    """A wrong answer to an item."""
    return Answer("recognised", "3" if item.text == "5" else "5", 0.99)


def _text(name: str, i: int) -> str:
    return "" if name == "junk" else f"{i % 90 + 10}" if name in ("numbers", "photos") else str(i % 10)


def _sets() -> list[EvaluationSet]:
    drawn = [
        EvaluationSet(name, [EvaluationItem(f"{name}/{i}", _strokes(name, i), _text(name, i)) for i in range(n)])
        for name, n in SIZES.items()
    ]
    glyphs = np.zeros((MNIST, 28, 28), np.uint8)
    glyphs[:, 0, 0], glyphs[:, 0, 1] = np.arange(MNIST) // 256, np.arange(MNIST) % 256
    mnist = [EvaluationItem(f"mnist/{i}", glyphs[i], str(i % 10)) for i in range(MNIST)]
    return [*drawn, EvaluationSet("mnist", mnist, glyphs=True)]


def _strokes(name: str, i: int) -> list[np.ndarray]:
    return [np.array([[list(SIZES).index(name), i]], np.float32)]


SETS = _sets()
ITEMS = {item.id: item for evaluation_set in SETS for item in evaluation_set.items}


@dataclass
class FakeReader:
    """Answers by `rule`, except for the items whose ids are in `exceptions`."""

    version: str
    exceptions: Mapping[str, Answer] = field(default_factory=dict)
    rule: AnswerRule = right
    card: Mapping[str, object] = field(default_factory=dict)

    def _answer(self, item: EvaluationItem) -> Answer:
        return self.exceptions.get(item.id) or self.rule(item)

    def read(self, drawings):
        places = [drawing[0][0].astype(int) for drawing in drawings]
        return [self._answer(ITEMS[f"{list(SIZES)[name]}/{i}"]) for name, i in places]

    def classify(self, glyphs):
        numbers = glyphs[:, 0, 0].astype(int) * 256 + glyphs[:, 0, 1]
        answers = [self._answer(ITEMS[f"mnist/{i}"]) for i in numbers]
        digits = np.full((len(glyphs), 10), -9.0)
        digits[np.arange(len(glyphs)), [int(answer.text) for answer in answers]] = 0.0
        return digits, np.array([answer.confidence for answer in answers])


def misread(name: str, numbers: range | list[int]) -> dict[str, Answer]:
    """The wrong answers to some items of a set."""
    return {f"{name}/{i}": wrong(ITEMS[f"{name}/{i}"]) for i in numbers}


# What the champion misreads: every set has drawings that a challenger could fix.
FAULTS = {
    **misread("digits", range(20, 33)),
    **misread("numbers", range(20)),
    **misread("photos", range(4)),
    **{f"junk/{i}": Answer("recognised", "1", 0.3) for i in range(4)},
    **misread("mnist", range(20)),
    **misread(HELD_OUT, range(30)),
}


def champion() -> FakeReader:
    """A reader that misreads FAULTS."""
    return FakeReader("champion", FAULTS)


def challenger(more: Mapping[str, Answer] | None = None, rule: AnswerRule = right) -> FakeReader:
    """A reader that fixes a third of the champion's errors on held-out drawings, and gives the answers `more`."""
    fixed = {f"{HELD_OUT}/{i}" for i in range(10)}
    kept = {id: answer for id, answer in FAULTS.items() if id not in fixed}
    return FakeReader("challenger", {**kept, **(more or {})}, rule)


def results_of(reader: FakeReader, milliseconds: float = 1.0, size: int = 1_000_000) -> VersionResults:
    """The results on SETS. The time is given, since that of a fake means nothing."""
    return replace(evaluate_version(reader, SETS, size=size), milliseconds=milliseconds)
