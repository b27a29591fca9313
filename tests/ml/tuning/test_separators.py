from __future__ import annotations

import numpy as np
import pytest

from ml.data.corpus import LabeledInk
from ml.data.loaders import DatasetError
from ml.segmentation.separator_odds import FEATURES, KINDS
from ml.synthesis.separated_numbers import SEPARATED_CASES, synthetic_hand, write_pattern
from ml.tuning.separators import (
    PLAIN_CASES,
    Examples,
    fit_separators,
    gather_examples,
    recorded_hands,
    recorded_signs,
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


def test_recorded_hands_write_their_digits_and_signs(rng):
    labels = np.array([1, 2, 3, 4, 5] * 2)
    drawings = [[np.full((2, 2), 10.0 * writer + label, np.float32) for _ in range(2)] for writer, label in
                zip([0] * 5 + [1] * 5, labels, strict=True)]  # fmt: skip
    few = LabeledInk(drawings[:4], labels[:4], np.zeros(4, int))
    slash = [np.array([[0.5, 0], [0, 1]], np.float32)]
    choose = recorded_hands([LabeledInk(drawings, labels, np.repeat([0, 1], 5)), few], {"/": [slash]})
    hands = [choose(rng) for _ in range(20)]
    written = [{(label, float(ink[0][0, 0]) - label) for label, ink in (hand.digits(rng) for _ in range(40))}
               for hand in hands]  # fmt: skip
    assert {frozenset(writer for _, writer in own) for own in written} == {frozenset({0.0}), frozenset({10.0})}
    assert {len(own) for own in written} == {5}
    are_recorded = [hand.separators("/", rng) is slash for hand in hands]
    assert 0 < sum(are_recorded) < len(hands)


def test_signs_are_in_heights_of_the_digits_of_their_writer(tmp_path):
    tall, short = [[0, 0], [0, 200]], [[0, 0], [0, 50]]
    slash, point = [[90, 300], [60, 400]], [[0, 7], [2, 9]]
    drawings = [tall, slash, point, short, slash]
    np.savez(
        tmp_path / "signs.npz",
        label=np.array(["1", "/", ".", "1", "/"]),
        writer=np.array([2, 2, 2, 3, 3]),
        points=np.concatenate(drawings).astype(np.float32),
        stroke_start=np.arange(0, 11, 2),
        sample_start=np.arange(6),
    )
    signs = recorded_signs(tmp_path / "signs.npz")
    assert signs.keys() == {"/", "."}  # of every second writer
    [[stroke]] = signs["/"]
    assert stroke == pytest.approx(np.array([[0.15, 0.25], [0, 0.75]]))
    assert signs["."][0][0][0, 1] == pytest.approx(0.92)
    assert recorded_signs(tmp_path / "missing.npz") == {}


def test_nobody_with_enough_digits_is_refused():
    with pytest.raises(DatasetError, match="writers"):
        recorded_hands([], {})
