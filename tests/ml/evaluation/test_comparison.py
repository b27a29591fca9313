"""A trial says of every drawing what each version reads, and times both alike."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import numpy as np
import pytest

from ml.evaluation.comparison import (
    EvaluationItem,
    EvaluationSet,
    ItemResult,
    SetResult,
    VersionResults,
    compare_versions,
    evaluate_version,
    reading_times,
)
from ml.evaluation.evaluate import Answer
from ml.ink.strokes import Strokes
from ml.synthesis.handwriting import write_digit, write_sign
from tests.ml.evaluation.cast import FAULTS, SETS, FakeReader, champion


def written(label: int) -> Strokes:
    return [100 * stroke for stroke in write_digit(label, rng=np.random.default_rng(label))]


@pytest.fixture(scope="module")
def sets() -> list[EvaluationSet]:
    """Drawings and glyphs for the shipped reader."""
    signs = [write_sign(np.random.default_rng(i), kind) for i, kind in enumerate(("heart", "star", "hash"))]
    stripe = np.zeros((28, 28), np.uint8)
    stripe[4:24, 13:16] = 255
    return [
        EvaluationSet("digits", [EvaluationItem(f"digits/{i}", written(i), str(i)) for i in range(10)]),
        EvaluationSet("junk", [EvaluationItem(f"junk/{i}", sign, "") for i, sign in enumerate(signs)]),
        EvaluationSet("mnist", [EvaluationItem("mnist/0", stripe, "1")], glyphs=True),
    ]


def test_it_says_what_was_read_of_each(reader, sets):
    heard: list[str] = []
    found = evaluate_version(reader, sets, heard.append, size=123)
    assert [o.text for o in found.sets[0].outcomes] == list("0123456789")
    assert all(o.right and o.state == "recognised" and o.confidence > 0.9 for o in found.sets[0].outcomes)
    assert [o.state for o in found.sets[1].outcomes] == ["not_a_digit"] * 3
    assert (found.sets[2].outcomes[0].text, found.sets[2].outcomes[0].right) == ("1", True)
    assert (found.version, found.size) == (reader.version, 123)
    assert found.milliseconds > 0
    assert heard[1] == f"{reader.version}, junk: 0 errors of 3"


def test_both_versions_read_the_same(reader, sets):
    first, second = compare_versions(reader, reader, sets, sizes=(5, 6))
    assert first.sets == second.sets
    assert (first.size, second.size) == (5, 6)
    assert 0.5 < first.milliseconds / second.milliseconds < 2


@pytest.mark.parametrize(
    ("expected", "state", "text", "right"),
    [
        ("12", "recognised", "12", True),
        ("12", "unsure", "12", True),
        ("12", "recognised", "1 2", False),
        ("1 2", "recognised", "1\n2", True),  # a gap and a new line part numbers alike
        ("7", "not_a_digit", "", False),
        ("", "not_a_digit", "", True),
        ("", "unsure", "7", True),
        ("", "recognised", "7", False),
    ],
)
def test_what_counts_as_right(expected, state, text, right):
    assert ItemResult("a", expected, state, text, 0.9).right is right


def test_figures_over_the_frozen_sets():
    """Nine of ten are right at a confidence of .9, and a sign that is taken for a digit counts as wrong."""
    digits = [ItemResult(f"d/{i}", "1", "recognised", "1" if i < 90 else "7", 0.9) for i in range(100)]
    signs = [ItemResult(f"j/{i}", "", "not_a_digit", "", 0.9) for i in range(9)]
    others = [ItemResult("h/0", "1", "recognised", "8", 0.99)] * 50
    sets = (SetResult("digits", "", tuple(digits)), SetResult("junk", "", tuple(signs)))
    found = VersionResults("a", sets)
    assert found.calibration == pytest.approx(0.0)
    assert found.rejection == 1.0
    taken = replace(found, sets=(*sets, SetResult("more", "", (ItemResult("j/9", "", "unsure", "1", 0.95),))))
    assert taken.calibration == pytest.approx(0.95 / 101)
    assert taken.rejection == pytest.approx(0.9)
    # What users drew, and what was chosen by what a reader reads, has no say.
    chosen = tuple(SetResult(name, "", tuple(others)) for name in ("held_out", "golden"))
    assert replace(found, sets=(*sets, *chosen)).calibration == pytest.approx(0.0)
    assert VersionResults("a", ()).rejection is None


def test_what_is_stored_is_what_was_judged():
    found = evaluate_version(champion(), SETS)
    stored = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert VersionResults.parse(stored) == found
    assert stored["sets"][0]["errors"] == found.sets[0].errors == sum("digits" in id for id in FAULTS)
    assert stored["figures"]["rejection"] == found.rejection


@pytest.mark.parametrize("spoilt", [{"sets": 3}, {"sets": [{"name": "digits"}]}, {"sets": [7]}])
def test_anything_else_is_refused(spoilt):
    stored = {"version": "a", "sets": [], "milliseconds": None, "size": None}
    assert VersionResults.parse(stored) == VersionResults("a", ())
    with pytest.raises(ValueError, match=r"no trial|no outcomes"):
        VersionResults.parse(stored | spoilt)
    with pytest.raises(ValueError, match="no trial"):
        VersionResults.parse({"sets": []})


def test_columns_of_different_length_are_refused():
    stored = SetResult("digits", "", (ItemResult("a", "1", "unsure", "1", 0.5),)).as_json()
    with pytest.raises(ValueError, match="no outcomes"):
        SetResult.parse(stored | {"text": []})


def test_a_digest_tells_sets_apart():
    items = [EvaluationItem("a", written(3), "3"), EvaluationItem("b", written(4), "4")]
    same = EvaluationSet("digits", [EvaluationItem("a", written(3), "3"), EvaluationItem("b", written(4), "4")])
    digest = EvaluationSet("digits", items).digest
    assert same.digest == digest
    for other in (replace(items[1], text="9"), replace(items[1], id="c"), replace(items[1], ink=written(5))):
        assert EvaluationSet("digits", [items[0], other]).digest != digest
    assert EvaluationSet("digits", items[::-1]).digest != digest


class Clocked(FakeReader):
    """Keeps the processor busy for so many milliseconds a drawing, and notes when it was asked."""

    def __init__(self, name: str, milliseconds: float, asked: list[str]):
        super().__init__(name)
        self.milliseconds, self.asked = milliseconds, asked

    def read(self, drawings):
        self.asked.append(self.version)
        until = time.thread_time() + self.milliseconds / 1000
        while time.thread_time() < until:
            pass
        return [Answer("recognised", "1", 0.9) for _ in drawings]


def test_readers_are_timed_in_turns():
    asked: list[str] = []
    quick, slow = reading_times([Clocked("quick", 1, asked), Clocked("slow", 2, asked)], [written(1), written(2)])
    assert 1.7 < slow / quick < 2.3
    warm, timed = asked[:2], asked[2:]
    assert warm == ["quick", "slow"]
    assert timed[:8] == ["quick", "slow", "slow", "quick", "slow", "quick", "quick", "slow"]


def test_without_a_drawing_of_one_digit_nothing_is_timed():
    assert evaluate_version(champion(), [EvaluationSet("numbers", [])]).milliseconds is None
