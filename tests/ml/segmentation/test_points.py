from __future__ import annotations

import cv2
import numpy as np
import pytest

from ml.segmentation.image_components import find_image_components
from ml.segmentation.points import find_points
from ml.synthesis.handwriting import write_digit
from tests.ml.conftest import drawn

PEN = 7


@pytest.fixture
def page(rng) -> np.ndarray:
    """Two digits, 100 high, with a gap of 40 between them at x = 200."""
    left, right = (write_digit(label, rng=rng) for label in (3, 8))
    strokes = [100 * stroke + [180 - 100 * max(s[:, 0].max() for s in left), 80] for stroke in left]
    strokes += [100 * stroke + [220 - 100 * min(s[:, 0].min() for s in right), 80] for stroke in right]
    return drawn(strokes, (400, 260), PEN)


def spot(page: np.ndarray, x: int, y: int, size: int = PEN) -> np.ndarray:
    """The page with a filled disc."""
    return cv2.circle(page.copy(), (x, y), size // 2, 0, -1)


def components_of(page: np.ndarray) -> int:
    components = find_image_components(page)
    assert components is not None
    return len(set(components.owners))


def test_a_point_at_the_feet_of_digits_is_seen(page):
    assert components_of(spot(page, 200, 176)) == components_of(page) + 1


def test_both_points_of_a_colon_are_seen(page):
    assert components_of(spot(spot(page, 200, 120), 202, 170)) == components_of(page) + 2


@pytest.mark.parametrize("place", [(200, 120), (200, 60), (350, 176), (40, 176)])
def test_specks_elsewhere_are_not(page, place):
    assert components_of(spot(page, *place)) == components_of(page)


def test_what_is_thinner_than_the_pen_is_not(page):
    assert components_of(spot(page, 200, 176, size=3)) == components_of(page)


def test_nothing_is_a_point_on_dirty_paper(page, rng):
    for _ in range(12):
        page = spot(page, int(rng.integers(10, 390)), int(rng.integers(210, 250)))
    assert components_of(spot(page, 200, 176)) == components_of(page)


def test_nothing_is_a_point_beside_a_lone_digit():
    labels = np.zeros((200, 200), np.int32)
    labels[50:150, 50:58], labels[145:152, 90:97] = 1, 2
    boxes = np.array([[50.0, 50, 8, 100], [90, 145, 7, 7]])
    assert not len(find_points(labels, boxes, np.array([800.0, 49]), np.array([True, False])))


@pytest.mark.parametrize(("rows", "found"), [(100, 100), (200, 0)])
def test_of_very_many_spots_none_is_a_point(rows, found):
    """Two digits and a point between them in each row."""
    labels = np.zeros((60 * rows, 40), np.int32)
    boxes = np.array([(x, 60.0 * i + y, 8, 30 - y) for i in range(rows) for x, y in ((0, 0), (12, 22), (24, 0))])
    for component, (x, y, width, height) in enumerate(boxes.astype(int), 1):
        labels[y : y + height, x : x + width] = component
    is_writing = np.tile([True, False, True], rows)
    assert len(find_points(labels, boxes, boxes[:, 2] * boxes[:, 3], is_writing)) == found
