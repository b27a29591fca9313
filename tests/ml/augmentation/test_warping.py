"""Glyphs are warped within bounds, the same for the same generator."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ml.augmentation.warping import GlyphWarper, WarpRanges
from ml.ink.glyph import strokes_to_glyph
from ml.synthesis.handwriting import write_digit


@pytest.fixture
def glyphs(rng):
    return np.stack([strokes_to_glyph(write_digit(label % 10, rng=rng)) for label in range(40)])


def test_no_strength_changes_nothing(glyphs, rng):
    assert np.array_equal(GlyphWarper()(glyphs, rng, strength=0.0), glyphs)


def test_warped_glyphs_still_show_the_digit(glyphs, rng):
    warped = GlyphWarper()(glyphs, rng)
    assert warped.shape == glyphs.shape
    assert warped.dtype == np.uint8
    ink = warped.sum(axis=(1, 2)) / glyphs.sum(axis=(1, 2))
    assert (ink > 0.4).all()
    assert (ink < 2.0).all()
    assert not np.array_equal(warped, glyphs)


def test_rough_edges_leave_the_digit_where_it_is(rng):
    rough = GlyphWarper(WarpRanges(0, 0, 0, 0, 0, thickness=0, rough=1, gap=0, coarse=0, faint=0))
    glyphs = np.stack([strokes_to_glyph(write_digit(label, rng=rng)) for label in range(10)])
    ragged = rough(glyphs, rng)
    moved = np.abs(ragged.astype(int) - glyphs).mean(axis=(1, 2))
    assert (moved > 0.5).all()
    for before, after in zip(glyphs, ragged, strict=True):
        near = cv2.dilate(before, np.ones((7, 7), np.uint8))
        assert (near[after > 60] > 60).all()
