"""Lines that meet as those of boxes and combs do."""

from __future__ import annotations

import cv2
import numpy as np

from ml.segmentation.form_net import FormNet
from ml.segmentation.tracks import Track, find_tracks


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


def comb_with_a_leaning_tooth(length: int, over: float) -> FormNet:
    """Of the net of a comb with teeth of a length in pixels, whose third one leans over by some pixels."""
    level = Track.through(np.arange(20, 261), np.full(241, 140.0), 3.0)
    rows = np.arange(140 - length, 140)
    leaning = over * (rows - 140) / length
    teeth = [Track.through(rows, x + leaning * (x == 180), 3.0) for x in range(20, 261, 80)]
    return FormNet([level], teeth, paper(), np.ascontiguousarray(paper().T), 3.0)


def test_a_short_tooth_may_lean_by_the_steps_of_pixels_and_a_long_one_not():
    assert len(comb_with_a_leaning_tooth(12, 1.4).walls) == 4
    assert len(comb_with_a_leaning_tooth(12, 2.5).walls) == 3
    assert len(comb_with_a_leaning_tooth(60, 1.4 * 60 / 12).walls) == 3


def test_a_wall_that_a_stroke_hides_is_missing_where_the_others_ask_for_it():
    hidden = boxes(5)
    hidden[60:120, 170:190] = 0
    hidden[42:138, 176:186] = np.where(np.arange(42, 138)[:, None] % 32 < 24, 255, 0)
    [wall] = net_of(hidden).missing_walls()
    assert abs(wall.level - 180) < 3


def test_a_wall_is_asked_for_at_equal_steps_and_not_inside_a_box_of_a_group():
    hidden = boxes(5)
    hidden[44:137, 176:186] = 0
    hidden[44:104, 178:183] = 255  # the rest is part of a stroke
    hidden[104:137, 170:190] = 255
    [wall] = net_of(hidden).missing_walls()
    assert abs(wall.level - 180) < 3
    groups = paper()
    for left in (20, 90, 200, 270, 380):
        cv2.rectangle(groups, (left, 40), (left + 70, 140), 255, 3)
    cv2.line(groups, (130, 50), (130, 130), 255, 5)  # 70 before the second group
    net = net_of(groups)
    assert net.missing_walls() == []
    assert not any(abs(wall.level - 130) < 5 for wall in net.walls)


def test_dashes_that_end_before_the_corner_meet_within_their_length():
    short = boxes(4)
    for left in range(20, 341, 80):
        short[128:137, left - 4 : left + 5] = 0
    assert net_of(short).walls == []
    turned = np.ascontiguousarray(short.T)
    net = FormNet(find_tracks(short, 9, 10), find_tracks(turned, 9, 10), short, turned, 4.0, 12.0)
    assert len(net.walls) == 5


def test_a_side_goes_on_through_a_stroke_that_touches_it():
    touched = cv2.ellipse(boxes(4), (320, 122), (40, 18), 0, 0, 360, 255, -1)
    assert len(net_of(touched).sides) == 2


def test_bars_of_digits_from_wall_to_wall_are_no_side():
    bars = boxes(4)
    for left, level in ((20, 80), (100, 92), (180, 80), (260, 92)):
        cv2.line(bars, (left, level), (left + 80, level + (12 if level == 80 else -12)), 255, 3)
    assert len(net_of(bars).sides) == 2


def test_places_between_boxes_that_stand_apart_are_gaps():
    gaps = net_of(boxes(4, pitch=115)).gaps()
    assert len(gaps) == 3
    for (left, top, width, height), start in zip(gaps, (100, 215, 330), strict=True):
        assert np.allclose([left, top, width, height], [start, 40, 35, 100], atol=4)


def squares() -> np.ndarray:
    mask = paper()
    for place in range(20, 500, 40):
        cv2.line(mask, (place, 0), (place, 199), 255, 2)
    for level in range(20, 200, 40):
        cv2.line(mask, (0, level), (499, level), 255, 2)
    return mask


def test_strokes_from_line_to_line_of_squared_paper_are_no_lines():
    written = cv2.line(squares(), (117, 60), (117, 100), 255, 3)
    cv2.line(written, (220, 78), (260, 78), 255, 3)
    net = net_of(written)
    assert net.squares is not None
    assert (len(net.sides), len(net.walls)) == (5, 12)
