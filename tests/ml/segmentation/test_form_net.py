"""Lines that meet as those of boxes and combs do."""

from __future__ import annotations

import cv2
import numpy as np

from ml.segmentation.form_net import FormNet
from ml.segmentation.tracks import find_tracks


def paper() -> np.ndarray:
    return np.zeros((200, 500), np.uint8)


def net_of(mask: np.ndarray, pen: float = 4.0) -> FormNet:
    turned = np.ascontiguousarray(mask.T)
    return FormNet(find_tracks(mask, 9, 10), find_tracks(turned, 9, 10), mask, turned, pen)


def boxes(n: int, pitch: int = 80) -> np.ndarray:
    mask = paper()
    for left in range(20, 20 + n * pitch, pitch):
        cv2.rectangle(mask, (left, 40), (left + 80, 140), 255, 3)
    return mask


def test_boxes_have_sides_and_walls():
    net = net_of(boxes(5))
    assert (len(net.sides), len(net.walls)) == (2, 6)
    assert abs(net.box_height - 100) < 3
    assert net.missing_walls() == []
    assert net.gaps() == []


def test_a_stroke_in_a_box_is_no_wall():
    net = net_of(cv2.line(boxes(5), (60, 60), (60, 120), 255, 4))
    assert len(net.walls) == 6


def test_strokes_of_digits_are_no_form():
    mask = paper()
    for left in (40, 140, 240):
        cv2.line(mask, (left, 40), (left, 140), 255, 4)
        cv2.line(mask, (left + 20, 40), (left + 70, 40), 255, 4)
        cv2.line(mask, (left + 20, 90), (left + 70, 90), 255, 4)
    net = net_of(mask)
    assert (net.sides, net.walls, net.box_height) == ([], [], 0.0)


def test_teeth_of_one_height_stand_on_a_comb_and_a_higher_stroke_does_not():
    comb = cv2.line(paper(), (20, 140), (420, 140), 255, 3)
    for x in range(20, 421, 80):
        cv2.line(comb, (x, 100), (x, 140), 255, 3)
    net = net_of(cv2.line(comb, (60, 40), (60, 140), 255, 3))
    assert (len(net.sides), len(net.walls)) == (1, 6)


def test_a_wall_that_a_stroke_hides_is_missing_where_the_others_ask_for_it():
    hidden = boxes(5)
    hidden[60:120, 170:190] = 0
    hidden[42:138, 176:186] = np.where(np.arange(42, 138)[:, None] % 32 < 24, 255, 0)
    [wall] = net_of(hidden).missing_walls()
    assert abs(wall.level - 180) < 3


def test_places_between_boxes_that_stand_apart_are_gaps():
    gaps = net_of(boxes(4, pitch=115)).gaps()
    assert len(gaps) == 3
    for (left, top, width, height), start in zip(gaps, (100, 215, 330), strict=True):
        assert np.allclose([left, top, width, height], [start, 40, 35, 100], atol=4)
