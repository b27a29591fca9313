"""What `python -m ml.tuning.strokes` fits, on a few synthetic numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ml.data.corpus import LabeledInk
from ml.segmentation.costs import Costs
from ml.synthesis.handwriting import write_digit
from ml.synthesis.number_cases import synthetic_writer, write_numbers
from ml.tuning.random_search import random_search
from ml.tuning.strokes import (
    SEARCHED,
    Hands,
    StrokeObjective,
    choose_hand,
    fit_stroke_affinity,
    near_pairs,
    separable_letters,
)
from ml.tuning.writers import choose_recorded_writer


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


@pytest.fixture
def folder(tmp_path):
    """Digits by 12 writers and characters by 12 others; each stroke starts at its writer's number."""

    def save(name: str, labels: list[str], first: int, **arrays: np.ndarray) -> None:
        writer = np.repeat(np.arange(first, first + 12), len(labels))
        points = np.array([[w, 10 * i] for w in writer for i in range(3)], np.float32)
        starts = np.arange(0, 3 * len(writer) + 1, 3)
        np.savez(tmp_path / name, label=np.array(labels * 12), writer=writer, points=points, stroke_start=starts,
                 sample_start=np.arange(len(writer) + 1), **arrays)  # fmt: skip

    save("pendigits_strokes.npz", ["4", "7"], 0, test=np.repeat(np.arange(12) > 9, 2))
    save("digilets_strokes.npz", ["A", "O", "3"], 100)
    return tmp_path


def test_hands_that_train_are_others_than_those_that_validate(folder):
    hands = Hands.gather(folder, {"settings": {"seed": 1, "validation": 0.1}})
    assert hands.training.keys() == {"pendigits", "digilets_digits", "digilets_letters"}
    assert 5 < len(np.unique(hands.training["pendigits"].writers)) < 10
    strangers, validating = {103, 110}, {106}
    assert not {*hands.training["digilets_digits"].writers} & (strangers | validating)
    assert {*hands.validation["digilets_digits"].writers} == validating
    choose_writer = choose_hand(hands.training)
    rng = np.random.default_rng(0)
    assert {choose_writer(rng)(rng)[0] for _ in range(60)} == {3, 4, 7}


def test_a_writer_with_zeros_may_draw_an_eight_as_two_rings(rng):
    labels = np.array([0, 8] * 5)
    drawings = [write_digit(int(label), rng=rng, style="round" if label == 0 else "snake") for label in labels]
    choose_writer = choose_recorded_writer([LabeledInk(drawings, labels)])
    eights = [strokes for _ in range(100) for label, strokes in [choose_writer(rng)(rng)] if label == 8]
    assert {1, 2} <= {len(strokes) for strokes in eights}


def test_letters_are_unlike_any_digit(folder):
    letters = separable_letters(Hands.gather(folder, {}).training, 6, seed=1)
    assert len(letters) == 6
    assert {(number.text, number.owners) for number in letters} == {("", (0,))}
