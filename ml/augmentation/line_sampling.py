"""The mixture of lines that the line network trains on: whose digits they are put together from."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ml.augmentation.line_batches import LineSource
from ml.augmentation.line_synthesis import GlyphBank, write_line, write_negative_line
from ml.augmentation.sources import PEN_WIDTHS, RecordedStrokes, RenderedGlyphs, WarpedGlyphs
from ml.augmentation.synthetic_pool import synthetic_signs
from ml.augmentation.warping import GlyphWarper
from ml.data.corpus import Corpus, LabeledInk, LabeledLines
from ml.ink.glyph import strokes_to_glyph
from ml.labels import NOT_A_DIGIT
from ml.synthesis.handwriting import random_handwriting, write_digit

# Shares of the synthetic lines by the part of the corpus that their digits are from.
_BANK_SHARES = {
    "mnist": 0.36,
    "synthetic": 0.18,
    "pendigits": 0.08,
    "digilets_digits": 0.07,
    "unipen_digits": 0.05,
    "kensanata": 0.06,
    "cheques": 0.15,
    "uji_digits": 0.04,
    "semeion": 0.04,
}
_REAL_SHARE = 0.22  # of a batch
_NEGATIVE_SHARE = 0.2  # of the synthetic lines
_LINES_PER_WRITER = 40  # synthetic lines for each synthetic writer
_DIGITS_PER_WRITER = 30  # digits that a synthetic writer writes
_FEW_WRITERS = 100
_NEGATIVES_STRENGTH = 0.5  # of the deformation of signs


def mix_lines(corpus: Corpus, real: LabeledLines, seed: int, n: int) -> LineSource:
    """Line images of `n` synthetic lines, and of real lines where there are any."""
    synthetic = compose_lines(corpus, n, np.random.default_rng((seed, 5)))
    return LineSource(synthetic, real, _REAL_SHARE, seed)


def compose_lines(corpus: Corpus, n: int, rng: Generator) -> LabeledLines:
    """`n` synthetic lines, each of the digits of one writer of the corpus or of a synthetic one."""
    parts = {
        "synthetic": _write_digits(max(10, n // _LINES_PER_WRITER), rng),
        **{name: corpus[name] for name in _BANK_SHARES if name in corpus},
    }
    shares = np.array([_BANK_SHARES[name] for name in parts])
    banks = [_glyph_bank(part, rng) for part in parts.values()]
    negatives = _negative_bank(corpus, max(100, n // 20), rng)
    chosen = rng.choice(len(banks), n, p=shares / shares.sum())
    lines = [
        write_negative_line(negatives, rng)
        if rng.random() < _NEGATIVE_SHARE
        else write_line(banks[number], negatives, rng)
        for number in chosen
    ]
    return LabeledLines([ink for ink, _ in lines], [text for _, text in lines])


def _write_digits(writers: int, rng: Generator) -> LabeledInk:
    """Digits of synthetic writers, each in one handwriting."""
    handwritings = [random_handwriting(rng) for _ in range(writers)]
    drawings = [
        write_digit(k % 10, rng=rng, handwriting=handwriting)
        for handwriting in handwritings
        for k in range(_DIGITS_PER_WRITER)
    ]
    places = np.arange(len(drawings))
    return LabeledInk(drawings, places % _DIGITS_PER_WRITER % 10, places // _DIGITS_PER_WRITER)


def _glyph_bank(part: LabeledInk, rng: Generator) -> GlyphBank:
    """The digits of a part. Where few people drew them, each drew with three pens and counts as three writers."""
    n = len(part.labels)
    writers = np.zeros(n, np.int64) if part.writers is None else part.writers.astype(np.int64)
    if isinstance(part.ink, np.ndarray):
        return GlyphBank(part.ink, part.labels, writers)
    pen_count = 3 if len(np.unique(writers)) < _FEW_WRITERS else 1
    pens = {writer: rng.uniform(*PEN_WIDTHS, pen_count) for writer in np.unique(writers).tolist()}
    glyphs = [
        strokes_to_glyph(drawing, pens[writer][k])
        for k in range(pen_count)
        for drawing, writer in zip(part.ink, writers.tolist(), strict=True)
    ]
    writers_by_pen = np.concatenate([writers * pen_count + k for k in range(pen_count)])
    return GlyphBank(np.stack(glyphs), np.tile(part.labels, pen_count), writers_by_pen)


def _negative_bank(corpus: Corpus, n: int, rng: Generator) -> GlyphBank:
    """What is no digit: `n` signs, and letters and characters of the corpus. Each source counts as one writer.

    Omniglot's characters are also flipped and transposed, since the data set has few alphabets. Letters are not: a
    flipped E is a 3.
    """
    signs = synthetic_signs(n, rng)
    source = WarpedGlyphs(RenderedGlyphs(RecordedStrokes(signs)), GlyphWarper(seed=0))
    groups = [source.draw(n, rng, _NEGATIVES_STRENGTH)[0]]
    if "uji_letters" in corpus:
        letters = corpus["uji_letters"]
        groups.append(letters.select(letters.labels == NOT_A_DIGIT).glyphs)
    if "omniglot" in corpus:
        characters = corpus["omniglot"]
        x = characters.select(characters.labels == NOT_A_DIGIT).glyphs
        groups.append(np.concatenate([x, x[:, ::-1], x[:, :, ::-1], x.transpose(0, 2, 1)]))
    writers = np.repeat(np.arange(len(groups)), [len(glyphs) for glyphs in groups])
    return GlyphBank(np.concatenate(groups), np.full(len(writers), NOT_A_DIGIT), writers)
