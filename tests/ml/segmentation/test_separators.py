from __future__ import annotations

import numpy as np
import pytest

from ml.segmentation.components import StrokeComponents, typical_height
from ml.segmentation.separator_odds import shipped_separators
from ml.segmentation.separators import find_separators
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
    ("sign", "kind", "share"),
    [("/", "bar", 0.5), ("-", "dash", 0.9), (".", "mark", 0.9), (":", "stack", 0.9), ("+", "cross", 0.9)],
)
def test_separators_of_each_kind_are_found(rng, sign, kind, share):
    """A slash that is no steeper than a 1 may be taken for one: to lose a 1 is worse."""
    odds = [found(write_pattern(f"00{sign}00", hand(8, rng), rng).strokes).get(kind, -9.0) for _ in range(20)]
    assert np.mean(np.array(odds) > 0) >= share


def test_both_slashes_of_a_date_are_found(rng):
    odds = [found(write_pattern("00/00/0000", hand(8, rng), rng).strokes)["bar"] for _ in range(10)]
    assert np.mean(np.array(odds) > 0) >= 0.8


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


def bent(x: float, side: float) -> np.ndarray:
    """An upright line 100 high that is bent by 18 to one side."""
    y = np.linspace(0, 1, 12)
    return np.stack([x + 18 * side * (1 - (2 * y - 1) ** 2), 100 * y], axis=1).astype(np.float32)


def test_at_an_end_of_the_line_only_a_pair_of_brackets_separates(rng):
    eights = [stroke + np.float32([60, 0]) for stroke in write_pattern("00", hand(8, rng), rng).strokes]
    right = max(stroke[:, 0].max() for stroke in eights) + 20
    assert "bar" not in found([bent(30, -1), *eights])
    assert "bar" not in found([bent(30, -1), *eights, bent(right, -1)])
    assert "bar" in found([bent(30, -1), *eights, bent(right, 1)])


def circle(x: float, y: float, radius: float) -> np.ndarray:
    turn = np.linspace(0, 2 * np.pi, 20)
    return (np.array([x, y]) + radius * np.stack([np.cos(turn), np.sin(turn)], axis=1)).astype(np.float32)


def beside_eights(*strokes: np.ndarray, rng) -> dict[str, float]:
    """What is found of strokes between two 8s, 100 high."""
    left, right = ([100 * stroke for stroke in write(8, rng=rng, handwriting=PLAIN)] for _ in range(2))
    return found([*left, *strokes, *[stroke + np.float32([160, 0]) for stroke in right]])


def test_a_small_zero_is_no_point(rng):
    assert "mark" not in beside_eights(circle(110, 80, 19), rng=rng)
    assert "mark" in beside_eights(circle(110, 92, 6), rng=rng)


def test_a_mark_stands_at_the_feet_of_digits_unless_it_is_in_a_colon(rng):
    assert not beside_eights(circle(110, 45, 5), rng=rng)
    assert "stack" in beside_eights(circle(110, 45, 5), circle(110, 90, 5), rng=rng)
    assert "stack" not in beside_eights(circle(110, -15, 5), circle(110, 95, 5), rng=rng)  # too far apart


@pytest.mark.parametrize(("length", "y"), [(40, 97), (220, 50)])
def test_a_line_under_or_through_numbers_is_no_dash(rng, length, y):
    level = np.stack([110 + length * np.linspace(-0.5, 0.5, 8), np.full(8, y)], axis=1).astype(np.float32)
    assert "dash" not in beside_eights(level, rng=rng)


def test_a_long_comma_is_a_mark_and_no_bar(rng):
    comma = np.stack([np.linspace(115, 100, 8), np.linspace(80, 135, 8)], axis=1).astype(np.float32)
    assert set(beside_eights(comma, rng=rng)) == {"mark"}


class CutComponents(StrokeComponents):
    """Strokes of which the third is cut into halves."""

    def __init__(self, strokes) -> None:
        half = len(strokes[2]) // 2 + 1
        super().__init__([*strokes[:2], strokes[2][:half], strokes[2][half - 1 :], *strokes[3:]])
        self.owners = [0, 1, 2, 2, *range(3, len(strokes))]


def test_a_slash_that_is_cut_is_found_as_a_whole(rng):
    strokes = write_pattern("00/00", hand(8, rng), rng).strokes
    separators = find_separators(CutComponents(strokes), range(len(strokes) + 1), 100.0)
    whole = find_separators(StrokeComponents(strokes), range(len(strokes)), 100.0)
    assert [(s.kind, s.places) for s in separators] == [("bar", (2, 3))]
    assert separators[0].features == pytest.approx(whole[0].features, abs=0.05)
