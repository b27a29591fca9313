"""Lines put together from glyphs of one writer."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ml.augmentation.line_synthesis import DIGIT_HEIGHT, GlyphBank, write_line, write_negative_line


def test_a_line_has_one_to_ten_digits(digits, signs, rng):
    texts = [write_line(digits, signs, rng)[1] for _ in range(400)]
    assert {len(text) for text in texts} == {*range(1, 11)}
    assert {label for text in texts for label in text} == {*range(10)}


def test_its_ink_is_about_as_high_as_a_digit_and_wider_the_more_digits_it_has(digits, signs, rng):
    lines = [write_line(digits, signs, rng) for _ in range(200)]
    assert all(0.4 * DIGIT_HEIGHT < ink.shape[0] < 3 * DIGIT_HEIGHT for ink, _ in lines)
    widths = [np.mean([ink.shape[1] for ink, text in lines if len(text) == n]) for n in (1, 4, 8)]
    assert widths == sorted(widths)
    assert all(ink[:, 0].any() and ink[:, -1].any() for ink, _ in lines)


class RecordingBank(GlyphBank):
    """Records whose glyphs it was asked for."""

    asked: ClassVar[list[set[int]]] = []

    def draw_ink(self, label, writer, rng):
        self.asked.append({*self.writers[writer].tolist()})
        return super().draw_ink(label, writer, rng)


def test_one_writer_writes_a_line(digits, signs, rng):
    bank, line_writers = RecordingBank(digits.glyphs, digits.labels, digits.writers), set()
    for _ in range(20):
        bank.asked.clear()
        write_line(bank, signs, rng)
        [writer] = {frozenset(writers) for writers in bank.asked}
        line_writers.add(writer)
    assert line_writers == {frozenset([0]), frozenset([1])}


def test_a_glyph_is_of_the_writer_who_is_asked_for(digits, rng):
    """Each writer wrote each digit twice."""
    for _ in range(20):
        writer = digits.choose_writer(rng)
        sevens = [digits.glyphs[i] for i in writer if digits.labels[i] == 7]
        area = int((digits.draw_ink(7, writer, rng) > 0).sum())
        assert area in {int((glyph > 25).sum()) for glyph in sevens}


def test_the_same_seed_writes_the_same(digits, signs):
    lines = [write_line(digits, signs, np.random.default_rng(8)) for _ in range(2)]
    assert np.array_equal(lines[0][0], lines[1][0])
    assert lines[0][1] == lines[1][1]


def test_a_line_of_negatives_has_no_digits(signs, rng):
    ink, text = write_negative_line(signs, rng)
    assert text == ()
    assert ink.any()


def test_a_label_that_a_writer_never_wrote_is_taken_from_another(digits, signs, rng):
    bank = GlyphBank(digits.glyphs, digits.labels, np.where(digits.labels == 7, 1, 0))
    assert all(write_line(bank, signs, rng)[0].any() for _ in range(20))


def test_lines_do_not_keep_their_paper_in_memory(digits, signs, rng):
    assert write_line(digits, signs, rng)[0].base is None
    assert write_negative_line(signs, rng)[0].base is None
