"""Strips along the border of a picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ml.segmentation.border import are_strips, without_lines_at_edge
from ml.segmentation.connected_ink import connect

WIDTH, HEIGHT = 150, 180


def paper(width: int = WIDTH) -> np.ndarray:
    return np.zeros((HEIGHT, width), np.uint8)


def seven(top: int = 50, bottom: int = 130) -> np.ndarray:
    return cv2.polylines(paper(), [np.array([[50, top], [100, top], [65, bottom]])], False, 255, 8)


def line(*points: tuple[int, int]) -> np.ndarray:
    return cv2.polylines(paper(), [np.array(points)], False, 255, 5)


def strips_of(mask: np.ndarray, margin: int = 0) -> list[bool]:
    """Whether its components are strips, those first that begin higher, then farther left."""
    framed = cv2.copyMakeBorder(mask, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(framed, connectivity=8)
    return are_strips(np.asarray(labels, np.int32), stats[1:, :4].astype(np.float64), float(margin)).tolist()


@pytest.mark.parametrize(
    "points",
    [
        [(1, 0), (3, HEIGHT)],
        [(0, 2), (WIDTH, 4)],
        [(0, HEIGHT - 3), (WIDTH, HEIGHT - 6)],
        [(WIDTH - 1, 0), (WIDTH - 6, HEIGHT)],
        [(2, 0), (2, HEIGHT - 3), (WIDTH, HEIGHT - 3)],  # along two sides
        [(-4, 0), (10, HEIGHT)],  # it slopes out of the picture
    ],
)
@pytest.mark.parametrize("margin", [0, 40])
def test_a_line_along_the_border_is_a_strip_with_and_without_a_digit_beside_it(points, margin):
    assert strips_of(line(*points), margin) == [True]
    assert sorted(strips_of(np.maximum(line(*points), seven()), margin)) == [False, True]


def test_what_is_left_of_lines_beside_a_strip_is_one_too():
    mask = line((2, 0), (2, HEIGHT))
    mask[:4, 20:30] = 255
    assert strips_of(mask) == [True, True]
    assert strips_of(mask - line((2, 0), (2, HEIGHT))) == [False]


def test_digits_are_no_strips():
    assert strips_of(seven()) == [False]
    assert strips_of(line((75, 0), (75, HEIGHT))) == [False]
    narrow = paper(40)
    narrow[:, 8:32] = 255  # a 1, cut out closely
    assert strips_of(narrow) == [False]
    zero = cv2.ellipse(paper(), (WIDTH // 2, HEIGHT // 2), (WIDTH // 2 - 6, HEIGHT // 2 - 6), 0, 0, 360, 255, 12)
    assert strips_of(zero) == [False]


def test_strokes_of_a_number_that_was_cut_out_closely_stay():
    one_and_seven = np.maximum(line((3, 0), (3, HEIGHT)), seven(4, HEIGHT - 4))
    assert strips_of(one_and_seven) == [False, False]
    bar_of_a_five = np.maximum(line((0, 3), (WIDTH, 3)), seven(40, HEIGHT))
    assert strips_of(bar_of_a_five) == [False, False]


@pytest.mark.parametrize("turns", range(4))
def test_a_digit_that_stands_on_a_line_at_the_edge_is_freed_from_it(turns):
    edge = HEIGHT - 3
    digit = seven(50, edge - 4)
    mask = np.rot90(np.maximum(digit, line((0, edge), (WIDTH, edge))), turns).copy()
    found = np.rot90(without_lines_at_edge(connect(mask)).mask, -turns)
    assert not found[edge:, :50].any()
    assert not found[edge:, 90:].any()
    assert (found[: edge - 8] == digit[: edge - 8]).all()


@pytest.mark.parametrize(
    "mask",
    [
        seven(),
        cv2.polylines(paper(), [np.array([[20, 0], [130, 0], [65, 90]])], False, 255, 8),  # a 7 cut out closely
        # A 2 cut out closely.
        cv2.polylines(paper(), [np.array([[20, 90], [130, 90], [20, HEIGHT], [130, HEIGHT]])], False, 255, 8),
        seven(50, HEIGHT),  # cut off by the edge
        line((0, HEIGHT - 3), (WIDTH, HEIGHT - 3)),  # nothing stands on it
        np.maximum(seven(50, HEIGHT), line((0, HEIGHT), (WIDTH, HEIGHT - 60))),  # a stroke, which slopes
    ],
)  # fmt: skip
def test_other_ink_at_the_edge_stays(mask):
    found = connect(mask)
    assert without_lines_at_edge(found) is found
