"""Rings and frames, taken out of masks."""

from __future__ import annotations

import cv2
import numpy as np

from ml.segmentation.connected_ink import connect
from ml.segmentation.rings import remove_rings


def without_rings(mask: np.ndarray, box_height: float = 0.0) -> np.ndarray:
    return remove_rings(connect(mask), box_height).mask


def paper() -> np.ndarray:
    return np.zeros((160, 400), np.uint8)


def seven(left: int = 60) -> np.ndarray:
    return cv2.polylines(paper(), [np.array([[left, 55], [left + 35, 55], [left + 12, 110]])], False, 255, 6)


def box(left: int, width: int = 70) -> np.ndarray:
    return cv2.rectangle(paper(), (left, 20), (left + width, 140), 255, 4)


def test_a_ring_around_a_digit_goes():
    ringed = cv2.circle(seven(), (75, 80), 60, 255, 5)
    assert (without_rings(ringed) == seven()).all()


def test_an_empty_ring_stays():
    zero = cv2.ellipse(paper(), (75, 80), (40, 60), 0, 0, 360, 255, 5)
    assert without_rings(zero) is zero


def test_a_slim_ring_around_one_straight_stroke_stays():
    zero = cv2.ellipse(paper(), (75, 80), (35, 60), 0, 0, 360, 255, 5)
    slashed = cv2.line(zero, (85, 60), (65, 100), 255, 5)
    assert without_rings(slashed) is slashed


def test_a_dot_does_not_make_a_ring():
    dotted = cv2.circle(cv2.circle(paper(), (75, 80), 60, 255, 5), (75, 80), 4, 255, -1)
    assert without_rings(dotted) is dotted


def test_empty_boxes_of_one_size_go_and_a_lone_one_stays():
    three = box(20) | box(120) | box(220)
    assert not without_rings(three).any()
    alone = box(20)
    assert without_rings(alone) is alone
    assert not without_rings(alone, box_height=121).any()


def test_a_box_of_the_size_of_others_goes_though_a_digit_touches_it():
    eight = cv2.ellipse(paper(), (155, 80), (20, 59), 0, 0, 360, 255, 6)
    left = without_rings(box(20) | box(220) | box(320) | box(120) | eight)
    assert not left[:, :115].any()
    assert not left[:, 200:].any()
    assert (left[30:130, 120:191] == eight[30:130, 120:191]).mean() > 0.98


def test_a_box_may_be_as_thick_as_a_fifth_of_it():
    thick = [cv2.rectangle(paper(), (left, 20), (left + 80, 120), 255, 14) for left in (30, 140, 250)]
    written = seven(50)
    left = without_rings(np.maximum.reduce([*thick, cv2.resize(written, (400, 160))]))
    assert (left == written).mean() > 0.99


def rounded(left: int, width: int = 60, height: int = 76) -> np.ndarray:
    """A box with corners so round that it is nearly a 0."""
    inner = cv2.rectangle(paper(), (left + 18, 38), (left + width - 18, 20 + height - 18), 255, -1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (37, 37))
    outer = cv2.dilate(inner, disc)
    return outer - cv2.erode(outer, np.ones((9, 9), np.uint8))


def test_empty_rings_go_where_they_are_as_alike_as_print():
    assert not without_rings(rounded(20) | rounded(110) | rounded(200)).any()
    by_hand = rounded(20) | rounded(110, 66) | rounded(200, 60, 84)
    assert without_rings(by_hand) is by_hand


def test_a_five_as_high_as_the_boxes_of_a_form_stays():
    five = cv2.polylines(
        paper(), [np.array([[120, 20], [60, 20], [60, 75], [120, 75], [120, 130], [60, 130]])], False, 255, 8
    )
    assert without_rings(five, box_height=118) is five


def test_a_wide_frame_goes():
    assert (without_rings(box(20, 340) | seven()) == seven()).all()
    assert not without_rings(box(20, 340)).any()


def test_a_box_that_a_wall_divides_is_no_frame():
    divided = cv2.line(box(20, 140), (90, 20), (90, 140), 255, 4)
    assert without_rings(divided) is divided


def test_a_slanting_stroke_as_high_as_a_box_stays():
    one = cv2.line(paper(), (110, 20), (75, 140), 255, 7)
    assert without_rings(one, 120.0) is one
