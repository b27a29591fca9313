"""Synthetic pages of numbers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ml.ink.strokes import bounds
from ml.synthesis.number_cases import synthetic_writer
from ml.synthesis.pages import write_page


def page_of(numbers: int, seed: int, most_in_line: int = 3):
    rng = np.random.default_rng(seed)
    return write_page(synthetic_writer(rng), rng, numbers, most_in_line)


@pytest.mark.parametrize(("numbers", "most_in_line"), [(1, 3), (12, 1), (30, 4)])
def test_a_page_has_as_many_numbers_as_are_asked_for(numbers, most_in_line):
    page = page_of(numbers, 1, most_in_line)
    assert len(page.text.split()) == len(page.boxes) == numbers
    assert max(len(line.split()) for line in page.text.split("\n")) <= most_in_line


def test_numbers_lie_apart_and_in_the_order_of_the_text():
    page = page_of(20, 2)
    places = iter(page.boxes)
    for line in page.text.split("\n"):
        boxes = [next(places) for _ in line.split()]
        assert all(b[0] - a[0] - a[2] > 100 for a, b in pairwise(boxes))
    assert all(a[1] < b[1] for a, b in zip(page.boxes, page.boxes[3:], strict=False))


def test_a_scaled_page_fits_its_size():
    page = page_of(8, 3)
    scaled, (width, height) = page.scaled(0.4, margin=20)
    x, y, w, h = bounds(scaled.strokes)
    assert (x, y) == pytest.approx((20, 20), abs=0.01)
    assert (x + w + 20, y + h + 20) == pytest.approx((width, height), abs=1)
    assert scaled.text == page.text
    for number, before in zip(scaled.boxes, page.boxes, strict=True):
        assert number[2:] == pytest.approx([0.4 * side for side in before[2:]])
