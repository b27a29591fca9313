"""The exemplars: of each digit the most different ones, small enough to travel."""

from __future__ import annotations

import numpy as np

from ml.inference.artifact import pack
from ml.inference.exemplars import (
    EXEMPLARS_PER_DIGIT,
    choose_exemplars,
    exemplars_as_arrays,
    exemplars_from_arrays,
    unit_vectors,
)
from ml.ink.glyph import strokes_to_glyph
from ml.synthesis.handwriting import write_digit


def shrunk(glyphs):
    """In place of a network: glyphs as 4x4 pixels."""
    return glyphs.reshape(-1, 4, 7, 4, 7).mean(axis=(2, 4)).reshape(-1, 16)


def test_each_digit_has_as_many():
    found = choose_exemplars(shrunk)
    assert np.bincount(found.labels).tolist() == [EXEMPLARS_PER_DIGIT] * 10
    assert np.allclose(np.linalg.norm(found.embeddings, axis=1), 1, atol=1e-5)
    assert np.array_equal(choose_exemplars(shrunk).glyphs, found.glyphs)


def test_they_are_chosen_for_variety():
    """The most alike two of them differ more than the most alike two of as many written at random."""
    found, rng = choose_exemplars(shrunk), np.random.default_rng(3)
    random = unit_vectors(
        shrunk(np.stack([strokes_to_glyph(write_digit(8, rng=rng)) for _ in range(EXEMPLARS_PER_DIGIT)]))
    )
    assert closest(found.embeddings[found.labels == 8]) < closest(random)


def closest(embeddings: np.ndarray) -> float:
    return float((embeddings @ embeddings.T)[np.triu_indices(len(embeddings), 1)].max())


def test_they_are_kept_as_they_are():
    found = choose_exemplars(shrunk)
    kept = exemplars_from_arrays(exemplars_as_arrays(found))
    assert np.array_equal(kept.glyphs, found.glyphs)
    assert np.array_equal(kept.labels, found.labels)
    assert np.abs(kept.embeddings - found.embeddings).max() < 1e-3


def test_they_take_less_than_100_kilobytes(reader):
    index = choose_exemplars(lambda glyphs: reader.glyph_outputs(glyphs)[:, 11:])
    bare = pack(b"model", {}, {})
    assert len(pack(b"model", {}, {}, index)) - len(bare) < 100_000
