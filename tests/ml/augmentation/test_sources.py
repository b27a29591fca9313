"""Every source draws as many labeled examples as it is asked for, seeded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ml.augmentation.negatives import CutFragments, CutNegatives, LatticeNegatives, StrokeFragments
from ml.augmentation.ringed_eights import RingedEights
from ml.augmentation.sources import (
    Mixture,
    RecordedGlyphs,
    RecordedStrokes,
    RedrawnGlyphs,
    RenderedGlyphs,
    WarpedGlyphs,
)
from ml.augmentation.synthetic_pool import synthetic_signs
from ml.augmentation.warping import GlyphWarper
from ml.data.corpus import LabeledInk
from ml.ink.glyph import strokes_to_glyph
from ml.labels import NOT_A_DIGIT, UNCLEAR, UNFINISHED
from ml.synthesis.handwriting import write_digit
from ml.training.settings import TrainingSettings
from ml.training.train import batches


@pytest.fixture
def written(rng):
    labels = np.arange(40) % 10
    return [write_digit(int(label), rng=rng) for label in labels], labels


def test_every_source_draws_what_it_is_asked_for(written, rng):
    drawings, labels = written
    glyphs = np.stack([strokes_to_glyph(drawing) for drawing in drawings])
    signs = synthetic_signs(30, rng)
    pictures = LabeledInk(glyphs, labels)
    digits = [
        RecordedGlyphs(pictures),
        RedrawnGlyphs(pictures),
        RenderedGlyphs(RecordedStrokes(LabeledInk(drawings, labels))),
        RenderedGlyphs(RingedEights([LabeledInk(drawings, labels).select(labels == 0)])),
    ]
    negatives = [
        RenderedGlyphs(RecordedStrokes(signs)),
        RenderedGlyphs(LatticeNegatives(drawings, labels)),
        CutNegatives(glyphs, labels),
    ]
    warper = GlyphWarper()
    for source in [*digits, *negatives]:
        x, y = WarpedGlyphs(source, warper).draw(60, rng, 1.0)
        assert x.shape == (60, 28, 28)
        assert x.dtype == np.uint8
        assert y.shape == (60,)
        assert ((y == NOT_A_DIGIT) if source in negatives else (y < NOT_A_DIGIT)).all()


def test_writers_of_much_do_not_outweigh_those_of_little(rng):
    glyphs = np.zeros((1010, 28, 28), np.uint8)
    writers = np.repeat([7, 9], [1000, 10])
    source = RecordedGlyphs(LabeledInk(glyphs, (writers == 9).astype(np.int64), writers))
    rare = source.draw(2000, rng, 1.0)[1].mean()
    assert rare == pytest.approx(10**0.5 / (1000**0.5 + 10**0.5), abs=0.03)


def test_a_mixture_draws_by_shares_and_the_largest_takes_the_rest(rng):
    paper = np.zeros((1, 28, 28), np.uint8)
    zeros, ones = (RecordedGlyphs(LabeledInk(paper, np.array([label]))) for label in (0, 1))
    nothing = RecordedGlyphs(LabeledInk(paper[:0], np.zeros(0, np.int64)))
    x, y = Mixture([(zeros, 1.0), (nothing, 0.0), (ones, 2.0)]).draw(10, rng, 1.0)
    assert len(x) == 10
    assert y.tolist() == [0] * 3 + [1] * 7
    nested = Mixture([(Mixture([(zeros, 3), (ones, 3)]), 0.75), (ones, 0.25)])
    assert nested.draw(8, rng, 1.0)[1].tolist() == [0, 0, 0, 1, 1, 1, 1, 1]


def test_parts_of_digits_are_unclear(written, rng):
    glyphs = np.stack([strokes_to_glyph(drawing) for drawing in written[0]])
    x, y = CutFragments(glyphs).draw(60, rng, 0.5)
    assert x.any(axis=(1, 2)).all()
    assert (y == UNCLEAR).all()


@pytest.mark.parametrize(
    ("label", "style", "expected"),
    [(5, "hat", {UNCLEAR, UNFINISHED + 5}), (5, "snake", {UNCLEAR}), (9, "straight", {UNCLEAR})],
)
def test_an_unfinished_digit_keeps_its_label_where_it_can_be_told(label, style, expected, rng):
    drawings = [write_digit(label, rng=rng, style=style) for _ in range(5)]
    x, y = RenderedGlyphs(StrokeFragments(drawings, np.full(5, label))).draw(100, rng, 0.5)
    assert x.any(axis=(1, 2)).all()
    assert set(np.unique(y)) == expected


def test_batches_are_the_same_for_the_same_seed_and_weaker_at_the_end(written):
    source = WarpedGlyphs(RenderedGlyphs(RecordedStrokes(LabeledInk(*written))), GlyphWarper())
    settings = TrainingSettings(seed=4, epochs=3, examples=8, batch=8, weak_epochs=1)
    once, again = (list(batches(source, settings)) for _ in range(2))
    assert len(once) == 3
    assert once[0][0].shape == (8, 28, 28, 1)
    assert once[0][0].max() == pytest.approx(1.0, abs=0.1)
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(once, again, strict=True))
    weak = next(batches(source, replace(settings, epochs=1)))
    assert not np.array_equal(once[0][0], weak[0])


def test_negatives_of_digits_that_have_no_bars_and_do_not_stack(rng):
    ones = [write_digit(1, rng=rng, style="plain") for _ in range(5)]
    x, _ = RenderedGlyphs(LatticeNegatives(ones, np.ones(5, np.int64))).draw(50, rng, 0.5)
    assert x.any(axis=(1, 2)).all()
