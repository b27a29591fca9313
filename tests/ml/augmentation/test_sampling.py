"""The glyph network and the trajectory network train on mixtures with fixed shares."""

from __future__ import annotations

import numpy as np
import pytest

from ml.augmentation.sampling import (
    GLYPH_SHARES,
    TRAJECTORY_SHARES,
    mix_glyphs,
    mix_strokes,
    unfinished_fours,
)
from ml.augmentation.synthetic_pool import SyntheticPool, confusable_digits
from ml.data.corpus import LabeledInk
from ml.labels import NOT_A_DIGIT, UNCLEAR
from ml.synthesis.handwriting import write_digit


def test_every_batch_holds_its_shares(rng):
    digits = LabeledInk([write_digit(int(label), rng=rng) for label in np.arange(20) % 10], np.arange(20) % 10)
    mixture = mix_glyphs({"pendigits": digits}, SyntheticPool.write(50, seed=1), seed=1)
    x, y = mixture.draw(100, rng, 1.0)
    assert x.shape == (100, 28, 28)
    negatives = GLYPH_SHARES["signs"] + GLYPH_SHARES["lattice_junk"]
    others = [GLYPH_SHARES[name] for name in ("synthetic", "confusable", "pendigits", "stroke_parts")]
    assert (y == NOT_A_DIGIT).mean() == pytest.approx(negatives / (negatives + sum(others)), abs=0.02)


def test_styles_that_are_easily_confused_can_be_written(rng):
    part = confusable_digits(40, rng)
    assert len(part.ink) == len(part.labels) == 40
    assert set(part.labels) >= {1, 7, 9}


def test_synthetic_ink_alone_is_enough(rng):
    x, y = mix_glyphs({}, SyntheticPool.write(40, seed=1), seed=1).draw(256, rng, 0.5)
    assert len(x) == len(y) == 256
    assert set(np.unique(y)) >= {0, 9, NOT_A_DIGIT}
    assert (y >= UNCLEAR).any()


def test_the_same_pool_gives_drawings_to_the_trajectory_network(rng):
    pool = SyntheticPool.write(40, seed=1)
    drawings, labels = mix_strokes({}, pool).draw(50, rng, 1.0)
    assert len(drawings) == len(labels) == 50
    assert set(np.unique(labels)) >= {0, NOT_A_DIGIT, UNCLEAR}
    again = SyntheticPool.write(40, seed=1)
    assert all(
        np.array_equal(a[0], b[0]) for a, b in zip(pool.digits.drawings, again.digits.drawings, strict=True)
    )


def test_the_trajectory_network_learns_fours_without_their_second_stroke(rng):
    hook = [np.array([[30, 0], [0, 60], [40, 70], [35, 100]], np.float32)]
    whole = [np.array([[30, 0], [0, 60], [60, 60], [50, 10], [45, 100]], np.float32)]
    crossed = [*hook, np.array([[45, 10], [40, 100]], np.float32)]
    pens = LabeledInk([hook, whole, crossed, hook], np.array([4, 4, 4, 1]))
    only = unfinished_fours(pens)
    assert only.labels.tolist() == [4]
    assert only.drawings == [hook]
    without = LabeledInk([whole, crossed], np.array([4, 4]))
    pool = SyntheticPool.write(40, seed=1)
    with_hooks, without_hooks = (mix_strokes({"pendigits": part}, pool).parts for part in (pens, without))
    assert len(with_hooks) == len(without_hooks) + 1
    assert with_hooks[-1][1] == TRAJECTORY_SHARES["unfinished_fours"]
    assert with_hooks[-1][0].draw(2, rng, 0.0)[1].tolist() == [4, 4]
