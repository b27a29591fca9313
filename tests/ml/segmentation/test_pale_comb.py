"""Uprights on a line too pale to be found are a comb; digits 1 are not."""

import cv2
import numpy as np
import pytest

from ml.segmentation.connected_ink import connect
from ml.segmentation.pale_comb import is_pale_comb

DARK, PALE = 200, 70


def ink_with(*uprights, line=None):
    """Ink (100, 300) with uprights (x, top, bottom) and a pale line (left, right, y)."""
    ink = np.zeros((100, 300), np.uint8)
    if line is not None:
        left, right, y = line
        cv2.line(ink, (left, y), (right, y), PALE, 3)
    for x, top, bottom in uprights:
        cv2.line(ink, (x, top), (x, bottom), DARK, 3)
    return ink


def is_comb(ink):
    return is_pale_comb(connect(np.where(ink > (DARK + PALE) / 2, 255, 0).astype(np.uint8)), ink)


TEETH = [(x, 40, 80) for x in range(30, 271, 40)]


@pytest.mark.parametrize("y", [80, 40])
def test_uprights_whose_ends_a_pale_line_joins_are_a_comb(y):
    assert is_comb(ink_with(*TEETH, line=(30, 270, y)))


@pytest.mark.parametrize(
    ("uprights", "line"),
    [
        (TEETH, None),
        (TEETH, (0, 299, 80)),  # ruled paper
        (TEETH, (30, 190, 80)),  # does not reach the last ones
        (TEETH, (30, 270, 60)),  # crosses them
        (TEETH[:2], (30, 70, 80)),
        ([(30, 40, 80), (60, 40, 80), (150, 40, 80), (170, 40, 80)], (30, 170, 80)),  # at any distance
        ([(30, 40, 80), (70, 20, 80), (110, 40, 80)], (30, 110, 80)),  # of any height
    ],
)
def test_ones_are_no_comb(uprights, line):
    assert not is_comb(ink_with(*uprights, line=line))


def test_other_digits_beside_them_are_no_comb():
    ink = ink_with(*TEETH, line=(30, 270, 80))
    assert not is_comb(cv2.line(ink, (240, 50), (260, 80), DARK, 3))


def test_a_comb_at_the_edges_of_a_picture_is_one():
    assert is_comb(ink_with(*TEETH, line=(30, 270, 80))[:, 25:276])
    assert not is_comb(np.zeros((100, 300), np.uint8))
