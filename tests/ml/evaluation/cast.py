"""The cast of a trial: sets as large as the real ones, of ink that says which item it is, and who knows it."""

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

Says = Callable[[EvaluationItem], Answer]


def right(item: EvaluationItem) -> Answer:
    return Answer("recognised", item.text, 0.99) if item.text else Answer("not_a_digit", "", 0.9)


def wrong(item: EvaluationItem) -> Answer:
    return Answer("recognised", "3" if item.text == "5" else "5", 0.99)


def _text(name: str, i: int) -> str:
    return "" if name == "junk" else f"{i % 90 + 10}" if name in ("numbers", "photos") else str(i % 10)


def _sets() -> list[EvaluationSet]:
    found = [
        EvaluationSet(name, [EvaluationItem(f"{name}/{i}", _strokes(name, i), _text(name, i)) for i in range(n)])
        for name, n in SIZES.items()
    ]
    glyphs = np.zeros((MNIST, 28, 28), np.uint8)
    glyphs[:, 0, 0], glyphs[:, 0, 1] = np.arange(MNIST) // 256, np.arange(MNIST) % 256
    mnist = [EvaluationItem(f"mnist/{i}", glyphs[i], str(i % 10)) for i in range(MNIST)]
    return [*found, EvaluationSet("mnist", mnist, glyphs=True)]


def _strokes(name: str, i: int) -> list[np.ndarray]:
    return [np.array([[list(SIZES).index(name), i]], np.float32)]


SETS = _sets()
ITEMS = {item.id: item for each in SETS for item in each.items}


@dataclass
class FakeReader:
    """Reads everything right but for what `otherwise` says, by id."""

    version: str
    otherwise: Mapping[str, Answer] = field(default_factory=dict)
    says: Says = right
    card: Mapping[str, object] = field(default_factory=dict)

    def _answer(self, item: EvaluationItem) -> Answer:
        return self.otherwise.get(item.id) or self.says(item)

    def read(self, drawings):
        places = [drawing[0][0].astype(int) for drawing in drawings]
        return [self._answer(ITEMS[f"{list(SIZES)[name]}/{i}"]) for name, i in places]

    def classify(self, glyphs):
        numbers = glyphs[:, 0, 0].astype(int) * 256 + glyphs[:, 0, 1]
        answers = [self._answer(ITEMS[f"mnist/{i}"]) for i in numbers]
        digits = np.full((len(glyphs), 10), -9.0)
        digits[np.arange(len(glyphs)), [int(answer.text) for answer in answers]] = 0.0
        return digits, np.array([answer.confidence for answer in answers])


def misread(name: str, which: range | list[int]) -> dict[str, Answer]:
    """The wrong answers to some items of a set."""
    return {f"{name}/{i}": wrong(ITEMS[f"{name}/{i}"]) for i in which}


# What the champion misreads: there is something to mend in every set.
FAULTS = {
    **misread("digits", range(20, 33)),
    **misread("numbers", range(20)),
    **misread("photos", range(4)),
    **{f"junk/{i}": Answer("recognised", "1", 0.3) for i in range(4)},
    **misread("mnist", range(20)),
    **misread(HELD_OUT, range(30)),
}


def champion() -> FakeReader:
    return FakeReader("champion", FAULTS)


def challenger(more: Mapping[str, Answer] | None = None, says: Says = right) -> FakeReader:
    """One that reads a third of what was misread of the held-out users' drawings, and `more` otherwise."""
    mended = {f"{HELD_OUT}/{i}" for i in range(10)}
    kept = {id: answer for id, answer in FAULTS.items() if id not in mended}
    return FakeReader("challenger", {**kept, **(more or {})}, says)


def tried(reader: FakeReader, milliseconds: float = 1.0, size: int = 1_000_000) -> VersionResults:
    """As it reads the sets; what a fake needs of time says nothing, so it is given."""
    return replace(evaluate_version(reader, SETS, size=size), milliseconds=milliseconds)
