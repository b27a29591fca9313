"""Rows put together from glyphs, and the strips that a network learns from."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

from ml.augmentation.line_batches import MAX_DIGITS, TRAINING_WIDTH, LineSource, pad_labels, to_line_images
from ml.augmentation.line_sampling import compose_lines
from ml.augmentation.line_synthesis import DIGIT_HEIGHT, GlyphBank, write_line, write_negative_line
from ml.data.corpus import LabeledInk, LabeledLines
from ml.ink.glyph import strokes_to_glyph
from ml.ink.line_image import ink_to_line_image, pad_to_width
from ml.labels import NOT_A_DIGIT
from ml.synthesis.handwriting import write_digit, write_sign


@pytest.fixture(scope="module")
def digits() -> GlyphBank:
    """Two hands: that of 1 writes with a very broad pen."""
    rng = np.random.default_rng(4)
    glyphs = [strokes_to_glyph(write_digit(k % 10, rng=rng), pen=1.5 if k < 20 else 4.5) for k in range(40)]
    return GlyphBank(np.stack(glyphs), np.arange(40) % 10, np.arange(40) // 20)


@pytest.fixture(scope="module")
def junk() -> GlyphBank:
    rng = np.random.default_rng(5)
    glyphs = np.stack([strokes_to_glyph(write_sign(rng)) for _ in range(30)])
    return GlyphBank(glyphs, np.full(30, NOT_A_DIGIT), np.zeros(30, np.int64))


def test_a_row_says_one_to_ten_digits(digits, junk, rng):
    texts = [write_line(digits, junk, rng)[1] for _ in range(400)]
    assert {len(text) for text in texts} == {*range(1, 11)}
    assert {label for text in texts for label in text} == {*range(10)}


def test_its_ink_is_about_as_high_as_a_digit_and_wider_the_more_it_says(digits, junk, rng):
    rows = [write_line(digits, junk, rng) for _ in range(200)]
    assert all(0.4 * DIGIT_HEIGHT < ink.shape[0] < 3 * DIGIT_HEIGHT for ink, _ in rows)
    widths = [np.mean([ink.shape[1] for ink, text in rows if len(text) == n]) for n in (1, 4, 8)]
    assert widths == sorted(widths)
    assert all(ink[:, 0].any() and ink[:, -1].any() for ink, _ in rows)


class Watched(GlyphBank):
    """Whose hands its glyphs were asked for."""

    asked: ClassVar[list[set[int]]] = []

    def some(self, label, hand, rng):
        self.asked.append({*self.hands[hand].tolist()})
        return super().some(label, hand, rng)


def test_one_hand_writes_a_row(digits, junk, rng):
    bank, writers = Watched(digits.glyphs, digits.labels, digits.hands), set()
    for _ in range(20):
        bank.asked.clear()
        write_line(bank, junk, rng)
        [writer] = {frozenset(hands) for hands in bank.asked}
        writers.add(writer)
    assert writers == {frozenset([0]), frozenset([1])}


def test_a_glyph_is_of_the_hand_that_is_asked_for(digits, rng):
    """Each digit twice by each hand."""
    for _ in range(20):
        hand = digits.hand(rng)
        mine = [digits.glyphs[i] for i in hand if digits.labels[i] == 7]
        area = int((digits.some(7, hand, rng) > 0).sum())
        assert area in {int((glyph > 25).sum()) for glyph in mine}


def test_the_same_seed_writes_the_same(digits, junk):
    rows = [write_line(digits, junk, np.random.default_rng(8)) for _ in range(2)]
    assert np.array_equal(rows[0][0], rows[1][0])
    assert rows[0][1] == rows[1][1]


def test_junk_says_nothing(junk, rng):
    ink, text = write_negative_line(junk, rng)
    assert text == ()
    assert ink.any()


def test_a_label_that_a_hand_never_wrote_is_taken_from_another(digits, junk, rng):
    some = GlyphBank(digits.glyphs, digits.labels, np.where(digits.labels == 7, 1, 0))
    assert all(write_line(some, junk, rng)[0].any() for _ in range(20))


@pytest.fixture(scope="module")
def rows(digits, junk) -> LabeledLines:
    rng = np.random.default_rng(6)
    pairs = [write_line(digits, junk, rng) for _ in range(50)]
    return LabeledLines([ink for ink, _ in pairs], [text for _, text in pairs])


def test_batches_hold_rows_and_real_lines(rows, rng):
    real = LabeledLines([np.full((60, 300), 255, np.uint8)], [(1, 2, 3, 4, 5, 6, 7, 8, 9)])
    strips, texts = LineSource(rows, real, 0.25, 16, seed=1).batch(rng, 1.0)
    assert strips.shape == (16, 32, TRAINING_WIDTH)
    assert strips.dtype == np.uint8
    assert texts.shape == (16, MAX_DIGITS)
    assert (texts[:, 8] == 9).sum() == 4


def test_without_real_lines_all_are_rows(rows, rng):
    strips, texts = LineSource(rows, LabeledLines([], []), 0.25, 8, seed=1).batch(rng, 0.3)
    assert len(strips) == len(texts) == 8
    assert strips.any(axis=(1, 2)).all()


def test_a_batch_is_what_its_generator_says(rows):
    source = LineSource(rows, rows, 0.5, 8, seed=1)
    once, again = (source.batch(np.random.default_rng(2), 1.0) for _ in range(2))
    assert np.array_equal(once[0], again[0])
    assert np.array_equal(once[1], again[1])


def test_texts_as_an_array():
    assert pad_labels([(4, 0), ()]).tolist() == [[4, 0, *[-1] * 8], [-1] * 10]


def test_strips_to_examine_on_are_as_the_reader_sees_them(rows):
    for ink, strip in zip(rows.ink, to_line_images(rows.ink), strict=True):
        seen = ink_to_line_image(ink)
        assert seen.shape[1] > TRAINING_WIDTH or np.array_equal(strip, pad_to_width(seen, TRAINING_WIDTH))
    assert any(ink_to_line_image(ink).shape[1] <= TRAINING_WIDTH for ink in rows.ink)


def test_rows_hold_on_to_no_paper(digits, junk, rng):
    assert write_line(digits, junk, rng)[0].base is None
    assert write_negative_line(junk, rng)[0].base is None


def test_rows_come_from_all_that_there_is(rng):
    glyphs = np.stack([strokes_to_glyph(write_digit(k % 10, rng=rng)) for k in range(20)])
    drawings = [write_digit(k % 10, rng=rng) for k in range(20)]
    material = {
        "mnist": LabeledInk(glyphs, np.arange(20) % 10, np.full(20, -1)),
        "pendigits": LabeledInk(drawings, np.arange(20) % 10, np.arange(20) // 10),
        "omniglot": LabeledInk(glyphs[:5], np.array([NOT_A_DIGIT] * 4 + [11])),
    }
    rows = compose_lines(material, 100, rng)
    assert len(rows.ink) == len(rows.texts) == 100
    assert 5 <= sum(text == () for text in rows.texts) <= 40


def test_synthetic_hands_alone_are_enough(rng):
    assert len(compose_lines({}, 30, rng).texts) == 30
