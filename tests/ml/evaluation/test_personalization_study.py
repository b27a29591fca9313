"""The study of personal adaptation: which digits are confirmed, and what is counted."""

from __future__ import annotations

import numpy as np
import pytest

from ml.augmentation.trajectory_batches import vary_strokes
from ml.evaluation.personalization_study import (
    WriterDigits,
    as_corrected,
    by_chance,
    glyph_writers,
    stroke_writers,
    tally,
)
from ml.synthesis.handwriting import random_handwriting, write_digit


@pytest.fixture(scope="module")
def writers(reader) -> list[WriterDigits]:
    """Two synthetic writers in a great hurry: some sevens of one are read as 1, ones of the other as 7."""
    labels = np.repeat(np.arange(10), 8)
    drawings = []
    for who in (8, 2):
        rng = np.random.default_rng(who)
        handwriting = random_handwriting(rng)
        digits = [write_digit(label, rng=rng, handwriting=handwriting) for label in labels.tolist()]
        drawings += [vary_strokes(strokes, np.random.default_rng(who), 3.0) for strokes in digits]
    return stroke_writers(reader, drawings, np.tile(labels, 2), np.repeat([8, 2], len(labels)))


def test_it_works(reader, writers):
    result = tally(reader.reference_population, writers, 15, by_chance, draws=5)
    assert result.seen.sum() == 2 * 5 * (80 - 15)
    assert result.before.sum() > 0
    assert result.change < -0.3
    assert f"{result.change:+.1%}" in result.as_text()


def test_the_same_seed_draws_the_same(reader, writers):
    once, again = (tally(reader.reference_population, writers, 5, as_corrected, draws=2) for _ in range(2))
    assert once.as_text() == again.as_text()


def test_without_errors_nothing_changes(reader, writers):
    [writer] = writers[:1]
    right = ~writer.misread
    legible = WriterDigits(writer.labels[right], writer.digits[right], writer.embeddings[right])
    result = tally(reader.reference_population, [legible], 5, by_chance, draws=1)
    assert (result.before.sum(), result.change) == (0, 0.0)


def test_writers_with_too_few_digits_are_left_out(reader, writers):
    few = [WriterDigits(w.labels[:5], w.digits[:5], w.embeddings[:5]) for w in writers]
    assert tally(reader.reference_population, few, 5, by_chance, draws=3).seen.sum() == 0


def test_what_is_misread_early_is_corrected_first(rng):
    misread = np.zeros(40, bool)
    misread[:10] = True
    shares = []
    for _ in range(50):
        chosen = as_corrected(misread, 6, rng)
        assert len(set(chosen.tolist())) == 6

        shares.append(misread[chosen].mean())
    assert np.mean(shares) > 0.45  # by chance it would be a quarter


def test_glyphs_are_writers_too(reader):
    glyphs = np.zeros((6, 28, 28), np.uint8)
    glyphs[:, 4:24, 13:15] = 255
    writers = glyph_writers(reader, glyphs, np.ones(6, np.int64), np.array([1, 1, 2, 2, 2, 1]))
    assert [len(writer.labels) for writer in writers] == [3, 3]
    assert not any(writer.misread.any() for writer in writers)
