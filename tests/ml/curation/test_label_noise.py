"""Which labels the reference digits contradict, with a fake reader whose outputs the test chooses."""

from __future__ import annotations

import numpy as np

from ml.curation.label_noise import ReferenceDigits

SEVEN, ONE, NO_DIGIT = 7, 1, 10


class FakeReader:
    """Reads every glyph as this digit, with this probability that it is one, and an embedding of its label."""

    def __init__(self, digit, digit_probability):
        self._digit, self._digit_probability = digit, digit_probability

    def classify(self, glyphs):
        digits = np.full((len(glyphs), 10), -9.0)
        digits[:, self._digit] = 0.0
        return digits, np.full(len(glyphs), self._digit_probability)

    def glyph_outputs(self, glyphs):
        return np.pad(np.tile(np.eye(10)[self._digit], (len(glyphs), 1)), ((0, 0), (11, 0)))


def contradicted(reader, label):
    references = ReferenceDigits(
        np.repeat(np.eye(10), 20, axis=0).astype(np.float32), np.repeat(np.arange(10), 20)
    )
    return bool(references.contradict(reader, np.zeros((1, 28, 28), np.uint8), np.array([label]))[0])


def test_a_plain_digit_of_another_label_is_contradicted():
    assert contradicted(FakeReader(ONE, 0.99), SEVEN)
    assert contradicted(FakeReader(ONE, 0.99), NO_DIGIT)


def test_its_own_label_is_not():
    assert not contradicted(FakeReader(SEVEN, 0.99), SEVEN)


def test_nor_is_the_label_of_a_digit_that_the_reader_takes_for_none():
    """People correct such readings, and training has to learn from them."""
    assert not contradicted(FakeReader(SEVEN, 0.001), SEVEN)
    assert not contradicted(FakeReader(SEVEN, 0.001), NO_DIGIT)
