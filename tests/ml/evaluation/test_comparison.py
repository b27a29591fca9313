"""A comparison keeps what each version reads in every drawing, and times both versions alike."""

from __future__ import annotations

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
from ml.progress import Progress
from ml.synthesis.handwriting import write_digit, write_sign
from tests.ml.evaluation.cast import SETS, FakeReader, champion


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
    results = evaluate_version(reader, sets, size=123)
    digits, junk, mnist = results.sets
    assert [item.text for item in digits.items] == list("0123456789")
    answers = reader.read([written(i) for i in range(10)])
    assert all(item.right for item in digits.items)
    assert [item.state for item in digits.items] == [answer.state for answer in answers]
    assert [item.confidence for item in digits.items] == pytest.approx([answer.confidence for answer in answers])
    assert [item.state for item in junk.items] == ["not_a_digit"] * 3
    assert (mnist.items[0].text, mnist.items[0].right) == ("1", True)
    assert (results.version, results.size) == (reader.version, 123)
    assert results.milliseconds > 0


def test_progress_is_told_after_each_set_of_each_version():
    told: list[Progress] = []
    sets = [EvaluationSet("digits", SETS[0].items[:2]), EvaluationSet("junk", SETS[3].items[:1])]
    compare_versions(FakeReader("old"), FakeReader("new"), sets, told.append)
    assert told == [
        Progress("old, digits", 1, 4),
        Progress("new, digits", 2, 4),
        Progress("old, junk", 3, 4),
        Progress("new, junk", 4, 4),
    ]


def test_errors_of_each_set_are_logged(caplog):
    with caplog.at_level("INFO"):
        evaluate_version(champion(), [EvaluationSet("digits", SETS[0].items[:40])])
    assert "champion, digits: 13 errors of 40" in caplog.messages


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
    results = VersionResults("a", sets)
    assert results.calibration_error == pytest.approx(0.0)
    assert results.rejection_auroc == 1.0
    taken = replace(results, sets=(*sets, SetResult("more", "", (ItemResult("j/9", "", "unsure", "1", 0.95),))))
    assert taken.calibration_error == pytest.approx(0.95 / 101)
    assert taken.rejection_auroc == pytest.approx(0.9)
    # What users drew, and what was chosen by what a reader reads, has no say.
    chosen = tuple(SetResult(name, "", tuple(others)) for name in ("held_out", "golden"))
    assert replace(results, sets=(*sets, *chosen)).calibration_error == pytest.approx(0.0)
    assert VersionResults("a", ()).rejection_auroc is None


def test_a_digest_tells_sets_apart():
    items = [EvaluationItem("a", written(3), "3"), EvaluationItem("b", written(4), "4")]
    same = EvaluationSet("digits", [EvaluationItem("a", written(3), "3"), EvaluationItem("b", written(4), "4")])
    digest = EvaluationSet("digits", items).digest
    assert same.digest == digest
    for other in (replace(items[1], text="9"), replace(items[1], id="c"), replace(items[1], ink=written(5))):
        assert EvaluationSet("digits", [items[0], other]).digest != digest
    assert EvaluationSet("digits", items[::-1]).digest != digest


class BusyReader(FakeReader):
    """Keeps the processor busy for some milliseconds a drawing, and notes in `calls` when it is called."""

    def __init__(self, name: str, milliseconds: float, calls: list[str]):
        super().__init__(name)
        self.milliseconds, self.calls = milliseconds, calls

    def read(self, drawings):
        self.calls.append(self.version)
        until = time.thread_time() + self.milliseconds / 1000
        while time.thread_time() < until:
            pass
        return [Answer("recognised", "1", 0.9) for _ in drawings]


def test_readers_are_timed_in_turns():
    calls: list[str] = []
    quick, slow = reading_times(
        [BusyReader("quick", 1, calls), BusyReader("slow", 2, calls)], [written(1), written(2)]
    )
    assert 1.7 < slow / quick < 2.3
    warm, timed = calls[:2], calls[2:]
    assert warm == ["quick", "slow"]
    assert timed[:8] == ["quick", "slow", "slow", "quick", "slow", "quick", "quick", "slow"]


def test_without_a_drawing_of_one_digit_nothing_is_timed():
    assert evaluate_version(champion(), [EvaluationSet("numbers", [])]).milliseconds is None
