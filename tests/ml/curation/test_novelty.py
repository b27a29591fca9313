"""How unusual drawings are, with the shipped reader and synthetic ink."""

from __future__ import annotations

import numpy as np
import pytest

from ml.curation.label_noise import ReferenceDigits
from ml.curation.novelty import unusual_digits, unusual_drawing
from ml.inference.reader import Reader
from ml.synthesis.handwriting import write_digit, write_number, write_sign


@pytest.fixture(scope="module")
def known(reader: Reader) -> ReferenceDigits:
    return ReferenceDigits.gather(reader, None)


def unusual(reader: Reader, known: ReferenceDigits, strokes, labels: list[int | None]) -> float:
    [seen] = reader.inspect([strokes])
    return unusual_drawing(seen.embeddings, labels, known)


def test_a_plain_digit_is_usual(reader: Reader, known: ReferenceDigits, rng: np.random.Generator) -> None:
    for label in range(10):
        strokes = [100 * stroke for stroke in write_digit(label, rng=rng)]
        assert unusual(reader, known, strokes, [label]) < 0.4


def test_a_digit_that_is_read_as_another_is_unusual(
    reader: Reader, known: ReferenceDigits, rng: np.random.Generator
) -> None:
    seven = [100 * stroke for stroke in write_digit(7, rng=rng)]
    assert unusual(reader, known, seven, [3]) > 0.6


def test_one_unusual_digit_of_a_number_counts(
    reader: Reader, known: ReferenceDigits, rng: np.random.Generator
) -> None:
    number = write_number("25", rng=rng)
    assert unusual(reader, known, number, [2, 5]) < 0.35
    assert unusual(reader, known, number, [2, 8]) > 0.5


def test_ink_that_is_no_digit_is_unusual(reader: Reader, known: ReferenceDigits, rng: np.random.Generator) -> None:
    scribble = [100 * stroke for stroke in write_sign(rng, "scribble")]
    assert unusual(reader, known, scribble, [None]) == 1.0
    assert unusual_drawing(np.zeros((0, 64), np.float32), [], known) == 1.0


def test_half_way_between_two_labels_is_one_half() -> None:
    known = ReferenceDigits(np.repeat(np.eye(2), 8, axis=0).astype(np.float32), np.repeat([0, 1], 8))
    between = np.array([[1, 1], [1, 0], [0, 1]], np.float32)
    assert unusual_digits(between, np.zeros(3, np.int64), known).tolist() == pytest.approx([0.5, 0, 1])
