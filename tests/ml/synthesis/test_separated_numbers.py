from __future__ import annotations

import numpy as np
import pytest

from ml.synthesis.number_cases import NO_DIGIT
from ml.synthesis.separated_numbers import (
    SEPARATED_CASES,
    SEPARATOR_SHAPES,
    synthetic_hand,
    write_pattern,
    write_separated_numbers,
)


@pytest.mark.parametrize("name", SEPARATED_CASES)
def test_lines_of_every_case_can_be_written(name):
    for number in write_separated_numbers(synthetic_hand, [name], 10, seed=3):
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


def test_unknown_cases_and_signs_are_refused(rng):
    with pytest.raises(KeyError):
        list(write_separated_numbers(synthetic_hand, ["fraction"], 1, seed=0))
    with pytest.raises(KeyError):
        write_pattern("0?0", synthetic_hand(rng), rng)
