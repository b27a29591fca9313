"""Pictures with the faults that photographs have."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ml.ink.greyscale import to_grey
from ml.ink.strokes import bounds
from ml.segmentation.binarization import extract_ink
from ml.segmentation.components import union_box
from ml.segmentation.image_components import find_image_components
from ml.synthesis.forms import fill_form
from ml.synthesis.handwriting import write_digit, write_number
from ml.synthesis.number_cases import synthetic_writer
from tests.ml.conftest import PLAIN_HAND, drawn


@pytest.fixture
def page(rng) -> np.ndarray:
    """Four digits on 800x400."""
    return drawn(write_number("2749", rng=rng, handwriting=PLAIN_HAND, canvas=(800, 400)), (800, 400), pen=6)


def test_components_are_digits(page):
    components = find_image_components(page)
    assert components is not None
    assert 4 <= len(components.boxes) <= 6


def test_uneven_light(reader, page):
    light = np.linspace(0.4, 1.0, 800)[None] * np.linspace(0.7, 1.0, 400)[:, None]
    assert reader.read([(page * light).astype(np.uint8)])[0].text == "2749"


def test_a_shadow_with_a_soft_edge(reader, page):
    shadow = np.ones((400, 800), np.float32)
    shadow[250:] = 0.55
    shadow = cv2.GaussianBlur(shadow, (0, 0), 12)
    assert reader.read([(page * shadow).astype(np.uint8)])[0].text == "2749"


def test_noise_and_blur(reader, page, rng):
    noisy = cv2.GaussianBlur(page, (0, 0), 1.2) + rng.normal(0, 8, page.shape)
    assert reader.read([noisy.clip(0, 255).astype(np.uint8)])[0].text == "2749"


def test_pencil(reader, page):
    assert reader.read([(200 + page * 0.1).astype(np.uint8)])[0].text == "2749"


def test_ruled_paper(reader, page):
    for y in range(20, 400, 45):
        page[y : y + 2] = np.minimum(page[y : y + 2], 150)
    assert reader.read([page])[0].text == "2749"


def test_a_zero_as_large_as_the_picture_is_no_ruled_paper(reader, rng):
    strokes = write_digit(0, rng=rng, style="narrow")
    x, y, _, height = bounds(strokes)
    page = drawn([(stroke - [x, y]) * 280 / height + [120, 10] for stroke in strokes], (400, 300), pen=6)
    assert reader.read([page])[0].text == "0"


def test_a_dark_table_around_the_page(reader, page):
    framed = np.full((440, 860), 30, np.uint8)
    framed[20:420, 30:830] = page
    assert reader.read([framed])[0].text == "2749"


def test_specks(reader, page, rng):
    for _ in range(30):
        x, y = int(rng.integers(5, 790)), int(rng.integers(5, 390))
        page[y : y + 2, x : x + 2] = 0
    assert reader.read([page])[0].text == "2749"


def test_thin_lines_are_kept(reader, rng):
    large = drawn(write_number("2749", rng=rng, handwriting=PLAIN_HAND, canvas=(1500, 700)), (1500, 700), pen=1)
    assert reader.read([large])[0].text == "2749"


def test_small_pictures_are_enlarged(reader, page):
    small = cv2.resize(page, (120, 60), interpolation=cv2.INTER_AREA)
    reading = reader.read([small])[0]
    assert reading.text == "2749"
    assert max(digit.box[0] + digit.box[2] for digit in reading.digits) <= 121


def test_digits_that_touch_are_cut(reader):
    rng = np.random.default_rng(3)
    right = 0
    for text in ("25", "63", "38", "50", "94", "26", "83", "59", "20", "65"):
        whole = drawn(write_number(text, rng=rng, canvas=(400, 300)), (400, 300), pen=8)
        components = find_image_components(whole)
        owners = np.array(components.owners)
        boxes = np.array([union_box(components.boxes[owners == owner]) for owner in set(components.owners)])
        x, _, w, _ = boxes[np.argsort(boxes[:, 0])].astype(int)[0]
        second = int(boxes[:, 0].max())
        shift = second - (x + w) + 5  # the right one moves left until they overlap
        ink = 255 - whole
        moved = np.zeros_like(ink)
        moved[:, : 400 - shift] = ink[:, shift:]
        moved[:, : x + w - 6] = 0
        left = np.where(np.arange(400)[None] < x + w + 1, ink, 0).astype(np.uint8)
        right += reader.read([255 - np.maximum(left, moved)])[0].text == text
    assert right >= 5


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (400, 1), (3, 3), (2, 1600)])
def test_odd_sizes(reader, size, rng):
    for grey in (np.zeros(size, np.uint8), rng.integers(0, 256, size, dtype=np.uint8)):
        assert reader.read([grey])[0].state in {"recognised", "unsure", "not_a_digit", "empty"}


def test_paper_without_writing_is_empty(reader, rng):
    paper = np.full((300, 400), 190) + rng.normal(0, 4, (300, 400))
    assert reader.read([paper.astype(np.uint8)])[0].state == "empty"


@pytest.mark.parametrize("level", [205, 211, 220])
def test_one_speck_is_nothing(reader, level):
    """The second is so faint that it is ink by one measure, and none by another."""
    paper = np.full((105, 105), 255, np.uint8)
    paper[52, 52] = level
    assert reader.read([paper])[0].state == "empty"


@pytest.mark.parametrize("inverted", [False, True])
def test_a_bitmap_that_its_ink_fills_is_not_turned_over(inverted):
    eight = np.full((160, 160), 255, np.uint8)
    for bar in np.s_[:, :20], np.s_[:, 140:], np.s_[:20], np.s_[70:90], np.s_[140:]:
        eight[bar] = 0
    assert (eight == 0).mean() > 0.5
    ink = extract_ink(255 - eight if inverted else eight)
    assert ink[80].min() > 200
    assert ink[45, 80] < 50


def test_no_rule_is_seen_in_a_picture_of_one_digit(reader):
    one = np.full((28, 28), 255, np.uint8)
    one[4:24, 13:15] = 0
    one[10:12, 14:16] = 0
    assert reader.read([one])[0].text == "1"


def test_a_line_along_the_edge_of_a_small_picture_is_no_digit():
    cell = np.full((36, 32), 230, np.uint8)
    cell[:, 29:] = 40
    assert find_image_components(cell) is None
    cell[:, 29:] = 230
    cell[6:31, 27:30] = 40
    assert find_image_components(cell) is not None  # a 1 at the right


def test_a_broad_line_is_narrowed_in_the_glyph_of_a_bitmap():
    broad = np.full((32, 32), 255, np.uint8)
    broad[2:30, 10:22] = 0
    components = find_image_components(broad)
    assert components is not None
    across = (components.glyph([0], 0.0) > 128).sum(axis=1).max()
    assert 3 <= across <= 6


@pytest.mark.parametrize("darker", [0.3, 0.6, 0.9])
def test_a_small_picture_in_uneven_light_is_not_turned_over(reader, rng, darker):
    light = 1 - darker * np.add.outer(np.arange(280), np.arange(280)) / 560
    texts = []
    for label in range(10):
        page = drawn([100 * s + 90 for s in write_digit(label, rng=rng)], (280, 280), pen=8)
        texts.append(reader.read([np.rint(page * light).astype(np.uint8)])[0].text)
    assert sum(text == str(label) for label, text in enumerate(texts)) >= 9


def test_each_box_lies_tightly_around_its_ink():
    page = np.full((300, 400), 230, np.uint8)
    for x, y, width, height in ((40, 50, 12, 90), (150, 60, 50, 80), (300, 45, 30, 100)):
        page[y : y + height, x : x + width] = 20
    components = find_image_components(page)
    assert components is not None
    boxes = sorted(
        union_box(components.boxes[np.array(components.owners) == owner]).tolist()
        for owner in set(components.owners)
    )
    assert np.abs(np.array(boxes) - [[40, 50, 12, 90], [150, 60, 50, 80], [300, 45, 30, 100]]).max() <= 2


def test_a_broad_block_in_a_bitmap_is_not_hollow():
    block = np.full((32, 32), 255, np.uint8)
    block[1:31, 9:24] = 0
    assert extract_ink(cv2.resize(block, (160, 160)))[80, 55:110].min() > 200


@pytest.mark.parametrize(
    ("layout", "seed"),
    [
        ("boxes_rounded", (81, 2014278219, 13)),  # they touch, and only their walls and bottoms are seen to meet
        ("double_underline", (91, 2014143081, 4)),  # the two lines meet
        ("field", (93, 1542800728, 4)),  # a thick wall hangs on a line inside
        ("comb", (302, 951262834, 14)),  # its teeth are shorter than any track
        ("comb", (977, 99)),  # its line is too pale to be found
    ],
)
def test_an_empty_form_shows_nothing(layout, seed):
    rng = np.random.default_rng(seed)
    form = fill_form(layout, synthetic_writer(rng), rng, is_empty=True)
    assert find_image_components(to_grey(form.picture)) is None
