"""The whole reader: every drawing has a reading, and place and size on the page do not change it."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ml.decoding.reading import reading_as_json
from ml.inference.reader import SHIPPED, Reader
from ml.ink.glyph import rotate_glyphs, strokes_to_glyph
from ml.ink.strokes import MAX_POINTS, InkError, bounds
from ml.synthesis.handwriting import STYLES, write_digit, write_number, write_sign
from tests.ml.conftest import drawn

STATES = {"recognised", "unsure", "not_a_digit", "empty"}
ALL_STYLES = [(label, style) for label, styles in STYLES.items() for style in styles]


def check(reading) -> None:
    """What holds for every reading."""
    assert reading.state in STATES
    assert 0 <= reading.confidence <= 0.999
    assert set(reading.text) <= set("0123456789 \n")
    assert bool(reading.text) == (reading.state in ("recognised", "unsure"))
    assert [c for c in reading.text if c.isdigit()] == [
        str(d.label) for d in reading.digits if d.label is not None
    ]
    for digit in reading.digits:
        assert sum(digit.probabilities) == pytest.approx(1, abs=1e-6)
        assert 0 <= digit.confidence <= 0.999
        assert all(np.isfinite(digit.box))
    json.dumps(reading_as_json(reading), allow_nan=False)


@pytest.mark.parametrize(("label", "style"), ALL_STYLES)
def test_every_style_is_read(reader, label, style, rng):
    readings = reader.read([write_digit(label, rng=rng, style=style) for _ in range(20)])
    assert sum(reading.text == str(label) for reading in readings) >= 19


def test_numbers_are_read(reader, rng):
    texts = ["".join(map(str, rng.integers(0, 10, rng.integers(2, 7)))) for _ in range(60)]
    readings = reader.read([write_number(text, rng=rng) for text in texts])
    for reading in readings:
        check(reading)
    assert sum(reading.text == text for reading, text in zip(readings, texts, strict=True)) >= 57


def test_lines_and_spaces_are_kept(reader, rng):
    texts = ["12 345\n6789", "2024\n2025\n2026", "70 80 90", "11 4\n5 22"]
    texts = [text for text in texts for _ in range(5)]
    readings = reader.read([write_number(text, rng=rng) for text in texts])
    assert sum(reading.text == text for reading, text in zip(readings, texts, strict=True)) >= 17
    (reading,) = reader.read([write_number("12\n34", rng=np.random.default_rng(0))])
    assert [digit.line for digit in reading.digits] == [0, 0, 1, 1]


def test_pictures_are_read_like_strokes(reader, rng):
    texts = ["".join(map(str, rng.integers(0, 10, rng.integers(1, 6)))) for _ in range(30)]
    readings = reader.read([drawn(write_number(text, rng=rng)) for text in texts])
    for reading in readings:
        check(reading)
    assert sum(reading.text == text for reading, text in zip(readings, texts, strict=True)) >= 27


def test_light_ink_on_a_dark_page_is_the_same(reader, rng):
    page = drawn(write_number("2749", rng=rng))
    dark, light = reader.read([page, 255 - page])
    assert dark.text == light.text == "2749"


def test_boxes_are_where_the_digits_are(reader, rng):
    strokes = write_number("1 0", rng=rng)
    left, right = reader.read([strokes])[0].digits
    x, _, width, _ = bounds(strokes)
    assert left.box[0] == pytest.approx(x, abs=1)
    assert right.box[0] + right.box[2] == pytest.approx(x + width, abs=1)
    picture = reader.read([drawn(strokes)])[0].digits
    # Boxes of strokes go through the middle of the line, those of pictures around it and its soft edge.
    assert [d.box for d in picture] == [pytest.approx(d.box, abs=10) for d in (left, right)]


@pytest.mark.parametrize(("scale", "shift"), [(0.01, 0), (1, 5000), (37.5, -800), (1000, 1e5)])
def test_place_and_size_make_no_difference(reader, rng, scale, shift):
    for text in ("4", "58", "301\n27"):
        strokes = write_number(text, rng=rng)
        here, there = reader.read([strokes, [stroke * scale + shift for stroke in strokes]])
        assert here.text == there.text
        assert here.confidence == pytest.approx(there.confidence, abs=0.05)


def test_other_drawings_in_the_batch_make_no_difference(reader, rng):
    drawings = [write_number(text, rng=rng) for text in ("1", "22", "333\n4")] * 15
    together = reader.read(drawings)
    alone = [reader.read([drawing])[0] for drawing in drawings]
    assert [reading.text for reading in together] == [reading.text for reading in alone]
    assert [reading.confidence for reading in together] == pytest.approx([r.confidence for r in alone], abs=1e-4)


def test_the_same_drawing_is_read_the_same_again(reader, rng):
    drawing = write_number("90210", rng=rng)
    once, again = reader.read([drawing]), reader.read([drawing])
    assert once == again
    assert Reader.open(SHIPPED.read_bytes()).read([drawing]) == once


def test_nothing_is_empty(reader):
    blank = np.full((50, 80), 255, np.uint8)
    for reading in reader.read(
        [[], [np.zeros((0, 2), np.float32)], blank, 255 - blank, np.zeros((0, 0), np.uint8)]
    ):
        assert (reading.state, reading.text, reading.digits) == ("empty", "", ())
    assert reader.read([]) == []


@pytest.mark.parametrize("ones", [2, 3, 4])
@pytest.mark.parametrize("step", [0.2, 0.3, 0.4, 0.5])  # heights
def test_upright_lines_beside_each_other_are_ones_and_no_sign(reader, rng, ones, step):
    def line(x):
        lean, top = rng.normal(0, 4), rng.normal(0, 5)
        down = np.linspace(0, 1, 9)
        return np.stack([x + lean * down, top + (100 - top) * down], axis=1).astype(np.float32)

    drawings = [[line(100 * step * i) for i in range(ones)] for _ in range(10)]
    assert sum(reading.text == "1" * ones for reading in reader.read(drawings)) >= 9


def test_scribbles_are_seldom_taken_for_digits(reader, rng):
    kinds = ("scribble", "spiral", "tangle", "star", "A", "m", "plus", "hash")
    readings = reader.read([write_sign(rng, kind) for kind in kinds for _ in range(10)])
    assert sum(reading.state == "recognised" for reading in readings) <= 2
    assert sum(reading.state == "not_a_digit" for reading in readings) >= 60


def test_a_dot_and_a_dash_are_no_digits(reader):
    dot, dash = [np.array([[5, 5]], np.float32)], [np.array([[0, 0], [80, 2]], np.float32)]
    for reading in reader.read([dash, [*dash, dash[0] + np.float32(200)]]):
        assert reading.state != "recognised"
    check(reader.read([dot])[0])


def test_a_full_stop_beside_digits_is_no_zero(reader, rng):
    strokes = write_number("37", rng=rng)
    x, y, width, height = bounds(strokes)
    end = np.array(
        [[x + width + 0.2 * height, y + height], [x + width + 0.21 * height, y + height + 1]], np.float32
    )
    assert reader.read([[*strokes, end]])[0].text == "37"


@pytest.mark.parametrize(
    "drawing",
    [
        [np.array([[np.nan, 1]], np.float32)],
        [np.array([[np.inf, 1]], np.float32)],
        [np.zeros((3, 3), np.float32)],
        [np.zeros(3, np.float32)],
        [np.full((2, 2), 1e30, np.float32)],
        [[[1, 2], [3]]],
        [None],
        ["ab"],
        None,
        7,
        np.zeros((3, 3)),
        np.zeros((3, 3, 4), np.uint8),
    ],
)
def test_anything_but_a_drawing_is_refused(reader, drawing):
    with pytest.raises(InkError):
        reader.read([drawing])


@cache
def shared() -> Reader:
    """For hypothesis, which refuses fixtures that are made anew for each test."""
    return Reader.open(SHIPPED)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        hnp.arrays(np.float32, st.tuples(st.integers(1, 12), st.just(2)), elements=st.floats(-1e6, 1e6, width=32)),
        max_size=12,
    )
)
def test_any_strokes_have_a_reading(strokes):
    check(shared().read([strokes])[0])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_any_pixels_have_a_reading(grey):
    check(shared().read([grey])[0])


def test_ten_thousand_points(reader, rng):
    one = [rng.uniform(0, 1000, (MAX_POINTS, 2)).astype(np.float32)]
    many = [rng.uniform(0, 3000, (20, 2)).astype(np.float32) for _ in range(500)]
    for reading in reader.read([one, many]):
        check(reading)


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("ml.ink.strokes", ("cv2", "ai_edge_litert", "tensorflow")),
        ("ml.statistics", ("numpy",)),
        ("ml.set_titles", ("numpy",)),
        ("ml.ink.images", ("cv2", "ai_edge_litert", "tensorflow")),
        ("ml.inference.reader", ("tensorflow", "keras", "django")),
        ("ml.evaluation.evaluate", ("tensorflow", "keras")),
        ("ml.training.train", ("tensorflow", "keras")),
    ],
)
def test_what_an_import_costs(module, unwanted):
    code = f"import sys, {module}; print(*[name for name in {unwanted!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not done.stdout.split()


def test_doubtful_pictures_are_looked_at_again(reader, rng):
    """A mean of three looks where there is doubt, one look where there is none."""
    clear = np.stack([strokes_to_glyph(write_digit(label, rng=rng)) for label in range(10)])
    between = np.asarray(0.5 * clear[[1, 3, 4]] + 0.5 * clear[[7, 8, 9]], np.uint8)
    glyphs = np.concatenate([clear, between])
    once = reader.glyph_outputs(glyphs)
    thrice = np.mean([once, *(reader.glyph_outputs(rotate_glyphs(glyphs, a, 0.92)) for a in (-6.0, 6.0))], axis=0)
    found, _ = reader.classify(glyphs)
    alone, _ = reader.calibration.probabilities(once)
    together, _ = reader.calibration.probabilities(thrice)
    single = np.isclose(found, alone, atol=1e-3).all(axis=1)
    assert single.sum() >= 7
    assert not single[10:].all()
    assert np.allclose(found[~single], together[~single], atol=1e-3)


def test_inspecting_reads_the_same_and_shows_each_digit(reader: Reader, rng: np.random.Generator) -> None:
    drawings = [write_number("407", rng=rng), [], write_number("5", rng=rng)]
    inspected = reader.inspect(drawings)
    assert [one.reading for one in inspected] == reader.read(drawings)
    for one in inspected:
        assert [glyph.label for glyph in one.glyphs] == [digit.label for digit in one.reading.digits]
        assert len(one.embeddings) == len(one.glyphs)
    again = reader.glyph_outputs(inspected[2].glyphs[0].glyph[None])[:, 11:]
    assert np.allclose(inspected[2].embeddings, again, atol=1e-5)
