"""Touching digits cut apart, on ink made of bars and rings."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ml.segmentation.costs import Costs
from ml.segmentation.image_components import find_image_components
from ml.segmentation.page_layout import find_layouts
from ml.segmentation.touching_digits import split_wide_components


def rings(*middles: int, touching: bool = True) -> np.ndarray:
    """Ink (120, 400): zeros of 80 by 60 pixels around these columns, joined by a line where they touch."""
    ink = np.zeros((120, 400), np.uint8)
    for x in middles:
        cv2.ellipse(ink, (x, 60), (26, 36), 0, 0, 360, 255, 8)
    if touching:
        cv2.line(ink, (middles[0] + 26, 60), (middles[-1] - 26, 60), 255, 4)
    return ink


def components(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    return labels, stats[1:, :4].astype(np.float64)


def cut(ink: np.ndarray):
    return split_wide_components(ink, *components(ink))


def test_two_that_touch_become_parts_of_one_component():
    parts = cut(rings(80, 160))
    assert len(parts.boxes) >= 2
    assert set(parts.owners) == {0}
    assert np.abs(parts.boxes[:, 0] - 120).min() <= 8  # one of the cuts lies between them


def test_the_cheapest_cut_is_where_they_touch():
    parts = cut(rings(80, 160))
    cheapest = 1 + int(parts.crossed[1:].argmin())
    assert 105 <= parts.boxes[cheapest, 0] <= 135
    assert parts.crossed[cheapest] < 1.0


def test_a_cut_through_a_zero_crosses_much_ink():
    wide = np.zeros((120, 200), np.uint8)
    cv2.ellipse(wide, (100, 60), (60, 36), 0, 0, 360, 255, 8)
    assert (cut(wide).crossed[1:] > 1.5).all()


def test_no_ink_is_lost_and_none_is_shared():
    ink = rings(80, 160, 240)
    parts = cut(ink)
    assert ((parts.labels > 0) == (ink > 0)).all()
    for number, (x, y, w, h) in enumerate(parts.boxes.astype(int), start=1):
        rows, columns = np.nonzero(parts.labels == number)
        assert (columns.min(), rows.min()) == (x, y)
        assert (np.ptp(columns) + 1, np.ptp(rows) + 1) == (w, h)


def test_parts_follow_each_other():
    parts = cut(np.maximum(rings(60, 135), rings(300, touching=False)))
    assert list(parts.owners) == sorted(parts.owners)
    own = parts.boxes[np.array(parts.owners) == 0]
    assert (np.diff(own[:, 0]) > 0).all()


def test_what_is_narrow_stays_whole():
    ink = np.zeros((120, 400), np.uint8)
    for x in (80, 250):
        cv2.ellipse(ink, (x, 60), (16, 36), 0, 0, 360, 255, 8)
    parts = cut(ink)
    assert parts.owners == (0, 1)
    assert (parts.crossed == 0).all()


def test_a_cut_costs_more_the_more_ink_it_crosses():
    components = find_image_components(255 - rings(100, 175))
    assert components is not None
    assert len(components.boxes) > 1
    costs = Costs(component_cut=1.0, crossed_ink=10.0)
    for candidate in find_layouts(components, costs)[0].candidates:
        first = candidate.components[0]
        expected = costs.segment + 1.0 + 10.0 * components.crossed_ink(first) if first else 0.0
        assert candidate.prior_cost == pytest.approx(expected)


def test_a_mark_costs_less_as_no_digit_than_ink_as_large_as_a_digit():
    ink = rings(100, 175, 250, touching=False)
    cv2.circle(ink, (345, 90), 6, 255, -1)
    components = find_image_components(255 - ink)
    assert components is not None
    costs = Costs(large_negative=3.0)
    single = [c for c in find_layouts(components, costs)[0].candidates if len(c.components) == 1]
    cost_by_height = {round(c.box[3]): c.negative_cost for c in single}
    assert cost_by_height[min(cost_by_height)] == costs.negative
    assert cost_by_height[max(cost_by_height)] >= costs.negative + 3.0


def test_alone_anything_may_be_no_digit():
    components = find_image_components(255 - rings(200, touching=False))
    assert components is not None
    candidates = find_layouts(components, Costs(negative=2.0, large_negative=3.0))[0].candidates
    assert all(c.negative_cost in (0.0, 2.0, np.inf) for c in candidates)


def test_slanted_parts_of_one_component_cost_nothing_for_their_overlap():
    components = find_image_components(255 - rings(100, 175))
    assert components is not None
    dear = find_layouts(components, Costs(overlap=100.0))[0].candidates
    cheap = find_layouts(components, Costs(overlap=0.0))[0].candidates
    assert [c.prior_cost for c in dear] == [c.prior_cost for c in cheap]
