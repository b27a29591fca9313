"""A glyph is made as MNIST was: figures measured on MNIST itself hold for whatever is drawn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ml.ink.glyph import SIDE, normalise_glyph, rotate_glyphs, strokes_to_glyph
from ml.synthesis.handwriting import STYLES, write_digit

ALL_STYLES = [(label, style) for label, styles in STYLES.items() for style in styles]


def sides(glyph: np.ndarray) -> tuple[int, int]:
    rows, columns = np.flatnonzero(glyph.any(axis=1)), np.flatnonzero(glyph.any(axis=0))
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def barycentre(glyph: np.ndarray) -> tuple[float, float]:
    weights = glyph.astype(float)
    index = np.arange(28)
    return float(weights.sum(1) @ index / weights.sum()), float(weights.sum(0) @ index / weights.sum())


@pytest.mark.parametrize(("label", "style"), ALL_STYLES)
def test_it_looks_like_mnist(label, style, rng):
    glyph = strokes_to_glyph(write_digit(label, rng=rng, style=style))
    assert glyph.shape == (28, 28)
    assert glyph.dtype == np.uint8
    assert max(sides(glyph)) == 20
    assert all(13.5 <= middle <= 14.5 for middle in barycentre(glyph))
    assert glyph.max() == 255


@pytest.mark.parametrize("pen", [1.7, 2.5, 3.9])
def test_a_line_is_as_wide_as_the_pen(pen):
    glyph = strokes_to_glyph([np.array([[0, 0], [0, 100]], np.float32)], pen=pen)
    assert glyph[14].sum() / 255 == pytest.approx(
        pen, abs=0.35
    )  # cv2 rounds to whole pixels, 8 to one of the glyph


@given(
    hnp.arrays(
        np.uint8, st.tuples(st.integers(1, 60), st.integers(1, 60)), elements=st.sampled_from([0, 0, 90, 255])
    ),
    st.integers(0, 30),
    st.integers(0, 30),
)
def test_where_ink_lies_makes_no_difference(ink, down, right):
    moved = np.pad(ink, ((down, 3), (right, 5)))
    assert np.array_equal(normalise_glyph(ink), normalise_glyph(moved))


def test_size_makes_hardly_a_difference(rng):
    drawing = write_digit(5, rng=rng)
    small, large = (strokes_to_glyph([stroke * scale + 7 for stroke in drawing]) for scale in (3.0, 4000.0))
    assert np.abs(small.astype(int) - large).mean() < 1.5


def test_a_large_and_a_small_picture_of_the_same_agree(rng):
    ink = np.zeros((40, 30), np.uint8)
    ink[5:35, 8:12] = 255
    ink[5:9, 8:25] = 255
    assert np.abs(normalise_glyph(ink).astype(int) - normalise_glyph(ink.repeat(6, 0).repeat(6, 1))).max() <= 1


def test_faint_ink_is_made_strong():
    ink = np.zeros((30, 30), np.uint8)
    ink[5:25, 14:17] = 40
    assert normalise_glyph(ink).max() == 255


def test_no_ink_gives_an_empty_glyph():
    assert not normalise_glyph(np.zeros((9, 9), np.uint8)).any()


def test_a_dot_beside_large_digits_stays_a_dot():
    dot = np.array([[10, 10], [11, 11]], np.float32)
    assert max(sides(strokes_to_glyph([dot], min_side=35.0))) <= 4
    assert max(sides(strokes_to_glyph([dot]))) == 20


def test_ink_lopsided_beyond_the_edge_is_cut_not_refused():
    ink = np.zeros((100, 100), np.uint8)
    ink[:, 99] = ink[0, 0] = 255
    glyph = normalise_glyph(ink)
    assert glyph.shape == (28, 28)
    assert 13.5 <= barycentre(glyph)[1] <= 14.5


def test_turning_is_clockwise_and_about_the_middle():
    bar = np.zeros((1, SIDE, SIDE), np.uint8)
    bar[0, 4:24, 13:15] = 255
    assert np.array_equal(rotate_glyphs(bar, 0.0, 1.0), bar)
    quarter = rotate_glyphs(bar, 90.0, 1.0)[0]
    assert np.ptp(np.flatnonzero(quarter.any(axis=0))) > np.ptp(np.flatnonzero(quarter.any(axis=1)))
    slanted = rotate_glyphs(bar, 20.0, 1.0)[0]
    assert np.flatnonzero(slanted[6]).mean() > np.flatnonzero(slanted[21]).mean()  # the top goes to the right
    smaller = rotate_glyphs(bar, 0.0, 0.5)[0]
    assert np.ptp(np.flatnonzero(smaller.any(axis=1))) <= 12
