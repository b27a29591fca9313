"""What `python -m ml.tuning.strokes` fits, on a few synthetic numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ml.segmentation.costs import Costs
from ml.synthesis.number_cases import synthetic_writer, write_numbers
from ml.tuning.random_search import random_search
from ml.tuning.strokes import (
    SEARCHED,
    StrokeObjective,
    fit_stroke_affinity,
    near_pairs,
    separable_letters,
)
from ml.tuning.writers import PenWriters


@pytest.fixture(scope="module")
def objective(request) -> StrokeObjective:
    names = ["spaced", "overlapping", "evenly_wide"]
    return StrokeObjective(
        request.getfixturevalue("reader"), list(write_numbers(synthetic_writer, names, 4, seed=5))
    )


def test_a_search_finds_better_costs_than_bad_ones(objective):
    bad = replace(Costs(), space_least=3.0, space_alone=4.0)
    result = random_search(objective.loss, bad, SEARCHED, 12, seed=3)
    assert result.initial_loss == objective.loss(bad)
    assert result.loss < result.initial_loss
    assert result.loss == objective.loss(result.costs)


def test_stroke_affinity_is_fitted_to_numbers():
    written = list(write_numbers(synthetic_writer, ["close", "several_strokes", "lines"], 25, seed=1))
    features, together = zip(*map(near_pairs, (n for n in written if len(n.strokes) > 1)), strict=True)
    odds = fit_stroke_affinity(written, seed=1).log_odds(np.concatenate(features))
    assert ((odds > 0) == np.concatenate(together)).mean() > 0.97


def test_letters_are_unlike_any_digit(folder):
    letters = separable_letters(PenWriters.gather(folder, {}).training, 6, seed=1)
    assert len(letters) == 6
    assert {(number.text, number.owners) for number in letters} == {("", (0,))}
