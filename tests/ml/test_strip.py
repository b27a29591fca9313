"""Lines of pictures as strips."""

from __future__ import annotations

import numpy as np
import pytest

from ml.page import open_page
from ml.strip import BODY, HEIGHT, STEP, WIDEST, from_ink, widened
from ml.synth import write_number

from .conftest import drawn


def block(height: int, width: int, level: int = 200) -> np.ndarray:
    """A block of ink with much paper around it."""
    return np.pad(np.full((height, width), level, np.uint8), 30)


@pytest.mark.parametrize(("height", "width"), [(52, 104), (13, 26), (300, 11), (1, 1), (7, 3000)])
def test_ink_is_as_high_as_all_ink_whatever_its_size(height, width):
    strip = from_ink(block(height, width))
    rows, columns = np.flatnonzero(strip.any(axis=1)), np.flatnonzero(strip.any(axis=0))
    assert strip.shape[0] == HEIGHT
    assert strip.shape[1] % STEP == 0
    assert strip.shape[1] <= WIDEST
    assert (rows[0], len(rows)) == ((HEIGHT - BODY) // 2, BODY)
    assert len(columns) == pytest.approx(min(max(1, width * BODY / height), WIDEST - 8), abs=1)


def test_a_line_that_slopes_is_made_level():
    ink = np.zeros((200, 600), np.uint8)
    for k in range(10):
        ink[20 + 12 * k : 60 + 12 * k, 10 + 60 * k : 40 + 60 * k] = 255
    rows = [np.flatnonzero(column).mean() for column in from_ink(ink).T if column.any()]
    assert np.ptp(rows) < 4


def test_a_long_tail_does_not_make_digits_small():
    ink = np.zeros((200, 400), np.uint8)
    ink[50:100, 20:380] = 255
    plain = from_ink(ink)
    ink[100:190, 200:203] = 255
    assert from_ink(ink).shape[1] == pytest.approx(plain.shape[1], rel=0.2)


def test_the_darkest_ink_is_white():
    assert from_ink(block(40, 40, level=9)).max() == 255


def test_a_strip_is_widened_with_paper():
    strip = from_ink(block(20, 30))
    wide = widened(strip, 128)
    assert wide.shape == (HEIGHT, 128)
    assert np.array_equal(wide[:, : strip.shape[1]], strip)
    assert not wide[:, strip.shape[1] :].any()


def test_each_line_of_a_picture_that_may_be_several_digits_has_a_strip(rng):
    strips = open_page(drawn(write_number("40217\n8", rng=rng))).strips()
    assert [strip is None for strip in strips] == [False, True]
    assert strips[0].shape[1] > HEIGHT


def test_drawings_have_none(rng):
    assert open_page(write_number("402", rng=rng)).strips() == []


def test_nor_has_a_picture_without_ink():
    assert open_page(np.full((50, 50), 255, np.uint8)).strips() == []
