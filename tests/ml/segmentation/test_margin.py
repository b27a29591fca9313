"""Ink up to the border of a picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ml.segmentation.margin import add_margin
from ml.synthesis.handwriting import write_digit
from tests.ml.conftest import drawn


def cropped(label: int, rng, pen: int, side: int) -> np.ndarray:
    """A digit, black on white, cropped to its ink, its longer side as given."""
    page = drawn([250 * stroke + 75 for stroke in write_digit(label, rng=rng)], (400, 400), pen)
    rows, columns = np.flatnonzero((page < 200).any(axis=1)), np.flatnonzero((page < 200).any(axis=0))
    page = page[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = side / max(page.shape)
    size = (max(3, round(page.shape[1] * scale)), max(3, round(page.shape[0] * scale)))
    return cv2.resize(page, size, interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("side", [16, 20, 28, 60, 120])
@pytest.mark.parametrize("pen", [16, 36])
@pytest.mark.parametrize("is_light", [False, True])
def test_digits_that_fill_their_picture_are_read(reader, rng, side, pen, is_light):
    pictures = [cropped(label, rng, pen, side) for label in (0, 2, 3, 4, 5, 6, 8, 9)]
    readings = reader.read([255 - picture if is_light else picture for picture in pictures])
    right = [reading.text == text for reading, text in zip(readings, "02345689", strict=True)]
    assert sum(right) >= (7 if side > 16 else 6)
    assert all(reading.state != "empty" for reading in readings)


def test_the_margin_is_paper(rng):
    zero = cropped(0, rng, 30, 60)
    for picture, paper in ((zero, 255), (255 - zero, 0)):
        framed, margin = add_margin(picture)
        assert margin == 15
        assert framed.shape == tuple(side + 2 * margin for side in picture.shape)
        assert (framed[:margin] == paper).all()
        assert np.array_equal(framed[margin:-margin, margin:-margin], picture)


def test_boxes_are_those_of_the_given_picture(reader, rng):
    picture = cropped(5, rng, 30, 60)
    [digit] = reader.read([picture])[0].digits
    assert np.abs(np.array(digit.box) - [0, 0, picture.shape[1], picture.shape[0]]).max() <= 3


def test_no_margin_where_none_is_missing(rng):
    page = drawn([100 * stroke + 90 for stroke in write_digit(8, rng=rng)], (280, 280), 8)
    shaded = np.tile(np.linspace(0, 255, 100), (100, 1)).astype(np.uint8)
    large = np.zeros((300, 500), np.uint8)
    large[:, 200:] = 255
    for picture in (page, shaded, large, np.zeros((2, 2), np.uint8), np.full((50, 50), 128, np.uint8)):
        same, margin = add_margin(picture)
        assert margin == 0
        assert same is picture
