"""What a picture does not show."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ml.ink.glare import hides_ink
from ml.synthesis.coloured_papers import Patch, lay_papers, write_on
from ml.synthesis.handwriting import write_number
from tests.ml.conftest import PLAIN_HAND

PAPER, INK = (210, 210, 205), (30, 30, 60)


@pytest.fixture
def page():
    """2749 on 800x400."""
    strokes = write_number("2749", rng=np.random.default_rng(2), handwriting=PLAIN_HAND, canvas=(700, 300))
    return write_on(lay_papers((800, 400), PAPER), [s + np.array([50, 50], np.float32) for s in strokes], INK)


@pytest.mark.parametrize("hiding", [(255, 255, 255), (3, 3, 3)])
def test_a_number_that_goes_on_where_nothing_is_seen_is_unsure(reader, page, hiding):
    [whole] = reader.read([page])
    assert (whole.state, whole.text) == ("recognised", "2749")
    x, y, w, h = (round(side) for side in whole.digits[-1].box)
    cv2.ellipse(page, (x + w // 2 + 8, y + h // 2), (w // 2 + 20, h // 2 + 30), 0, 0, 360, hiding, -1, cv2.LINE_AA)
    [hidden] = reader.read([page])
    assert hidden.text != "2749"
    assert hidden.state == "unsure"


def test_black_hides_ink_though_most_of_the_picture_is_black(reader):
    page = lay_papers((600, 300), PAPER)
    strokes = write_number("2749", rng=np.random.default_rng(2), handwriting=PLAIN_HAND, canvas=(500, 220))
    page = write_on(page, [s + np.array([50, 40], np.float32) for s in strokes], INK)
    page[:, :360] = 3
    assert reader.read([page])[0].state != "recognised"


def test_light_ink_on_black_hides_nothing():
    board = write_on(lay_papers((400, 200), (5, 5, 5)), [np.array([[150, 60], [150, 140]], np.float32)], PAPER)
    assert not hides_ink(board, np.array([[147.0, 57.0, 6.0, 86.0]]))


def test_white_far_from_the_ink_hides_nothing():
    page = lay_papers((400, 200), PAPER, Patch((255, 255, 255), (0.7, 0.2, 0.9, 0.8)))
    assert hides_ink(page, np.array([[200.0, 60.0, 40.0, 80.0]]))
    assert not hides_ink(page, np.array([[20.0, 60.0, 40.0, 80.0]]))


def test_ink_and_its_own_paper_hide_nothing():
    half = lay_papers((400, 400), (255, 255, 255), Patch((5, 5, 5), (0, 0.45, 1, 1)))
    assert not hides_ink(half, np.array([[150.0, 250.0, 60.0, 100.0], [150.0, 40.0, 60.0, 100.0]]))
    bar = lay_papers((400, 200), PAPER, Patch((0, 0, 0), (0.4, 0.2, 0.55, 0.8)))
    assert not hides_ink(bar, np.array([[160.0, 40.0, 60.0, 120.0]]))


def test_small_pictures_and_even_ones_hide_nothing():
    box = np.array([[2.0, 2.0, 10.0, 10.0]])
    assert not hides_ink(np.full((28, 28), 255, np.uint8), box)
    for level in (0, 128, 255):
        assert not hides_ink(np.full((200, 300), level, np.uint8), box)
