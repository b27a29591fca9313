"""What sizes and places in a line cost, on ink made of rings and on strokes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest

from ml.decoding.calibration import Calibration
from ml.decoding.drawing_decoder import DrawingDecoder
from ml.decoding.lattice import Lattice
from ml.segmentation.candidates import Candidate, StrokeLine
from ml.segmentation.components import StrokeComponents, positions_by_owner
from ml.segmentation.costs import Costs
from ml.segmentation.image_components import ImageComponents, find_image_components
from ml.segmentation.page_layout import find_layouts
from tests.ml.segmentation.test_touching_digits import rings

SIZES = Costs(height_spread=1.0, low_spread=0.2, base_spread=0.2, wide_spread=0.2)


def whole(ink: np.ndarray, costs: Costs = SIZES) -> list[Candidate]:
    """The candidates that are all of one connected component of the ink, from left to right."""
    components = find_image_components(255 - ink)
    assert components is not None
    candidates = find_layouts(components, costs)[0].candidates
    connected = connected_components(components)
    return sorted((c for c in candidates if c.components in connected), key=lambda c: c.box[0])


def connected_components(components: ImageComponents) -> set[tuple[int, ...]]:
    return {tuple(own) for own in positions_by_owner(components.owners).values()}


def beside(middle: tuple[int, int], axes: tuple[int, int]) -> np.ndarray:
    """Three large rings, and one with this middle and these half axes on their right."""
    ink = rings(50, 120, 190, touching=False)
    cv2.ellipse(ink, middle, axes, 0, 0, 360, 255, 6)
    return ink


def test_digits_of_one_size_on_a_line_cost_nothing():
    candidates = whole(rings(50, 120, 190, 260, touching=False))
    assert [c.cost for c in candidates] == pytest.approx([0.0] * 4, abs=0.01)
    assert [c.low_cost for c in candidates] == pytest.approx([0.0] * 4, abs=0.01)


def test_what_is_low_costs_more_as_any_digit_but_zero():
    low = whole(beside((250, 84), (12, 16)))[-1]
    assert low.low_cost > low.cost + 3.0


def test_what_is_low_is_a_zero_where_the_network_wavers():
    low = replace(whole(beside((250, 84), (12, 16)))[-1], places=1)
    digits = np.log(np.array([[0.3, *[0.01] * 5, 0.62, *[0.01] * 3]]))
    assert [s.label for s in Lattice([low], digits, np.array([0.99]), SIZES).best_path().segments] == [0]
    tall = replace(low, low_cost=0.0)
    assert [s.label for s in Lattice([tall], digits, np.array([0.99]), SIZES).best_path().segments] == [6]


def test_what_is_shown_of_a_low_digit_is_what_it_is_read_as():
    components = find_image_components(255 - beside((250, 84), (12, 16)))
    assert components is not None
    page = DrawingDecoder(components, SIZES)
    digit_probability = np.array(
        [0.99 if c.components in connected_components(components) else 0.001 for c in page.candidates]
    )
    digits = np.tile(np.log([0.3, *[0.01] * 5, 0.62, *[0.01] * 3]), (len(digit_probability), 1))
    reading = page.decode(digits, digit_probability, Calibration())
    assert reading.text == "6660"
    for digit in reading.digits:
        assert np.argmax(digit.probabilities) == digit.label
        assert sum(digit.probabilities) == pytest.approx(1)


def test_a_mark_that_floats_above_the_line_costs_more_than_one_on_it():
    floating, standing = (whole(beside((250, y), (12, 16)))[-1] for y in (40, 84))
    assert floating.cost > standing.cost + 1.0


def test_on_a_sloping_line_nothing_floats():
    ink = np.zeros((300, 500), np.uint8)
    for place in range(5):
        cv2.ellipse(ink, (60 + 90 * place, 80 + 25 * place), (26, 36), 0, 0, 360, 255, 8)
    assert max(c.cost for c in whole(ink)) < 0.1


def test_two_as_one_are_wider_than_a_digit():
    ink = cv2.line(rings(50, 120, 190, touching=False), (146, 60), (164, 60), 255, 6)
    one, two = whole(ink, replace(SIZES, longest_run=20, widest=3.0))
    assert two.cost > one.cost + 3.0


def strokes(*places: Sequence[float]) -> StrokeComponents:
    return StrokeComponents([np.array([[x, y], [x, y + height]], np.float32) for x, y, height in places])


def test_strokes_may_stand_anywhere():
    drawn = strokes((0, 0, 100), (60, 0, 100), (120, 0, 40), (180, 60, 40))
    with_base, without = (
        [c.cost for c in find_layouts(drawn, costs)[0].candidates]
        for costs in (SIZES, replace(SIZES, base_spread=np.inf, wide_spread=np.inf))
    )
    assert with_base == without


def test_ink_with_a_separator_in_it_costs_what_speaks_for_the_separator():
    """Two 1s, and a point between them."""
    drawn = strokes((0, 0, 100), (40, 95, 3), (80, 0, 100))
    candidates = {c.components: c for c in find_layouts(drawn, SIZES)[0].candidates}
    odds = candidates[1,].separator_log_odds
    assert odds > 1
    without = StrokeLine(drawn, SIZES, 0, (0, 1, 2), 100.0).affinity_costs([(0, 1)])[0]
    assert candidates[0, 1].prior_cost == pytest.approx(without + np.log1p(np.exp(odds)))
    assert candidates[0, 1].separator_log_odds == -np.inf
    assert candidates[0,].prior_cost == 0
