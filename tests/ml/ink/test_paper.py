"""Pictures of several papers, lights and highlighters."""

from __future__ import annotations

import numpy as np
import pytest

from ml.ink.paper import flatten_papers
from ml.synthesis.coloured_papers import Patch, lay_papers, write_on
from ml.synthesis.handwriting import write_number
from tests.ml.conftest import PLAIN_HAND

WHITE, BLACK, BLUE, CANARY = (250, 250, 250), (20, 20, 25), (25, 50, 170), (250, 232, 120)


@pytest.fixture
def digits():
    """Three digits of about 200x100 at the top left."""

    def write(text: str, x: float, y: float):
        strokes = write_number(text, rng=np.random.default_rng(3), handwriting=PLAIN_HAND, canvas=(320, 160))
        return [stroke + np.array([x, y], np.float32) for stroke in strokes]

    return write


def test_two_polarities_are_both_read(reader, digits):
    page = lay_papers((500, 480), WHITE, Patch(BLACK, (0, 0.5, 1, 1)))
    page = write_on(write_on(page, digits("274", 80, 40), BLACK), digits("936", 80, 280), WHITE)
    assert reader.read([page])[0].text == "274\n936"
    assert reader.read([255 - page])[0].text == "274\n936"
    assert reader.read([page.min(axis=2)])[0].text == "274\n936"


@pytest.mark.parametrize(
    ("desk", "note", "ink"),
    [
        ((60, 40, 25), CANARY, BLUE),
        ((240, 240, 240), (30, 80, 220), WHITE),
        ((130, 130, 135), BLACK, (255, 235, 40)),
        ((90, 110, 140), (250, 190, 205), (205, 25, 35)),
    ],
)
def test_a_note_on_a_desk(reader, digits, desk, note, ink):
    page = lay_papers((640, 400), desk, Patch(note, (0.2, 0.15, 0.85, 0.85)))
    assert reader.read([write_on(page, digits("2749", 170, 110), ink)])[0].text == "2749"


@pytest.mark.parametrize("marker", [(255, 240, 60), (255, 120, 210), (120, 255, 120), (255, 170, 70)])
def test_a_highlighter_over_some_digits(reader, digits, marker):
    page = lay_papers((480, 320), WHITE, Patch(marker, (0.1, 0.1, 0.5, 0.9)))
    assert reader.read([write_on(page, digits("2749", 80, 80), BLUE)])[0].text == "2749"


@pytest.mark.parametrize("darker", [0.4, 0.75])
def test_half_a_page_in_the_dark(reader, digits, darker):
    page = write_on(lay_papers((480, 320), WHITE), digits("2749", 80, 80), BLACK)
    light = np.where(np.arange(480) < 230, 1 - darker, 1)[:, None]
    assert reader.read([np.rint(page * light).astype(np.uint8)])[0].text == "2749"


@pytest.mark.parametrize("lean", [-0.3, 0.2])
def test_a_dark_part_that_holds_all_of_the_writing(reader, digits, lean):
    """The edge of the shadow runs from border to border, and is no 1."""
    page = write_on(lay_papers((640, 320), WHITE), digits("2749", 60, 80), BLUE)
    y, x = np.mgrid[:320, :640]
    light = np.where(x + lean * (y - 160) < 460, 0.3, 1)[..., None]
    assert reader.read([np.rint(page * light).astype(np.uint8)])[0].text == "2749"


def test_the_edge_of_a_sheet_alone_is_never_sure(reader):
    y, x = np.mgrid[:350, :500]
    page = np.where((x - 0.1 * y < 380)[..., None], np.array(WHITE), np.array((120, 85, 50))).astype(np.uint8)
    assert reader.read([page])[0].state != "recognised"


def test_ink_is_dark_and_paper_white(digits):
    page = write_on(lay_papers((500, 480), WHITE, Patch(BLACK, (0, 0.5, 1, 1))), digits("27", 80, 280), WHITE)
    grey = flatten_papers(page)
    assert grey is not None
    assert grey.shape == (480, 500)
    assert (grey > 240).mean() > 0.9
    is_ink = page[300:].min(axis=2) > 200
    assert np.median(grey[300:][is_ink]) < 40


def test_one_paper_is_left_alone(digits):
    page = write_on(lay_papers((500, 300), CANARY), digits("274", 80, 60), BLUE)
    fading = np.linspace(1, 0.4, 500)[:, None]
    for single in (page, (page * fading).astype(np.uint8), page[:, :, :1], lay_papers((500, 300), WHITE)):
        assert flatten_papers(single) is None


def test_a_broad_stroke_is_no_paper(digits):
    page = lay_papers((400, 400), WHITE, Patch(BLACK, (0.4, 0.1, 0.6, 0.9)), Patch(BLACK, (0.2, 0.1, 0.6, 0.28)))
    assert flatten_papers(page) is None


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (143, 900)])
def test_a_small_picture_has_one_paper(size):
    assert flatten_papers(np.zeros((*size, 3), np.uint8)) is None
