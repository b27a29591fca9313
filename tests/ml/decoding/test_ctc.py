"""The probabilities of texts by the output of the line network."""

from __future__ import annotations

import math
from itertools import groupby, product

import numpy as np
import pytest

from ml.decoding.ctc import BLANK, CtcOutput


def text_of(classes) -> tuple[int, ...]:
    return tuple(label for label, _ in groupby(classes) if label != BLANK)


def log_probability(output: CtcOutput, text) -> float:
    return float(output.log_probabilities([text])[0])


def sure_of(*classes) -> CtcOutput:
    return CtcOutput(20.0 * np.eye(BLANK + 1)[list(classes)])


def test_a_text_is_as_likely_as_all_ways_to_stretch_it(rng):
    logits = rng.normal(size=(4, BLANK + 1))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    probabilities: dict[tuple[int, ...], float] = {}
    for classes in product(range(BLANK + 1), repeat=4):
        text = text_of(classes)
        probabilities[text] = probabilities.get(text, 0.0) + float(np.prod(p[range(4), classes]))
    texts = [(), (3,), (3, 3), (4, 0), (1, 2, 1), (7, 7, 8), (5, 6, 7, 8)]
    expected = [math.log(probabilities[text]) for text in texts]
    assert CtcOutput(logits).log_probabilities(texts) == pytest.approx(expected)
    assert [log_probability(CtcOutput(logits), text) for text in texts] == pytest.approx(expected)


def test_the_likeliest_text():
    assert sure_of(BLANK, 4, 4, BLANK, BLANK, 0, 7).labels == (4, 0, 7)
    assert sure_of(0, 0, BLANK, 0).labels == (0, 0)
    assert sure_of(BLANK, BLANK).labels == ()


def test_what_is_sure_is_nearly_certain():
    output = sure_of(BLANK, 4, BLANK, 0, 7)
    assert log_probability(output, (4, 0, 7)) == pytest.approx(0.0, abs=1e-6)
    assert log_probability(output, (4, 0)) < -10
    assert log_probability(output, ()) < -10


@pytest.mark.parametrize(("text", "needed"), [((1, 2, 3, 4), 4), ((5, 5), 3)])
def test_a_text_needs_a_step_for_each_digit_and_one_between_two_that_are_alike(text, needed):
    assert log_probability(CtcOutput(np.zeros((needed - 1, BLANK + 1))), text) == -math.inf
    assert log_probability(CtcOutput(np.zeros((needed, BLANK + 1))), text) == pytest.approx(-needed * math.log(11))


def test_logits_may_be_of_any_size(rng):
    logits = rng.normal(size=(5, BLANK + 1))
    assert log_probability(CtcOutput(logits + 1e4), (1, 2)) == pytest.approx(
        log_probability(CtcOutput(logits), (1, 2))
    )


@pytest.mark.parametrize(("digits", "steps", "enough"), [(0, 1, True), (4, 14, True), (4, 13, False)])
def test_digits_need_room_to_be_told_apart(digits, steps, enough):
    assert CtcOutput(np.zeros((steps, BLANK + 1))).has_room_for((7,) * digits) is enough
