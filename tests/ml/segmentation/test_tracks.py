"""Level tracks of ink in masks."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ml.segmentation.tracks import Track, find_tracks


def paper() -> np.ndarray:
    return np.zeros((120, 300), np.uint8)


def test_a_line_is_measured():
    [track] = find_tracks(cv2.line(paper(), (20, 40), (279, 50), 255, 3), thickest=8, least=12)
    assert (track.left, track.right) == pytest.approx((20, 279), abs=4)
    assert track.slope == pytest.approx(10 / 259, abs=0.003)
    assert track.level == pytest.approx(40 - 20 * 10 / 259, abs=1)
    assert 3 <= track.thickness <= 5  # OpenCV draws sloping lines thicker
    assert track.bow < 0.6
    assert track.filled(cv2.line(paper(), (20, 40), (149, 45), 255, 3)).mean() == pytest.approx(0.5, abs=0.05)


def test_pieces_of_one_line_are_one_track():
    mask = cv2.line(paper(), (20, 60), (279, 60), 255, 3)
    mask[:, 130:150] = 0
    [track] = find_tracks(mask, thickest=8, least=12)
    assert track.length > 250


def test_lines_one_below_the_other_are_two():
    mask = cv2.line(cv2.line(paper(), (20, 40), (120, 40), 255, 3), (160, 80), (279, 80), 255, 3)
    assert len(find_tracks(mask, thickest=8, least=12)) == 2


def test_thick_short_and_steep_ink_is_none():
    mask = cv2.rectangle(paper(), (20, 20), (100, 60), 255, -1)
    cv2.line(mask, (150, 20), (154, 20), 255, 3)
    cv2.line(mask, (200, 20), (280, 110), 255, 3)
    assert find_tracks(mask, thickest=8, least=12) == []


def test_bend_is_what_a_parabola_leaves_and_bow_what_a_line_leaves():
    x = np.arange(100)
    curved = Track.through(x, 0.02 * (x - 50.0) ** 2, 60.0)
    assert curved.bend == pytest.approx(0, abs=1e-6)
    assert curved.bow > 5
    straight = Track.through(x, 3 + 0.1 * x, 60.0)
    assert straight.bow == pytest.approx(0, abs=1e-6)


def test_strokes_at_the_ends_of_a_line_do_not_turn_it():
    y = np.full(100, 20.0)
    y[90:] += 12
    track = Track.through(np.arange(100), y, 3.0)
    assert track.slope == pytest.approx(0, abs=1e-6)
    assert len(track.x) == 90


def test_a_track_is_prolonged_through_thick_ink_up_to_a_gap():
    mask = np.zeros((100, 300), np.uint8)
    mask[50:53, 40:200] = 255
    for left in (40, 206):
        cv2.circle(mask, (left + 35, 42), 35, 255, -1)
    [seen] = [track for track in find_tracks(mask, 8, 20) if track.length > 50]
    assert seen.left > 90
    whole = seen.prolonged(mask)
    assert (whole.left, whole.right) == (40, seen.right)
