"""A stroke wider than a digit is cut where it may go on into the next; together the parts are the stroke."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ml.ink.glyph import strokes_to_glyph
from ml.segmentation.components import StrokeComponents
from ml.segmentation.stroke_splitting import is_ligature, split_strokes

SEVEN_FOUR = np.array(
    [[0, 0], [50, 0], [25, 50], [10, 100], [45, 70], [80, 5], [60, 60], [100, 60], [140, 60]], np.float32
)


def test_a_wide_stroke_is_cut_where_it_turns():
    parts, owners = split_strokes([SEVEN_FOUR], 100.0)
    assert len(parts) > 3
    assert owners == [0] * len(parts)
    ends = [part[-1] for part in parts[:-1]]
    for corner in ([10, 100], [80, 5]):
        assert min(np.hypot(*(end - corner)) for end in ends) < 12


def test_the_parts_together_are_the_stroke():
    parts, _ = split_strokes([SEVEN_FOUR], 100.0)
    assert all((a[-1] == b[0]).all() for a, b in pairwise(parts))
    whole, again = (strokes_to_glyph(strokes).astype(int) for strokes in ([SEVEN_FOUR], parts))
    assert np.abs(whole - again).max() <= 40  # a corner that is cut is drawn some hundredths beside itself
    assert np.abs(whole - again).mean() < 1


def test_parts_in_one_digit_are_one_stroke_again():
    components = StrokeComponents([SEVEN_FOUR, SEVEN_FOUR * np.float32(0.3)])
    count = components.owners.count(0)
    assert len(components.owners) == count + 1 > 4
    whole, other = components.strokes([count, *range(count)])
    assert whole is SEVEN_FOUR
    assert len(other) == len(SEVEN_FOUR)
    [begun] = components.strokes([1, 0])
    assert (begun == np.concatenate([components.strokes([0])[0], components.strokes([1])[0][1:]])).all()
    assert len(components.strokes([0, 2])) == 2


@pytest.mark.parametrize(
    "strokes",
    [
        [SEVEN_FOUR * np.float32([0.5, 1])],
        [np.array([[0, 100], [600, 103]], np.float32)],
        [np.array([[120, -20], [60, 50], [-5, 120], [-8, 110]], np.float32)],
        [np.zeros((1, 2), np.float32)],
        [SEVEN_FOUR] * 61,
    ],
    ids=["narrow", "a line below", "a slash", "a dot", "too many"],
)
def test_the_rest_stays_whole(strokes):
    parts, owners = split_strokes(strokes, 100.0)
    assert parts is strokes or all(a is b for a, b in zip(parts, strokes, strict=True))
    assert owners == list(range(len(strokes)))


def test_nothing_is_cut_on_a_page_without_height():
    assert split_strokes([SEVEN_FOUR], 0.0)[1] == [0]


def test_a_scribble_is_cut_a_few_times_only(rng):
    parts, _ = split_strokes([rng.uniform(0, 1e6, (5000, 2)).astype(np.float32)], 1e4)
    assert 1 < len(parts) <= 11


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([[0, 0], [30, -40]], True),
        ([[0, 0], [30, 5]], True),
        ([[0, 0], [2, 60]], False),
        ([[0, 0], [-30, 0]], False),
    ],
)
def test_a_ligature_leads_to_the_right(points, expected):
    assert is_ligature(np.array(points, np.float32)) is expected
