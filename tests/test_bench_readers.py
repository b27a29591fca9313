"""bench/ocr.py turns what the peer says into readings; the peer itself is not needed here."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from bench.ocr import NoPeer, Ocr, _DigitsOnly, judge


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
    reading = judge(texts, [0.5] * len(texts))
    assert (reading.state, reading.text) == (state, text)
    assert reading.confidence == (0.5 if texts else 0.0)


class Decoder:
    """The peer's decoder, which here gives back what it is given."""

    character = ("blank", "A", "7", "8")

    def __call__(self, outputs: np.ndarray) -> np.ndarray:
        return outputs


def test_digits_only_forbids_the_letters():
    outputs = _DigitsOnly(Decoder())(np.array([[[0.1, 0.6, 0.2, 0.1], [0, 1, 0, 0]]], np.float32))
    assert outputs[0, 0].tolist() == pytest.approx([0.25, 0, 0.5, 0.25])
    assert np.isfinite(outputs).all()


@pytest.mark.skipif(importlib.util.find_spec("rapidocr") is not None, reason="the peer is installed here")
def test_without_the_peer_it_says_what_to_install():
    with pytest.raises(NoPeer, match=r"pip install -r bench/requirements\.txt"):
        Ocr({})
