"""Where two strokes lie to each other, whatever their place and size."""

from __future__ import annotations

import numpy as np
import pytest

from ml.segmentation.stroke_pairs import FEATURES, are_retraced, are_underlined, pair_features, resample

STROKES = [np.array([[0, 0], [3, 90]], np.float32), np.array([[-20, 50], [40, 52]], np.float32)]
PAIR = np.array([[0, 1]])
HEIGHT = np.array([90.0])


@pytest.mark.parametrize(("scale", "shift"), [(0.01, 3), (50, -1e4)])
def test_place_and_size_make_no_difference(scale, shift):
    there = [(stroke * scale + shift).astype(np.float32) for stroke in STROKES]
    here = pair_features(resample(STROKES), PAIR, HEIGHT)
    assert here.shape == (1, FEATURES)
    assert pair_features(resample(there), PAIR, HEIGHT * scale) == pytest.approx(here, abs=1e-3)


def test_the_order_of_a_pair_makes_no_difference_but_that_of_drawing_does():
    here = pair_features(resample(STROKES), PAIR, HEIGHT)
    assert (pair_features(resample(STROKES), PAIR[:, ::-1], HEIGHT) == here).all()
    assert (pair_features(resample(STROKES[::-1]), PAIR, HEIGHT) != here).any()


def test_no_pairs_have_no_features():
    assert pair_features(resample(STROKES), np.zeros((0, 2), np.int64), np.zeros(0)).shape == (0, FEATURES)


def test_points_on_one_spot_have_features():
    dots = [np.zeros((n, 2), np.float32) for n in (1, 3)]
    assert np.isfinite(pair_features(resample(dots), PAIR, np.zeros(1))).all()


@pytest.mark.parametrize(
    ("line", "is_below"),
    [
        ([[-10, 104], [60, 105]], True),  # wider than a foot of a 1, not far below
        ([[-40, 101], [60, 102]], True),
        ([[-20, 94], [30, 94]], False),  # a foot
        ([[-40, 50], [60, 52]], False),  # through it
        ([[-10, 110], [60, 160]], False),  # no level line
    ],
)
def test_a_line_below_is_no_part_of_a_digit(line, is_below):
    strokes = [STROKES[0], np.array(line, np.float32)]
    for order in (strokes, strokes[::-1]):
        assert are_underlined(resample(order), PAIR, HEIGHT).tolist() == [is_below]


@pytest.mark.parametrize(("miss", "is_retraced"), [(2, True), (20, False)])
def test_a_line_drawn_twice_is_noticed_in_either_direction(miss, is_retraced):
    for again in (STROKES[0] + np.float32(miss), STROKES[0][::-1] + np.float32(miss)):
        assert are_retraced(resample([STROKES[0], again]), PAIR, HEIGHT).tolist() == [is_retraced]
