"""Drawings of several digits, one kind of difficulty at a time, read by the shipped reader."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ml.decoding.drawing_decoder import DrawingDecoder
from ml.inference.reader import SHIPPED, Reader
from ml.ink.strokes import InkError, bounds
from ml.segmentation.components import StrokeComponents
from ml.segmentation.costs import Costs
from ml.synthesis.handwriting import Handwriting, write_number, write_sign
from ml.synthesis.number_cases import NO_DIGIT, NUMBER_CASES, synthetic_writer, write_numbers

PLAIN = Handwriting(
    ("round", "plain", "plain", "round", "open", "hat", "round", "plain", "snake", "straight"),
    0.05,
    0.9,
    0.01,
    0.2,
)


@cache
def shared() -> Reader:
    """For hypothesis, which refuses fixtures that are made anew for each test."""
    return Reader.open(SHIPPED)


def count_segmented(reader, name: str, n: int = 30) -> int:
    """How many of `n` drawings are read as the right numbers of digits, numbers and lines."""
    written = list(write_numbers(synthetic_writer, [name], n, seed=7))
    readings = reader.read([number.strokes for number in written])
    return sum(shape(reading.text) == shape(n.text) for reading, n in zip(readings, written, strict=True))


def shape(text: str) -> str:
    """The text with 0 for each digit: which digit it is depends on the network, not on the segmentation."""
    return "".join("0" if character.isdigit() else character for character in text)


@pytest.mark.parametrize("name", NUMBER_CASES)
def test_numbers_of_every_case_can_be_written(name):
    for number in write_numbers(synthetic_writer, [name], 20, seed=3):
        assert len(number.owners) == len(number.strokes)
        assert all(np.isfinite(stroke).all() for stroke in number.strokes)
        assert set(number.owners) - {NO_DIGIT} <= set(range(len("".join(number.text.split()))))


def test_segments_are_the_strokes_of_the_digits():
    for number in write_numbers(synthetic_writer, ["delayed", "out_of_order", "lines"], 20, seed=4):
        segments = number.segments()
        assert len(segments) == len("".join(number.text.split()))
        assert sum(len(strokes) for strokes in segments) == len(number.strokes)


def test_unknown_cases_are_refused():
    with pytest.raises(KeyError):
        list(write_numbers(synthetic_writer, ["upside_down"], 1, seed=0))


@pytest.mark.parametrize("name", ["single", "several_strokes", "apart", "close"])
def test_easy_numbers_are_segmented(reader, name):
    assert count_segmented(reader, name) >= 29


@pytest.mark.parametrize("name", ["overlapping", "sloped", "mixed_sizes", "delayed", "out_of_order", "lines"])
def test_difficult_numbers_are_segmented(reader, name):
    assert count_segmented(reader, name) >= 27


@pytest.mark.parametrize("name", ["spaced", "evenly_wide", "marked", "joined"])
def test_most_of_the_hardest_numbers_are_segmented(reader, name):
    assert count_segmented(reader, name) >= {"spaced": 26, "evenly_wide": 25, "marked": 23, "joined": 20}[name]


@pytest.mark.parametrize("text", ["16", "68", "12", "47"])
def test_a_line_under_two_digits_does_not_make_them_one(reader, rng, text):
    for _ in range(5):
        strokes = write_number(text, rng=rng, handwriting=PLAIN)
        x, y, width, height = bounds(strokes)
        level = y + height * 1.12
        line = np.array([[x - 5, level], [x + width + 5, level + 2]], np.float32)
        assert shape(reader.read([[*strokes, line]])[0].text) == "00"


def test_an_eight_of_two_flat_circles_is_one_digit(reader):
    turn = np.linspace(0, 2 * np.pi, 40)
    circle = np.stack([40 * np.cos(turn), 24 * np.sin(turn)], axis=1).astype(np.float32)
    (reading,) = reader.read([[circle, circle + np.float32([0, 50])]])
    assert reading.text == "8"


@pytest.mark.parametrize("name", ["overlapping", "joined", "spaced", "lines", "marked"])
@pytest.mark.parametrize(("scale", "shift"), [(0.3, 60.0), (0.3, -900.0), (3.0, 10.0)])
def test_place_and_size_make_no_difference(reader, name, scale, shift):
    for number in write_numbers(synthetic_writer, [name], 4, seed=9):
        moved = [(stroke * scale + shift).astype(np.float32) for stroke in number.strokes]
        here, there = reader.read([number.strokes, moved])
        assert here.text == there.text
        assert here.confidence == pytest.approx(there.confidence, abs=0.03)


def test_misread_numbers_are_seldom_sure(reader):
    written = list(write_numbers(synthetic_writer, ["overlapping", "joined"], 40, seed=11))
    readings = reader.read([number.strokes for number in written])
    misread = [
        reading
        for reading, number in zip(readings, written, strict=True)
        if reading.text != number.text and reading.text
    ]
    assert all(0 < reading.confidence <= 0.999 for reading in misread)
    assert sum(reading.state == "recognised" for reading in misread) <= 0.3 * max(3, len(misread))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        hnp.arrays(
            np.float64,
            st.tuples(st.integers(0, 30), st.just(2)),
            elements=st.one_of(
                st.floats(-1e6, 1e6), st.sampled_from([0.0, 1.0, 1e6, -1e6, np.nan, np.inf, 1e300])
            ),
        ),
        max_size=20,
    )
)
def test_strokes_of_any_kind_are_read_or_refused(strokes):
    try:
        (reading,) = shared().read([strokes])
    except InkError:
        assert any(not (np.abs(stroke) <= 1e6).all() for stroke in strokes)
    else:
        assert 0 <= reading.confidence <= 0.999
        assert all(np.isfinite(digit.box).all() for digit in reading.digits)


@pytest.mark.parametrize("width", [100, 1000, 30000])
def test_the_number_of_candidates_of_many_strokes_is_bounded(rng, width):
    """Five hundred scribbles over each other, side by side, and apart: a few candidates for each."""
    shifts = rng.uniform(0, 1, (500, 1, 2)) * [width, 100]
    strokes = [(rng.uniform(0, 150, (20, 2)) + shift).astype(np.float32) for shift in shifts]
    decoder = DrawingDecoder(StrokeComponents(strokes), Costs())
    assert 500 <= len(decoder.candidates) <= 500 * 10


@pytest.mark.parametrize("times", [2, 3, 5])
def test_a_line_drawn_again_is_still_one(reader, times):
    line = np.stack([np.linspace(52, 40, 20), np.linspace(0, 100, 20)], axis=1).astype(np.float32)
    again = [line[:: 1 - 2 * (i % 2)] + i for i in range(times)]
    assert reader.read([again])[0].text in {"", "1"}


def test_scribbles_over_each_other_are_never_recognised(reader, rng):
    scribbles = [100 * stroke for _ in range(60) for stroke in write_sign(rng, "scribble")]
    assert reader.read([scribbles])[0].state in {"not_a_digit", "unsure"}


@pytest.mark.parametrize("kind", ["A", "E", "F", "N", "X"])
def test_letters_are_not_taken_apart(reader, rng, kind):
    letters = [[100 * stroke for stroke in write_sign(rng, kind)] for _ in range(10)]
    assert sum(reading.text != "" for reading in reader.read(letters)) <= 1
