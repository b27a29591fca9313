from __future__ import annotations

import numpy as np
import pytest

from ml.ink.strokes import bounds
from ml.synthesis.number_cases import NO_DIGIT
from ml.synthesis.separated_numbers import (
    SEPARATED_CASES,
    SEPARATOR_SHAPES,
    synthetic_hand,
    write_pattern,
)


@pytest.mark.parametrize("name", SEPARATED_CASES)
def test_lines_of_every_case_can_be_written(name, rng):
    for _ in range(10):
        number = write_pattern(SEPARATED_CASES[name](rng), synthetic_hand(rng), rng)
        assert len(number.owners) == len(number.strokes)
        assert all(np.isfinite(stroke).all() for stroke in number.strokes)
        digits = "".join(number.text.split())
        assert set(number.owners) - {NO_DIGIT} == set(range(len(digits)))
        assert NO_DIGIT in number.owners


def test_separators_are_spaces_in_the_text(rng):
    text = write_pattern("(0+00)x0", synthetic_hand(rng), rng).text
    assert [len(number) for number in text.split(" ")] == [1, 2, 1]
    assert write_pattern("-00", synthetic_hand(rng), rng).text.strip().isdigit()


@pytest.mark.parametrize("sign", SEPARATOR_SHAPES)
def test_separators_lie_where_they_are_written(rng, sign):
    for _ in range(5):
        points = np.concatenate(synthetic_hand(rng).separators(sign, rng))
        assert points[:, 1].min() > -0.5
        assert points[:, 1].max() < 1.6


def test_there_is_more_room_in_sums():
    def width(pattern: str) -> float:
        """The mean width of a line, in heights."""
        rngs = [np.random.default_rng(seed) for seed in range(40)]
        numbers = [write_pattern(pattern, synthetic_hand(rng), rng) for rng in rngs]
        return float(np.mean([bounds(number.strokes)[2] for number in numbers])) / 100

    assert width("0+0+0+0") - width("0-0-0-0") > 1.0  # six gaps that are wider by 0.2, and signs by 0.1


def test_unknown_signs_are_refused(rng):
    with pytest.raises(KeyError):
        write_pattern("0?0", synthetic_hand(rng), rng)
