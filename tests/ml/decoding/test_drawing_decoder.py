"""The decoder with scores of the shipped reader: how likely a text is, and which ink is which of its digits."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ml.decoding.drawing_decoder import open_drawing
from ml.synthesis.handwriting import write_digit, write_number


def opened(reader, drawing):
    """The decoder of a drawing, and the scores of its candidates."""
    decoder = open_drawing(drawing)
    return decoder, reader.score_candidates(decoder, range(len(decoder.candidates)))


def test_the_right_text_is_likely_and_well_segmented(reader, rng):
    decoder, scores = opened(reader, write_number("4705", rng=rng))
    alignment = decoder.align("4705", *scores)
    assert len(alignment.candidates) == 4
    assert alignment.segmentation_score > -3
    assert decoder.log_probability("4705", *scores) > -3


def test_another_digit_is_unlikely_but_segmented_as_well(reader, rng):
    decoder, scores = opened(reader, write_number("4705", rng=rng))
    right, wrong = (decoder.align(text, *scores) for text in ("4705", "4205"))
    assert decoder.log_probability("4205", *scores) < -2
    assert wrong.candidates == right.candidates
    assert wrong.segmentation_score == pytest.approx(right.segmentation_score)


@pytest.mark.parametrize("text", ["470", "47055"])
def test_another_number_of_digits_is_badly_segmented(reader, rng, text):
    decoder, scores = opened(reader, write_number("4705", rng=rng))
    alignment = decoder.align(text, *scores)
    assert alignment is None or alignment.segmentation_score < -6


def test_a_digit_is_unlikely_to_be_none(reader, rng):
    decoder, scores = opened(reader, [100 * stroke for stroke in write_digit(3, rng=rng)])
    assert decoder.log_probability("", *scores) < -2
    assert len(decoder.align("", *scores).candidates) == 1


def test_a_drawing_without_ink_reads_the_empty_text_alone():
    decoder, scores = open_drawing([]), (np.zeros((0, 10)), np.zeros(0))
    assert decoder.log_probability("", *scores) == 0.0
    assert decoder.log_probability("1", *scores) == -math.inf
    assert decoder.align("1", *scores) is None
