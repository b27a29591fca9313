"""Glyphs are warped within bounds, the same for the same generator."""

from __future__ import annotations

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


def test_only_narrow_ink_gets_a_very_broad_pen(rng):
    broad = GlyphWarper(WarpRanges(0, 0, 0, 0, 0, thickness=0, broad=1, gap=0, coarse=0, faint=0))
    eight = strokes_to_glyph(write_digit(8, rng=rng, style="circles"))
    one = strokes_to_glyph(write_digit(1, rng=rng, style="plain"))
    broader, same = broad(np.stack([one, eight]), rng)
    assert (broader > 128).any(axis=0).sum() > (one > 128).any(axis=0).sum()
    assert abs(int((broader > 128).any(axis=1).sum()) - int((one > 128).any(axis=1).sum())) <= 2
    assert np.array_equal(same, eight)
