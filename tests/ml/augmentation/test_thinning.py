"""Glyphs are thinned to lines a pixel wide, which a pen of any width follows again."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ml.augmentation.thinning import redraw, thin
from ml.ink.glyph import strokes_to_glyph
from ml.synthesis.handwriting import write_digit


@pytest.fixture
def glyphs(rng):
    return np.stack([strokes_to_glyph(write_digit(label % 10, rng=rng), pen=3.0) for label in range(60)])


def test_a_skeleton_is_thin_and_whole(glyphs):
    skeletons = thin(glyphs)
    assert skeletons.shape == (60, 56, 56)
    assert (skeletons.sum(axis=(1, 2)) < 0.25 * (glyphs > 110).sum(axis=(1, 2)) * 4).all()
    for glyph, skeleton in zip(glyphs, skeletons, strict=True):
        parts = [cv2.connectedComponents(image.astype(np.uint8))[0] for image in (glyph > 110, skeleton)]
        assert parts[0] == parts[1]


@pytest.mark.parametrize("pen", [1.4, 2.5, 4.0])
def test_redrawn_digits_read_the_same(glyphs, reader, pen):
    redrawn = np.stack([redraw(skeleton, pen) for skeleton in thin(glyphs)])
    digits, _ = reader.classify(redrawn)
    assert (digits.argmax(axis=1) == np.arange(60) % 10).mean() > 0.94


def test_a_wider_pen_leaves_more_ink(glyphs):
    skeletons = thin(glyphs)
    ink = [np.mean([redraw(skeleton, pen).sum() for skeleton in skeletons]) for pen in (1.5, 2.5, 3.5)]
    assert ink == sorted(ink)


def test_nothing_stays_nothing():
    blank = np.zeros((2, 28, 28), np.uint8)
    assert not thin(blank).any()
    assert not redraw(thin(blank)[0], 2.5).any()
