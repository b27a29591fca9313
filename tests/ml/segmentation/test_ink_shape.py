from __future__ import annotations

import cv2
import numpy as np
import pytest

from ml.segmentation.ink_shape import cross_in_picture, cross_of_lines, picture_shape, stroke_shape


def picture(*lines, size=(120, 120), pen=7) -> np.ndarray:
    page = np.zeros(size, np.uint8)
    for line in lines:
        cv2.polylines(page, [np.array(line, np.int32)], False, 255, pen)
    x, y, width, height = cv2.boundingRect(page)
    return page[y : y + height, x : x + width] > 0


def test_a_stroke_runs_from_its_top_or_its_left_end():
    down = np.stack([np.linspace(30, 0, 24), np.linspace(0, 100, 24)], axis=1)
    for points in (down, down[::-1]):
        assert stroke_shape(points).middle[0] == pytest.approx([30, 0])
    level = np.stack([np.linspace(50, 0, 24), np.linspace(0, 5, 24)], axis=1)
    assert stroke_shape(level).middle[0] == pytest.approx([0, 5])


@pytest.mark.parametrize("slant", [-0.3, 0.0, 0.5])
def test_the_slant_of_an_eight_is_that_of_the_hand(slant):
    turn = np.linspace(0, 2 * np.pi, 24)
    eight = np.stack([25 * np.sin(2 * turn), 50 * np.cos(turn)], axis=1)
    eight[:, 0] -= slant * eight[:, 1]
    assert stroke_shape(eight).slant == pytest.approx(slant, abs=0.02)
    assert picture_shape(picture(eight + 60)).slant == pytest.approx(slant, abs=0.1)


def test_the_middle_line_of_a_slash_in_a_picture_is_straight():
    middle = picture_shape(picture([(70, 10), (20, 110)])).middle
    across, down = middle[-1] - middle[0]
    assert -across / down == pytest.approx(0.5, abs=0.07)


@pytest.mark.parametrize(
    "lines",
    [
        ([(10, 10), (10, 110)], [(80, 10), (80, 110)], [(10, 60), (80, 60)]),
        ([(60, 10), (10, 60), (60, 110)], [(60, 10), (60, 110)]),
    ],
)
def test_ink_of_two_lines_has_no_middle_line(lines):
    assert picture_shape(picture(*lines)).middle is None


def test_a_blob_has_no_middle_line():
    assert (
        picture_shape(cv2.ellipse(np.zeros((40, 40), np.uint8), (20, 20), (13, 18), 0, 0, 360, 1, -1) > 0).middle
        is None
    )


@pytest.mark.parametrize("turn", [0, 45])
def test_a_cross_in_a_picture(turn):
    angle = np.deg2rad(turn)
    arm = 45 * np.array([np.cos(angle), np.sin(angle)])
    other = np.array([-arm[1], arm[0]])
    cross = cross_in_picture(picture([60 - arm, 60 + arm], [60 - other, 60 + other]))
    assert cross is not None
    assert cross.balance > 0.7


def test_a_four_in_a_picture_is_no_cross():
    assert cross_in_picture(picture([(60, 10), (10, 70), (90, 70)], [(60, 10), (60, 110)])) is None


def test_lines_that_cross():
    level, upright = np.array([[0.0, 50], [60, 50]]), np.array([[30.0, 20], [30, 80]])
    cross = cross_of_lines(level, upright)
    assert cross is not None
    assert cross.balance == pytest.approx(1)
    assert cross.steep == pytest.approx(0)
    assert cross.level == pytest.approx(0)


@pytest.mark.parametrize("other", [[[80.0, 20], [80, 80]], [[0.0, 60], [60, 60]], [[0.0, 45], [60, 58]]])
def test_lines_that_do_not_cross(other):
    assert cross_of_lines(np.array([[0.0, 50], [60, 50]]), np.array(other)) is None
