"""Counts of the values of grey pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ml.ink.counts import count_values, darkest, lightest, median, quantiles


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (3, 7), (40, 31)])
def test_quantiles_are_those_of_numpy(rng, shape):
    grey = rng.integers(0, 256, shape).astype(np.uint8)
    counts = count_values(grey)
    assert median(counts) == np.median(grey)
    assert quantiles(counts, 0.5)[0] in grey
    if grey.size > 1000:
        assert quantiles(counts, 0.1, 0.9) == pytest.approx(np.quantile(grey, [0.1, 0.9]), abs=1)


def test_masked_pixels_do_not_count(rng):
    grey = rng.integers(0, 256, (20, 30)).astype(np.uint8)
    mask = (grey > 100).view(np.uint8)
    assert (count_values(grey, mask) == np.bincount(grey[grey > 100], minlength=256)).all()


def test_channels_are_folded_to_one(rng):
    pixels = rng.integers(0, 256, (8, 9, 3)).astype(np.uint8)
    assert (darkest(cv2.split(pixels)) == pixels.min(axis=2)).all()
    assert (lightest(cv2.split(pixels)) == pixels.max(axis=2)).all()
