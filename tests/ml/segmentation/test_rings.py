"""Rings and frames, taken out of masks."""

from __future__ import annotations

import cv2
import numpy as np

from ml.segmentation.rings import remove_rings


def paper() -> np.ndarray:
    return np.zeros((160, 400), np.uint8)


def seven(left: int = 60) -> np.ndarray:
    return cv2.polylines(paper(), [np.array([[left, 55], [left + 35, 55], [left + 12, 110]])], False, 255, 6)


def box(left: int, width: int = 70) -> np.ndarray:
    return cv2.rectangle(paper(), (left, 20), (left + width, 140), 255, 4)


def test_a_ring_around_a_digit_goes():
    ringed = cv2.circle(seven(), (75, 80), 60, 255, 5)
    assert (remove_rings(ringed) == seven()).all()


def test_an_empty_ring_stays():
    zero = cv2.ellipse(paper(), (75, 80), (40, 60), 0, 0, 360, 255, 5)
    assert remove_rings(zero) is zero


def test_a_slim_ring_around_one_straight_stroke_stays():
    zero = cv2.ellipse(paper(), (75, 80), (35, 60), 0, 0, 360, 255, 5)
    slashed = cv2.line(zero, (85, 60), (65, 100), 255, 5)
    assert remove_rings(slashed) is slashed


def test_a_dot_does_not_make_a_ring():
    dotted = cv2.circle(cv2.circle(paper(), (75, 80), 60, 255, 5), (75, 80), 4, 255, -1)
    assert remove_rings(dotted) is dotted


def test_empty_boxes_of_one_size_go_and_a_lone_one_stays():
    three = box(20) | box(120) | box(220)
    assert not remove_rings(three).any()
    alone = box(20)
    assert remove_rings(alone) is alone
    assert not remove_rings(alone, box_height=121).any()


def test_a_wide_frame_goes():
    assert (remove_rings(box(20, 340) | seven()) == seven()).all()
    assert not remove_rings(box(20, 340)).any()


def test_a_box_that_a_wall_divides_is_no_frame():
    divided = cv2.line(box(20, 140), (90, 20), (90, 140), 255, 4)
    assert remove_rings(divided) is divided
