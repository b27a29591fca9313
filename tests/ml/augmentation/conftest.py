"""Banks of glyphs to put lines together from."""

from __future__ import annotations

import numpy as np
import pytest

from ml.augmentation.line_synthesis import GlyphBank
from ml.ink.glyph import strokes_to_glyph
from ml.labels import NOT_A_DIGIT
from ml.synthesis.handwriting import write_digit, write_sign


@pytest.fixture(scope="module")
def digits() -> GlyphBank:
    """Each digit twice by each of two writers; the second writes with a very broad pen."""
    rng = np.random.default_rng(4)
    glyphs = [strokes_to_glyph(write_digit(k % 10, rng=rng), pen=1.5 if k < 20 else 4.5) for k in range(40)]
    return GlyphBank(np.stack(glyphs), np.arange(40) % 10, np.arange(40) // 20)


@pytest.fixture(scope="module")
def signs() -> GlyphBank:
    rng = np.random.default_rng(5)
    glyphs = np.stack([strokes_to_glyph(write_sign(rng)) for _ in range(30)])
    return GlyphBank(glyphs, np.full(30, NOT_A_DIGIT), np.zeros(30, np.int64))
