"""The strips that the network on strips learns from: rows in many hands, and real lines."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ml.augmentation.line_batches import LineSource
from ml.augmentation.line_synthesis import GlyphBank, write_line, write_negative_line
from ml.augmentation.negatives import sign_source
from ml.augmentation.warping import GlyphWarper, StrokeSource
from ml.data.corpus import Corpus, LabeledInk, LabeledLines
from ml.ink.glyph import strokes_to_glyph
from ml.labels import NOT_A_DIGIT, Glyphs
from ml.synthesis.handwriting import random_handwriting, write_digit

# Shares of the rows; "hands" are synthetic.
_BANKS = {"mnist": 0.42, "hands": 0.2, "pendigits": 0.15, "cheques": 0.13, "uji_digits": 0.05, "semeion": 0.05}
_REAL_LINES = 0.15  # of a batch
_JUNK_ROWS = 0.2  # of the rows
_BY_HAND = 30  # synthetic digits
_FEW = 100  # hands


def mix_lines(material: Corpus, real: LabeledLines, seed: int, pool: int, batch: int) -> LineSource:
    """Endless batches of strips: `pool` rows put together from glyphs, and real lines where there are any."""
    rows = compose_lines(material, pool, np.random.default_rng((seed, 5)))
    return LineSource(rows, real, _REAL_LINES, batch, seed)


def compose_lines(material: Corpus, n: int, rng: Generator) -> LabeledLines:
    """`n` rows, each in one of the hands that the material knows or in a synthetic one."""
    parts = {"hands": _hands(n, rng), **{name: material[name] for name in _BANKS if name in material}}
    banks = {name: _bank(part, rng) for name, part in parts.items()}
    junk = _junk_bank(material, max(100, n // 20), rng)
    shares = np.array([_BANKS[name] for name in banks])
    chosen = rng.choice(len(banks), n, p=shares / shares.sum())
    known = [*banks.values()]
    rows = [
        write_negative_line(junk, rng) if rng.random() < _JUNK_ROWS else write_line(known[number], junk, rng)
        for number in chosen
    ]
    return LabeledLines([ink for ink, _ in rows], [text for _, text in rows])


def _hands(n: int, rng: Generator) -> LabeledInk:
    """Synthetic digits by one hand for each forty rows."""
    hands = [random_handwriting(rng) for _ in range(max(10, n // 40))]
    ink = [write_digit(k % 10, rng=rng, handwriting=hand) for hand in hands for k in range(_BY_HAND)]
    count = np.arange(len(ink))
    return LabeledInk(ink, count % _BY_HAND % 10, count // _BY_HAND)


def _bank(part: LabeledInk, rng: Generator) -> GlyphBank:
    """The digits of a part. Who draws does so with several pens, as if he were several people."""
    hands = np.zeros(len(part.labels), np.int64) if part.hands is None else part.hands.astype(np.int64)
    if isinstance(part.ink, np.ndarray):
        return GlyphBank(part.ink, part.labels, hands)
    pens = 3 if len(np.unique(hands)) < _FEW else 1
    by_hand = {hand: rng.uniform(*StrokeSource.pens, pens) for hand in np.unique(hands).tolist()}
    glyphs = [
        strokes_to_glyph(drawing, by_hand[hand][k])
        for k in range(pens)
        for drawing, hand in zip(part.ink, hands.tolist(), strict=True)
    ]
    return GlyphBank(
        np.stack(glyphs), np.tile(part.labels, pens), np.concatenate([hands * pens + k for k in range(pens)])
    )


def _junk_bank(material: Corpus, n: int, rng: Generator) -> GlyphBank:
    """What is no digit: signs, and letters of what there is. Those of one source count as one hand."""
    parts = [LabeledInk(*sign_source(n, rng, GlyphWarper(seed=0)).draw(n, rng, 0.5))]
    parts += [material[name] for name in ("uji_letters", "omniglot") if name in material]
    found = [part.only(part.labels == NOT_A_DIGIT).glyphs for part in parts]
    if "omniglot" in material:
        found[-1] = _turned_over(found[-1])
    hands = np.repeat(np.arange(len(found)), [len(glyphs) for glyphs in found])
    return GlyphBank(np.concatenate(found), np.full(len(hands), NOT_A_DIGIT), hands)


def _turned_over(glyphs: Glyphs) -> Glyphs:
    """Characters (n, 28, 28), and three others of each: (4n, 28, 28). The sets hold few alphabets, the world many.

    Not for letters: an E turned over is a 3.
    """
    return np.concatenate([glyphs, glyphs[:, ::-1], glyphs[:, :, ::-1], glyphs.transpose(0, 2, 1)])
