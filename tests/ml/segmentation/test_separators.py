from __future__ import annotations

import json

import numpy as np
import pytest

from ml.segmentation.components import StrokeComponents, typical_height
from ml.segmentation.separators import (
    KINDS,
    SHIPPED_SEPARATORS,
    SeparatorOdds,
    find_separators,
    shipped_separators,
)
from ml.synthesis.handwriting import Handwriting
from ml.synthesis.handwriting import write_digit as write
from ml.synthesis.separated_numbers import Hand, separator_writer, write_pattern

PLAIN = Handwriting(
    ("round", "plain", "plain", "round", "open", "hat", "round", "plain", "snake", "straight"),
    0.05,
    0.9,
    0.01,
    0.2,
)


def hand(label: int, rng) -> Hand:
    return Hand(
        lambda rng: (label, write(label, rng=rng, handwriting=PLAIN)),
        lambda sign, rng: separator_writer(PLAIN, rng)(sign, rng),
    )


def found(strokes):
    components = StrokeComponents(strokes)
    line = sorted(range(len(strokes)), key=lambda i: components.boxes[i, 0] + components.boxes[i, 2] / 2)
    height = typical_height(components.boxes[:, 3])
    separators = find_separators(components, line, height)
    odds = shipped_separators().log_odds(separators)
    return {separator.kind: odds[separator.places] for separator in separators}


@pytest.mark.parametrize(
    ("sign", "kind"), [("/", "bar"), ("-", "dash"), (".", "mark"), (":", "stack"), ("+", "cross")]
)
def test_separators_of_each_kind_are_found(rng, sign, kind):
    for _ in range(5):
        odds = found(write_pattern(f"00{sign}00", hand(8, rng), rng).strokes)
        assert odds[kind] > 0


def test_upright_ones_between_digits_are_no_separators(rng):
    for _ in range(5):
        strokes = write_pattern("000", hand(1, rng), rng).strokes
        components = StrokeComponents(strokes)
        separators = find_separators(components, (0, 1, 2), typical_height(components.boxes[:, 3]))
        assert all(odds < 0 for odds in shipped_separators().log_odds(separators).values())


@pytest.mark.parametrize("label", [0, 2, 3, 8])
def test_digits_do_not_have_the_form_of_a_separator(rng, label):
    assert not found(write_pattern("00", hand(label, rng), rng).strokes)


def test_one_stroke_alone_separates_nothing(rng):
    components = StrokeComponents(write_pattern("0", hand(1, rng), rng).strokes)
    assert find_separators(components, (0,), 100.0) == []


def test_two_strokes_that_cross_alone_separate_nothing(rng):
    plus = [100 * stroke for stroke in separator_writer(PLAIN, rng)("+", rng)]
    components = StrokeComponents([stroke.astype(np.float32) for stroke in plus])
    assert "cross" not in {separator.kind for separator in find_separators(components, (0, 1), 60.0)}


def test_place_and_size_make_no_difference(rng):
    strokes = write_pattern("00/00", hand(8, rng), rng).strokes
    assert found(strokes)["bar"] == pytest.approx(found([3 * s + 500 for s in strokes])["bar"], abs=0.01)


def test_what_is_stored_is_what_was_fitted():
    stored = json.loads(SHIPPED_SEPARATORS.read_text())
    assert set(stored) == set(KINDS)
    assert shipped_separators().as_json() == stored


@pytest.mark.parametrize("damage", [{}, {"bar": {"mean": [], "spread": [], "form": []}}, {"bar": 1}])
def test_a_damaged_file_is_refused(tmp_path, damage):
    file = tmp_path / "separators.json"
    file.write_text(json.dumps(damage))
    with pytest.raises(ValueError, match="coefficients"):
        SeparatorOdds.open(file)
