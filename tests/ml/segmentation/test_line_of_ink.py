from __future__ import annotations

import math

import numpy as np
import pytest

from ml.segmentation.components import StrokeComponents
from ml.segmentation.line_of_ink import LineOfInk
from tests.ml.segmentation.bare_components import BareComponents

# Four digits 100 high, and a point at the feet of the second.
BOXES = np.array([(0, 0, 60, 100), (80, 10, 50, 90), (140, 92, 8, 8), (160, 0, 60, 100), (240, 0, 40, 100.0)])


def line_of(boxes: np.ndarray, owners: list[int] | None = None) -> LineOfInk:
    components = BareComponents(boxes)
    components.owners = owners or range(len(boxes))
    return LineOfInk(components, range(len(boxes)), 100.0)


def test_the_digits_beside_a_point():
    around = line_of(BOXES).around((2,))
    assert around.unit == pytest.approx(97.5)
    assert (around.top, around.foot) == (5, 100)
    assert around.gap_before == pytest.approx(10 / 97.5)
    assert around.gap_after == pytest.approx(12 / 97.5)


def test_nothing_is_before_the_first_ink():
    around = line_of(BOXES).around((0,))
    assert around.gap_before == math.inf
    assert around.gap_after == pytest.approx(20 / 95)


def test_what_is_left_of_ink_that_is_cut_counts_beside_its_part():
    boxes = np.array([(0, 0, 60, 100), (60, 0, 20, 20), (80, 0, 60, 100.0), (160, 0, 60, 100)])
    line = line_of(boxes, [0, 0, 0, 1])
    assert line.groups == [(0, 1, 2), (3,)]
    assert line.around((1,)).gap_before == 0
    assert line.around((1,)).foot == 100
    assert line.box((0, 1, 2)) == (0, 0, 140, 100)


def test_ink_above_other_ink_is_one_digit():
    boxes = np.array([(0, 0, 60, 55), (5, 60, 60, 50), (80, 0, 40, 110), (140, 0, 10, 110), (170, 0, 60, 110.0)])
    assert line_of(boxes).digits_between([(3,)]) == [2, 1]


def test_digits_before_between_and_after_bars():
    boxes = np.array([(60 * i, 0, 8 if i in (2, 4) else 50, 100.0) for i in range(7)])
    assert line_of(boxes).digits_between([(4,), (2,)]) == [2, 1, 2]
    assert line_of(boxes[2:3]).digits_between([(0,)]) == []


def slanted(x: float, slant: float, height: float = 100.0) -> np.ndarray:
    y = np.linspace(0, height, 12)
    return np.stack([x + slant * (height - y), y], axis=1).astype(np.float32)


def test_the_slant_of_a_hand_is_that_of_most_of_its_high_ink():
    strokes = [slanted(0, 0.2), slanted(60, 0.2), slanted(120, 0.2), slanted(180, 0.9), slanted(240, -0.8, 30)]
    line = LineOfInk(StrokeComponents(strokes), range(5), 100.0)
    slant, known = line.hand_slant((3,))
    assert slant == pytest.approx(0.2, abs=0.01)
    assert known == pytest.approx(0.5)
    assert LineOfInk(StrokeComponents(strokes[:1]), (0,), 100.0).hand_slant((0,)) == (0.0, 0.0)


def test_ink_that_is_no_line_bends_without_end():
    assert line_of(BOXES).bend((0,)) == (math.inf, 0.0)
    assert LineOfInk(StrokeComponents([slanted(0, 0.3)]), (0,), 100.0).bend((0,))[0] == pytest.approx(0, abs=1e-6)
