"""The ink of each digit of a known text: strings, several lines, signs, and texts that do not fit."""

from __future__ import annotations

import numpy as np
import pytest

from ml.curation.forced_alignment import align_text
from ml.ink.strokes import InkError
from ml.labels import NOT_A_DIGIT
from ml.synthesis.handwriting import write_digit, write_number, write_sign
from ml.synthesis.number_cases import synthetic_writer, write_numbers
from tests.ml.conftest import drawn


def points(strokes) -> list[tuple[float, float]]:
    """All points, whatever the order of the strokes."""
    return sorted(map(tuple, np.concatenate(strokes).tolist()))


def count_aligned(reader, name: str, n: int = 20) -> int:
    """How many of `n` numbers are segmented into the strokes of which each digit was written."""
    count = 0
    for number in write_numbers(synthetic_writer, [name], n, seed=41):
        found = align_text(reader, number.strokes, number.text)
        own = number.segments()
        count += (
            found is not None
            and [int(label) for label in found.labels] == [int(c) for c in number.text if c.isdigit()]
            and [points(drawing) for drawing in found.ink] == [points(drawing) for drawing in own]
        )
    return count


def test_each_digit_gets_the_strokes_it_was_written_with(reader, rng):
    strokes = write_number("4705", rng=rng)
    found = align_text(reader, strokes, "4705")
    assert found.labels.tolist() == [4, 7, 0, 5]
    assert points([stroke for drawing in found.ink for stroke in drawing]) == points(strokes)
    assert found.glyphs.shape == (4, 28, 28)


@pytest.mark.parametrize("name", ["single", "several_strokes", "apart", "close", "overlapping", "delayed"])
def test_strings_are_segmented_into_their_digits(reader, name):
    assert count_aligned(reader, name) >= 17


@pytest.mark.parametrize("name", ["spaced", "lines"])
def test_spaces_and_lines_change_nothing(reader, name):
    assert count_aligned(reader, name) >= 19


def test_spaces_and_newlines_may_stand_anywhere(reader, rng):
    strokes = write_number("12\n34", rng=rng)
    texts = ("12\n34", "1234", "12 34", " 1\n2 3 4\n")
    inks = [align_text(reader, strokes, text).ink for text in texts]
    assert all([points(d) for d in ink] == [points(d) for d in inks[0]] for ink in inks)


def test_misread_digits_are_segmented_as_well(reader):
    """Every digit is mirrored: most are misread, but there are as many as before."""
    misread = aligned = 0
    for number in write_numbers(synthetic_writer, ["apart"], 20, seed=5):
        mirror = [
            np.stack([x_y[:, 0].min() + x_y[:, 0].max() - x_y[:, 0], x_y[:, 1]], axis=1) for x_y in number.strokes
        ]
        misread += reader.read([mirror])[0].text != number.text
        found = align_text(reader, mirror, number.text)
        aligned += found is not None and len(found.ink) == len(number.text)
    assert misread >= 10
    assert aligned == 20


def test_a_picture_gives_glyphs(reader, rng):
    strokes = write_number("4705", rng=rng)
    found = align_text(reader, drawn(strokes), "4705")
    assert found.ink.shape == (4, 28, 28)
    assert found.ink.dtype == np.uint8
    written = align_text(reader, strokes, "4705").glyphs.astype(float)
    apart = np.abs(found.ink[:, None].astype(float) - written[None]).mean(axis=(2, 3))
    assert apart.argmin(axis=1).tolist() == [0, 1, 2, 3]


def test_signs_are_no_digits(reader, rng):
    for kind in ("A", "K", "heart", "scribble", "hash"):
        strokes = [100 * stroke for stroke in write_sign(rng, kind)]
        found = align_text(reader, strokes, "")
        assert set(found.labels) == {NOT_A_DIGIT}
        assert len(found.ink) == len(found.labels) >= 1
        assert {*points(strokes)} <= {*points([stroke for drawing in found.ink for stroke in drawing])}


def test_a_digit_without_text_is_no_digit(reader, rng):
    found = align_text(reader, [100 * stroke for stroke in write_digit(3, rng=rng)], "")
    assert found.labels.tolist() == [NOT_A_DIGIT]


def test_a_picture_of_no_number_gives_glyphs(reader, rng):
    found = align_text(reader, drawn([150 * stroke + 50 for stroke in write_sign(rng, "A")]), "")
    assert set(found.labels) == {NOT_A_DIGIT}
    assert found.ink.shape[1:] == (28, 28)


@pytest.mark.parametrize("text", ["3", "31", "314159", "31415926535", ""])
def test_a_text_of_another_length_is_refused(reader, rng, text):
    strokes = write_number("31415", rng=rng)
    assert align_text(reader, strokes, "31415") is not None
    assert align_text(reader, strokes, text) is None


@pytest.mark.parametrize("text", ["", "7"])
def test_a_drawing_without_ink_is_not_aligned(reader, text):
    assert align_text(reader, [], text) is None
    assert align_text(reader, np.full((100, 100), 255, np.uint8), text) is None


@pytest.mark.parametrize("text", ["4a", "-1", "1.5", "٣"])
def test_other_characters_are_refused(reader, rng, text):
    with pytest.raises(ValueError, match="digits, spaces and newlines"):
        align_text(reader, write_digit(1, rng=rng), text)


def test_anything_but_ink_is_refused(reader):
    with pytest.raises(InkError):
        align_text(reader, np.zeros((2, 2, 4), np.uint8), "1")
