"""What steps along a line say of its text."""

from __future__ import annotations

import math
from itertools import groupby, product

import numpy as np
import pytest

from ml.ctc import NOTHING, Steps


def spelled(classes) -> tuple[int, ...]:
    return tuple(label for label, _ in groupby(classes) if label != NOTHING)


def log_chance(steps: Steps, text) -> float:
    return float(steps.log_chances([text])[0])


def sure_of(*classes) -> Steps:
    return Steps(20.0 * np.eye(NOTHING + 1)[list(classes)])


def test_a_text_is_as_likely_as_all_ways_to_stretch_it(rng):
    logits = rng.normal(size=(4, NOTHING + 1))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    chances: dict[tuple[int, ...], float] = {}
    for classes in product(range(NOTHING + 1), repeat=4):
        text = spelled(classes)
        chances[text] = chances.get(text, 0.0) + float(np.prod(p[range(4), classes]))
    texts = [(), (3,), (3, 3), (4, 0), (1, 2, 1), (7, 7, 8), (5, 6, 7, 8)]
    expected = [math.log(chances[text]) for text in texts]
    assert Steps(logits).log_chances(texts) == pytest.approx(expected)
    assert [log_chance(Steps(logits), text) for text in texts] == pytest.approx(expected)


def test_the_likeliest_text():
    assert sure_of(NOTHING, 4, 4, NOTHING, NOTHING, 0, 7).labels == (4, 0, 7)
    assert sure_of(0, 0, NOTHING, 0).labels == (0, 0)
    assert sure_of(NOTHING, NOTHING).labels == ()


def test_what_is_sure_is_nearly_certain():
    steps = sure_of(NOTHING, 4, NOTHING, 0, 7)
    assert log_chance(steps, (4, 0, 7)) == pytest.approx(0.0, abs=1e-6)
    assert log_chance(steps, (4, 0)) < -10
    assert log_chance(steps, ()) < -10


@pytest.mark.parametrize(("text", "needed"), [((1, 2, 3, 4), 4), ((5, 5), 3)])
def test_a_text_needs_a_step_for_each_digit_and_one_between_two_that_are_alike(text, needed):
    assert log_chance(Steps(np.zeros((needed - 1, NOTHING + 1))), text) == -math.inf
    assert log_chance(Steps(np.zeros((needed, NOTHING + 1))), text) == pytest.approx(-needed * math.log(11))


def test_logits_may_be_of_any_size(rng):
    logits = rng.normal(size=(5, NOTHING + 1))
    assert log_chance(Steps(logits + 1e4), (1, 2)) == pytest.approx(log_chance(Steps(logits), (1, 2)))


@pytest.mark.parametrize(("digits", "steps", "enough"), [(0, 1, True), (4, 14, True), (4, 13, False)])
def test_digits_need_room_to_be_told_apart(digits, steps, enough):
    assert Steps(np.zeros((steps, NOTHING + 1))).have_room((7,) * digits) is enough
