"""Lines at equal steps, alike in both directions."""

from __future__ import annotations

import numpy as np

from ml.segmentation.squared_paper import find_squares
from ml.segmentation.tracks import Track


def lines(*levels: float, slope: float = 0.0, length: int = 300) -> list[Track]:
    x = np.arange(length)
    return [Track.through(x, level + slope * x, 2.0) for level in levels]


def test_lines_at_equal_steps_are_squares_though_some_are_not_seen():
    squares = find_squares(lines(10, 50, 90, 130, slope=0.02), lines(20, 60, 140, 180, slope=-0.02))
    assert squares is not None
    down, along = squares
    assert abs(down.step - 40) < 0.5
    assert abs(along.step - 40) < 0.5
    assert abs(along.slope + 0.02) < 0.001
    at = np.array([100.0 - 0.02 * 80, 120.0 - 0.02 * 80])
    assert along.lie_between(at, np.full(2, 80.0)).tolist() == [False, True]


def test_short_lines_do_not_count():
    stroke = lines(77, length=40)
    assert find_squares(lines(10, 50, 90, 130), [*lines(20, 60, 100, 140), *stroke]) is not None


def test_uneven_few_and_oblong_lines_are_no_squares():
    even = lines(10, 50, 90, 130)
    assert find_squares(even, lines(20, 60, 115, 140)) is None
    assert find_squares(even, lines(20, 60, 100)) is None
    assert find_squares(even, lines(20, 80, 140, 200)) is None
    assert find_squares([], even) is None
