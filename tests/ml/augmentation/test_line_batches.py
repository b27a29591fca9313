"""The line network trains on batches of line images, of synthetic and of real lines."""

from __future__ import annotations

import numpy as np
import pytest

from ml.augmentation.line_batches import MAX_DIGITS, TRAINING_WIDTH, LineSource, pad_labels, to_line_images
from ml.augmentation.line_sampling import compose_lines
from ml.augmentation.line_synthesis import write_line
from ml.data.corpus import LabeledInk, LabeledLines
from ml.ink.glyph import strokes_to_glyph
from ml.ink.line_image import ink_to_line_image, pad_to_width
from ml.labels import NOT_A_DIGIT
from ml.synthesis.handwriting import write_digit


@pytest.fixture(scope="module")
def lines(digits, signs) -> LabeledLines:
    rng = np.random.default_rng(6)
    pairs = [write_line(digits, signs, rng) for _ in range(50)]
    return LabeledLines([ink for ink, _ in pairs], [text for _, text in pairs])


def test_batches_hold_synthetic_and_real_lines(lines, rng):
    real = LabeledLines([np.full((60, 300), 255, np.uint8)], [(1, 2, 3, 4, 5, 6, 7, 8, 9)])
    images, labels = LineSource(lines, real, 0.25, seed=1).draw(16, rng, 1.0)
    assert images.shape == (16, 32, TRAINING_WIDTH)
    assert images.dtype == np.uint8
    assert labels.shape == (16, MAX_DIGITS)
    assert (labels[:, 8] == 9).sum() == 4


def test_without_real_lines_all_are_synthetic(lines, rng):
    images, labels = LineSource(lines, LabeledLines([], []), 0.25, seed=1).draw(8, rng, 0.3)
    assert len(images) == len(labels) == 8
    assert images.any(axis=(1, 2)).all()


def test_the_same_generator_draws_the_same_batch(lines):
    source = LineSource(lines, lines, 0.5, seed=1)
    once, again = (source.draw(8, np.random.default_rng(2), 1.0) for _ in range(2))
    assert np.array_equal(once[0], again[0])
    assert np.array_equal(once[1], again[1])


def test_labels_are_padded():
    assert pad_labels([(4, 0), ()]).tolist() == [[4, 0, *[-1] * 8], [-1] * 10]


def test_line_images_to_validate_on_are_as_the_reader_sees_them(lines):
    for ink, image in zip(lines.ink, to_line_images(lines.ink), strict=True):
        seen = ink_to_line_image(ink)
        assert seen.shape[1] > TRAINING_WIDTH or np.array_equal(image, pad_to_width(seen, TRAINING_WIDTH))
    assert any(ink_to_line_image(ink).shape[1] <= TRAINING_WIDTH for ink in lines.ink)


def test_lines_are_of_all_parts_of_the_corpus(rng):
    glyphs = np.stack([strokes_to_glyph(write_digit(k % 10, rng=rng)) for k in range(20)])
    drawings = [write_digit(k % 10, rng=rng) for k in range(20)]
    corpus = {
        "mnist": LabeledInk(glyphs, np.arange(20) % 10, np.full(20, -1)),
        "pendigits": LabeledInk(drawings, np.arange(20) % 10, np.arange(20) // 10),
        "omniglot": LabeledInk(glyphs[:5], np.array([NOT_A_DIGIT] * 4 + [11])),
    }
    lines = compose_lines(corpus, 100, rng)
    assert len(lines.ink) == len(lines.texts) == 100
    assert 5 <= sum(text == () for text in lines.texts) <= 40


def test_synthetic_writers_alone_are_enough(rng):
    assert len(compose_lines({}, 30, rng).texts) == 30
