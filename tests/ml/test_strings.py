"""Drawings of several digits, one difficulty at a time, through the whole reader."""

from __future__ import annotations

import numpy as np
import pytest

from ml.slices import NOTHING, SLICES, numbers, synthetic_writer


def parted(reader, name: str, n: int = 30) -> int:
    """How many of `n` numbers have as many digits, in as many numbers and lines, as were written."""
    written = list(numbers(synthetic_writer, [name], n, seed=7))
    readings = reader.read([number.strokes for number in written])
    return sum(shape(reading.text) == shape(n.text) for reading, n in zip(readings, written, strict=True))


def shape(text: str) -> str:
    """What is the network's alone is left out: which digit it is."""
    return "".join("0" if character.isdigit() else character for character in text)


@pytest.mark.parametrize("name", SLICES)
def test_every_slice_can_be_written(name):
    for number in numbers(synthetic_writer, [name], 20, seed=3):
        assert len(number.owners) == len(number.strokes)
        assert all(np.isfinite(stroke).all() for stroke in number.strokes)
        assert set(number.owners) - {NOTHING} <= set(range(len("".join(number.text.split()))))


def test_segments_are_the_strokes_of_the_digits():
    for number in numbers(synthetic_writer, ["delayed", "out_of_order", "lines"], 20, seed=4):
        segments = number.segments()
        assert len(segments) == len("".join(number.text.split()))
        assert sum(len(strokes) for strokes in segments) == len(number.strokes)


def test_unknown_slices_are_refused():
    with pytest.raises(KeyError):
        list(numbers(synthetic_writer, ["upside_down"], 1, seed=0))


@pytest.mark.parametrize("name", ["single", "several_strokes", "apart", "close", "evenly_wide"])
def test_easy_numbers_are_parted(reader, name):
    assert parted(reader, name) >= 29


@pytest.mark.parametrize("name", ["overlapping", "sloped", "mixed_sizes", "delayed", "out_of_order", "lines"])
def test_difficult_numbers_are_parted(reader, name):
    assert parted(reader, name) >= 27
