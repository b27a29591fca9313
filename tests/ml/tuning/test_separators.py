from __future__ import annotations

import numpy as np
import pytest

from ml.data.loaders import DatasetError
from ml.segmentation.separator_odds import FEATURES, KINDS
from ml.synthesis.separated_numbers import SEPARATED_CASES, synthetic_hand, write_pattern
from ml.tuning.separators import (
    PLAIN_CASES,
    Examples,
    fit_separators,
    gather_examples,
    recorded_hands,
    write_lines,
)


def test_both_kinds_of_lines_are_written():
    lines = list(write_lines(synthetic_hand, 2, seed=1))
    are_separated = [separated for _, separated in lines]
    assert are_separated.count(False) == 2 * len(PLAIN_CASES)
    assert are_separated.count(True) > 2 * len(SEPARATED_CASES)  # dates are written more often


def test_what_separates_is_known_in_strokes_and_in_pictures(rng):
    lines = [(write_pattern("00-00", synthetic_hand(rng), rng), True) for _ in range(8)]
    signs = [is_sign for _, is_sign, _ in gather_examples(iter(lines), seed=2)["dash"]]
    assert signs.count(True) >= 8


def test_each_kind_is_fitted(rng):
    examples: Examples = {kind: [] for kind in KINDS}
    for own in examples.values():
        for _ in range(300):
            features = rng.normal(size=FEATURES)
            own.append((features, bool(features[0] > 0), 1.0))
    fitted = fit_separators(examples, seed=1)
    for kind in KINDS:
        odds = fitted.networks[kind].log_odds(np.outer([2, -2], np.eye(FEATURES)[0]))
        assert odds[0] > 0 > odds[1]


def test_a_folder_without_recorded_digits_is_refused(tmp_path):
    with pytest.raises(DatasetError):
        recorded_hands(tmp_path)
