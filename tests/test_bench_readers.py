"""bench/ turns the output of the peer into readings, and those into tables. The peer itself is not needed here."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from bench.ocr import Ocr, PeerMissing, _DigitsOnly, _picture, reading_of
from bench.readers import as_markdown
from ml.evaluation.benchmarks import BENCHMARKS
from ml.evaluation.evaluate import Answer, BenchmarkResult, EvaluationReport


@pytest.mark.parametrize(
    ("texts", "state", "text"),
    [
        (["123"], "recognised", "123"),
        (["12", "3 4"], "recognised", "12\n3 4"),
        (["$1,200.-"], "recognised", "1200"),
        (["4S2"], "unsure", "42"),
        (["A"], "not_a_digit", ""),
        ([], "empty", ""),
    ],
)
def test_lines_become_a_reading(texts, state, text):
    reading = reading_of(texts, [0.5] * len(texts))
    assert (reading.state, reading.text) == (state, text)
    assert reading.confidence == (0.5 if texts else 0.0)


class Decoder:
    """A decoder that returns its input."""

    character = ("blank", "A", "7", "8")

    def __call__(self, outputs: np.ndarray) -> np.ndarray:
        return outputs


def test_digits_only_excludes_the_letters():
    outputs = _DigitsOnly(Decoder())(np.array([[[0.1, 0.6, 0.2, 0.1], [0, 1, 0, 0]]], np.float32))
    assert outputs[0, 0].tolist() == pytest.approx([0.25, 0, 0.5, 0.25])
    assert np.isfinite(outputs).all()


def test_the_peer_sees_small_bitmaps_with_paper_around_them_and_others_as_they_are():
    bitmap = np.full((28, 28), 255, np.uint8)
    bitmap[4:24, 12:16] = 0
    assert min(_picture(bitmap).shape) > 20
    assert _picture(np.stack([bitmap] * 3, axis=2)).shape[2] == 3
    photograph = np.full((50, 60, 3), 200, np.uint8)
    assert _picture(photograph) is photograph


def test_the_table_marks_the_best_of_each_row():
    benchmarks = [next(b for b in BENCHMARKS if b.name == name) for name in ("optdigits", "scribbles")]
    right, wrong = Answer("recognised", "1", 0.9), Answer("recognised", "7", 0.9)
    reports = [
        EvaluationReport(
            version,
            (
                BenchmarkResult(benchmarks[0], [[], []], ["1", "1"], [right, second]),
                BenchmarkResult(benchmarks[1], [[]], [""], [Answer("not_a_digit", "", 0.9)]),
            ),
        )
        for version, second in (("ours", right), ("Peer", wrong))
    ]
    lines = as_markdown(reports, {"ours": (0.5, 100.0), "Peer": (25.0, 300.0)}).splitlines()
    assert lines[0] == "| set | n | this reader | Peer |"
    assert lines[2] == "| Optdigits, 32x32 bitmaps | 2 | **100.0** | 50.0 |"
    assert lines[3] == "| Scribbles | 1 | 100.0 | 100.0 |"
    assert lines[4] == "| ms for one digit |  | 0.5 | 25.0 |"


@pytest.mark.skipif(importlib.util.find_spec("rapidocr") is not None, reason="the peer is installed here")
def test_a_missing_peer_is_told_with_what_to_install():
    with pytest.raises(PeerMissing, match=r"pip install -r bench/requirements\.txt"):
        Ocr({})
