"""Lines of pictures as the line network sees them, and what it adds to their reading."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ml.decoding.calibration import Calibration
from ml.decoding.ctc import BLANK, CtcOutput
from ml.decoding.drawing_decoder import DrawingDecoder, line_image_of, open_drawing
from ml.decoding.lattice import BestPath, Lattice, Segment
from ml.decoding.reading import DecodedLayout, compose_reading
from ml.ink.line_image import (
    INK_HEIGHT,
    LINE_HEIGHT,
    MAX_WIDTH,
    STEP_WIDTH,
    LineImage,
    ink_to_line_image,
    pad_to_width,
)
from ml.segmentation.candidates import Candidate
from ml.segmentation.costs import IMAGE_COSTS
from ml.segmentation.image_components import find_image_components
from ml.segmentation.page_layout import PageLayout
from ml.synthesis.handwriting import write_number
from tests.ml.conftest import drawn


def block(height: int, width: int, level: int = 200) -> np.ndarray:
    """A block of ink with much paper around it."""
    return np.pad(np.full((height, width), level, np.uint8), 30)


@pytest.mark.parametrize(("height", "width"), [(52, 104), (13, 26), (300, 11), (1, 1), (7, 3000)])
def test_ink_is_as_high_as_all_ink_whatever_its_size(height, width):
    image = ink_to_line_image(block(height, width))
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    assert image.shape[0] == LINE_HEIGHT
    assert image.shape[1] % STEP_WIDTH == 0
    assert image.shape[1] <= MAX_WIDTH
    assert (rows[0], len(rows)) == ((LINE_HEIGHT - INK_HEIGHT) // 2, INK_HEIGHT)
    assert len(columns) == pytest.approx(min(max(1, width * INK_HEIGHT / height), MAX_WIDTH - 8), abs=1)


def test_a_line_that_slopes_is_made_level():
    ink = np.zeros((200, 600), np.uint8)
    for k in range(10):
        ink[20 + 12 * k : 60 + 12 * k, 10 + 60 * k : 40 + 60 * k] = 255
    rows = [np.flatnonzero(column).mean() for column in ink_to_line_image(ink).T if column.any()]
    assert np.ptp(rows) < 4


def test_a_long_tail_does_not_make_digits_small():
    ink = np.zeros((200, 400), np.uint8)
    ink[50:100, 20:380] = 255
    plain = ink_to_line_image(ink)
    ink[100:190, 200:203] = 255
    assert ink_to_line_image(ink).shape[1] == pytest.approx(plain.shape[1], rel=0.2)


@pytest.mark.parametrize("level", [*range(1, 60), 150, 254, 255])
def test_the_darkest_ink_is_white(level):
    assert ink_to_line_image(block(40, 40, level=level)).max() == 255


def test_a_line_image_is_widened_with_paper():
    image = ink_to_line_image(block(20, 30))
    wide = pad_to_width(image, 128)
    assert wide.shape == (LINE_HEIGHT, 128)
    assert np.array_equal(wide[:, : image.shape[1]], image)
    assert not wide[:, image.shape[1] :].any()


def line_of(picture) -> LineImage:
    pieces = find_image_components(picture)
    assert pieces is not None
    return line_image_of(pieces, range(len(pieces.boxes)))


def test_a_line_of_a_picture_is_a_strip(rng):
    assert line_of(drawn(write_number("40217", rng=rng))).shape[1] > LINE_HEIGHT


def test_a_line_below_it_is_left_out(rng):
    picture = drawn(write_number("402", rng=rng))
    plain = line_of(picture)
    rows = np.flatnonzero((picture < 100).any(axis=1))
    columns = np.flatnonzero((picture < 100).any(axis=0))
    picture[rows[-1] + 12 : rows[-1] + 17, columns[0] : columns[-1]] = 0
    assert np.array_equal(line_of(picture), plain)


class Asked:
    """Says the same of all strips, and counts them."""

    def __init__(self, *labels: int) -> None:
        classes = [each for label in labels for each in (label, BLANK, BLANK, BLANK)]
        self._steps = CtcOutput(20.0 * np.eye(BLANK + 1)[classes])
        self.count = 0

    def __call__(self, strip: LineImage) -> CtcOutput:
        self.count += 1
        return self._steps


def reading(page: DrawingDecoder, reader, ask: Asked, doubt: float):
    """With the digits of the page less sure by `doubt`."""
    digits, digitness = reader.score_candidates(page, range(len(page.candidates)))
    flat = (1 - doubt) * np.exp(digits) + doubt / 10
    return page.decode(np.log(flat), digitness, reader.calibration, ask)


def test_it_is_asked_about_doubtful_lines_of_pictures_only(reader):
    strokes = write_number("402", rng=np.random.default_rng(3))
    ask = Asked(4, 0, 7)
    clear, doubtful = (reading(open_drawing(drawn(strokes)), reader, ask, doubt) for doubt in (0.0, 0.7))
    assert (clear.text, doubtful.text, ask.count) == ("402", "407", 1)
    assert reading(open_drawing(strokes), reader, ask, 0.7).text == "402"
    assert ask.count == 1


def test_what_is_one_digit_is_not_asked_about(reader, rng):
    ask = Asked(4)
    for text in ("8", "4"):
        reading(open_drawing(drawn(write_number(text, rng=rng))), reader, ask, 0.7)
    assert ask.count == 0


@pytest.mark.parametrize(("labels", "text"), [((4, 0), "40"), ((4,), ""), ((), "")])
def test_what_is_no_digit_is_asked_about_and_read_where_that_is_sure_of_several(reader, labels, text):
    page = open_drawing(drawn(write_number("40", rng=np.random.default_rng(1))))
    digits, _ = reader.score_candidates(page, range(len(page.candidates)))
    ask = Asked(*labels)
    found = page.decode(digits, np.full(len(digits), 0.002), reader.calibration, ask)
    assert (found.text, ask.count) == (text, 1)
    assert found.state != "recognised"


def test_a_line_of_very_many_pieces_is_not_asked_about(reader):
    picture = np.full((60, 1300), 255, np.uint8)
    for x in range(20, 1280, 10):
        cv2.line(picture, (x, 20), (x, 40), 0, 3)
    ask = Asked(1, 1)
    reading(open_drawing(picture), reader, ask, 0.7)
    assert ask.count == 0


def test_a_digit_that_the_line_decides_has_the_share_of_the_line(reader, rng):
    found = reading(open_drawing(drawn(write_number("402", rng=rng))), reader, Asked(4, 0, 7), 0.7)
    assert int(np.argmax(found.digits[2].probabilities)) == found.digits[2].label == 7
    assert sum(found.digits[2].probabilities) == pytest.approx(1)


def test_no_other_label_is_likelier_than_that_which_the_line_decides():
    """Less sure than the digit is of another label by itself."""
    candidate = Candidate(
        line=0,
        places=1,
        components=(0,),
        box=(0.0, 0.0, 50.0, 100.0),
        min_side=0.0,
        cost=0.0,
        low_cost=0.0,
        prior_cost=0.0,
        negative_cost=1.0,
        is_high=True,
        may_be_ligature=False,
    )
    layout = PageLayout(((0,),), (100.0,), (candidate,))
    alone = np.full((1, 10), 0.1 / 9)
    alone[0, 2] = 0.9
    lattice = Lattice([candidate], np.log(alone), np.ones(1), IMAGE_COSTS)
    path = BestPath((Segment(candidate, 7, 0.3),), 0.3, (2,), 0.2)
    [digit] = compose_reading(
        DecodedLayout(layout, 1.0, [lattice], [path], alone), IMAGE_COSTS, Calibration()
    ).digits
    assert digit.probabilities[7] == max(digit.probabilities)
    assert digit.probabilities[2] > 0.3
    assert sum(digit.probabilities) == pytest.approx(1)


def test_a_picture_without_ink_is_empty(reader):
    page = open_drawing(np.full((50, 50), 255, np.uint8))
    assert page.decode(np.zeros((0, 10)), np.zeros(0), reader.calibration, Asked(1)).state == "empty"
