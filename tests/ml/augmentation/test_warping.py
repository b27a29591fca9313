"""What training sees is deformed within bounds, seeded, and labelled."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ml.augmentation.negatives import CutFragments, CutNegatives, LatticeNegatives, StrokeFragments, sign_source
from ml.augmentation.warping import GlyphMixture, GlyphWarper, ImageSource, RecordedStrokes
from ml.ink.glyph import strokes_to_glyph
from ml.labels import NOT_A_DIGIT, UNCLEAR, UNFINISHED
from ml.synthesis.handwriting import write_digit
from ml.training.train import TrainingSettings, batches


@pytest.fixture
def written(rng):
    labels = np.arange(40) % 10
    return [write_digit(int(label), rng=rng) for label in labels], labels


def test_no_strength_changes_nothing(written, rng):
    glyphs = np.stack([strokes_to_glyph(drawing) for drawing in written[0]])
    assert np.array_equal(GlyphWarper()(glyphs, rng, strength=0.0), glyphs)


def test_warped_glyphs_still_show_the_digit(written, rng):
    glyphs = np.stack([strokes_to_glyph(drawing) for drawing in written[0]])
    warped = GlyphWarper()(glyphs, rng)
    assert warped.shape == glyphs.shape
    assert warped.dtype == np.uint8
    ink = warped.sum(axis=(1, 2)) / glyphs.sum(axis=(1, 2))
    assert (ink > 0.4).all()
    assert (ink < 2.0).all()
    assert not np.array_equal(warped, glyphs)


def test_every_source_gives_what_it_is_asked_for(written, rng):
    drawings, labels = written
    glyphs = np.stack([strokes_to_glyph(drawing) for drawing in drawings])
    warper = GlyphWarper()
    digits: list[Any] = [ImageSource(glyphs, labels, warper), RecordedStrokes(drawings, labels, warper)]
    junk = [
        sign_source(30, rng, warper),
        LatticeNegatives(drawings, labels, warper),
        CutNegatives(glyphs, labels, warper),
    ]
    for source in [*digits, *junk]:
        x, y = source.draw(60, rng, 1.0)
        assert x.shape == (60, 28, 28)
        assert x.dtype == np.uint8
        assert y.shape == (60,)
        assert ((y == NOT_A_DIGIT) if source in junk else (y < NOT_A_DIGIT)).all()


def test_parts_of_digits_are_unclear(written, rng):
    glyphs = np.stack([strokes_to_glyph(drawing) for drawing in written[0]])
    x, y = CutFragments(glyphs, GlyphWarper()).draw(60, rng, 0.5)
    assert x.any(axis=(1, 2)).all()
    assert (y == UNCLEAR).all()


@pytest.mark.parametrize(
    ("label", "style", "expected"),
    [(5, "hat", {UNCLEAR, UNFINISHED + 5}), (5, "snake", {UNCLEAR}), (9, "straight", {UNCLEAR})],
)
def test_what_is_not_finished_keeps_its_label_where_it_can_be_told(label, style, expected, rng):
    drawings = [write_digit(label, rng=rng, style=style) for _ in range(5)]
    x, y = StrokeFragments(drawings, np.full(5, label), GlyphWarper()).draw(100, rng, 0.5)
    assert x.any(axis=(1, 2)).all()
    assert set(np.unique(y)) == expected


def test_batches_are_the_same_for_the_same_seed_and_weaker_at_the_end(written):
    drawings, labels = written
    mixture = GlyphMixture([(RecordedStrokes(drawings, labels, GlyphWarper()), 8)])
    settings = TrainingSettings(seed=4, epochs=3, examples=8, batch=8, weak_epochs=1)
    once, again = (list(batches(mixture, settings)) for _ in range(2))
    assert len(once) == 3
    assert once[0][0].shape == (8, 28, 28, 1)
    assert once[0][0].max() == pytest.approx(1.0, abs=0.1)
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(once, again, strict=True))
    weak = next(batches(mixture, replace(settings, epochs=1)))
    assert not np.array_equal(once[0][0], weak[0])


def test_junk_of_digits_that_have_no_bars_and_do_not_stack(rng):
    ones = [write_digit(1, rng=rng, style="plain") for _ in range(5)]
    x, _ = LatticeNegatives(ones, np.ones(5, np.int64), GlyphWarper()).draw(50, rng, 0.5)
    assert x.any(axis=(1, 2)).all()
