"""Drawings that are nearly the same."""

from __future__ import annotations

import numpy as np

from ml.curation.near_duplicates import NearDuplicates
from ml.synthesis.handwriting import write_digit


def test_the_first_of_nearly_equal_drawings_is_found(rng: np.random.Generator) -> None:
    seven, other = write_digit(7, rng=rng), write_digit(2, rng=rng)
    moved = [3 * stroke + 5 for stroke in seven]
    known = NearDuplicates[str]()
    assert known.add("writer", seven, "first") is None
    assert known.add("writer", other, "other") is None
    assert known.add("writer", moved, "moved") == "first"
    assert known.add("writer", seven, "again") == "first"


def test_only_drawings_under_the_same_key_are_compared(rng: np.random.Generator) -> None:
    seven = write_digit(7, rng=rng)
    known = NearDuplicates[str]()
    assert known.add("writer", seven, "first") is None
    assert known.add("another", seven, "theirs") is None
