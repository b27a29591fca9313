"""What `python -m ml.tuning.strokes` fits, on a few synthetic numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ml.segmentation.costs import Costs
from ml.synthesis.number_cases import synthetic_writer, write_numbers
from ml.tuning.random_search import random_search
from ml.tuning.strokes import SEARCHED, StrokeObjective, fit_stroke_affinity, load_letters, training_writers


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
    affinity = fit_stroke_affinity(written)
    again = fit_stroke_affinity(written)
    assert np.isfinite(affinity.form).all()
    assert affinity.form == pytest.approx(again.form)


def test_writers_are_those_that_train(tmp_path):
    """Two writers train, one is of the test part; each digit is one stroke that starts at its writer's number."""
    writer = np.array([1, 1, 2, 3])
    points = np.array([[w, 10 * i] for w in writer for i in range(3)], np.float32)
    np.savez(
        tmp_path / "pen.npz",
        label=np.arange(4),
        writer=writer,
        test=writer == 3,
        points=points,
        stroke_start=np.arange(0, 13, 3),
        sample_start=np.arange(5),
    )
    choose_writer = training_writers(tmp_path / "pen.npz")
    rng = np.random.default_rng(0)
    drawn = [choose_writer(rng)(rng) for _ in range(40)]
    assert {label for label, _ in drawn} == {0, 1, 2}
    assert {float(strokes[0][0, 0]) for _, strokes in drawn} == {1.0, 2.0}


def test_letters_are_those_of_known_writers_and_unlike_any_digit(tmp_path):
    """Three writers, one of them a stranger, write A, O and 1; each stroke starts at its writer's number."""
    writer = np.repeat([1, 2, 3], 3)
    points = np.array([[w, 10 * i] for w in writer for i in range(3)], np.float32)
    np.savez(
        tmp_path / "uji.npz",
        label=np.array(["A", "O", "1"] * 3),
        writer=writer,
        points=points,
        stroke_start=np.arange(0, 28, 3),
        sample_start=np.arange(10),
    )
    letters = load_letters(tmp_path / "uji.npz", {"strangers": {"uji": [3]}})
    assert [(n.text, n.owners, float(n.strokes[0][0, 0])) for n in letters] == [("", (0,), 1.0), ("", (0,), 2.0)]
