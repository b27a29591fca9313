"""bench/ocr.py turns the output of the peer into readings. The peer itself is not needed here."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from bench.ocr import Ocr, PeerMissing, _DigitsOnly, reading_of


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


@pytest.mark.skipif(importlib.util.find_spec("rapidocr") is not None, reason="the peer is installed here")
def test_a_missing_peer_is_told_with_what_to_install():
    with pytest.raises(PeerMissing, match=r"pip install -r bench/requirements\.txt"):
        Ocr({})
