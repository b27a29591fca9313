"""The mixtures that the glyph network and the trajectory network train on: which share each part has.

Parts are those of the corpus by their names, synthetic digits and signs, and what is made of all of these:
negatives, fragments of digits, and glyphs thinned and drawn anew.
"""

from __future__ import annotations

import numpy as np

from ml.augmentation.negatives import CutFragments, CutNegatives, LatticeNegatives, StrokeFragments
from ml.augmentation.ringed_eights import RingedEights
from ml.augmentation.sources import (
    GlyphSource,
    Mixture,
    RecordedGlyphs,
    RecordedStrokes,
    RedrawnGlyphs,
    RenderedGlyphs,
    SizedStrokes,
    StrokeSource,
    WarpedGlyphs,
)
from ml.augmentation.synthetic_pool import SyntheticPool
from ml.augmentation.warping import GlyphWarper
from ml.data.corpus import Corpus, LabeledInk
from ml.ink.strokes import Strokes, arc_lengths, bounds
from ml.labels import Glyphs, Labels

# Parts that are drawings of digits.
PEN_DIGITS = (
    "pendigits",
    "unipen_digits",
    "digilets_digits",
    "chars74k_digits",
    "uji_digits",
    "skahl_digits",
    "lipitk_digits",
)

# Shares of the parts in a batch of glyphs. More pen strokes pull 7 towards 1 and 2, and cost accuracy on MNIST.
# Some tablets lost the second stroke of a 4. Without a share of their own, such 4s of UCI would be no digits: 39
# by six of the 30 writers who train or validate, 35 by five of the 14 others.
GLYPH_SHARES = {
    "mnist": 0.38,
    "thinned_mnist": 0.04,
    "unipen_digits": 0.06,
    "digilets_digits": 0.05,
    "pendigits": 0.075,
    "uji_digits": 0.015,
    "synthetic": 0.05,
    "confusable": 0.045,
    "ringed_eights": 0.008,
    "unfinished_fours": 0.012,
    "kensanata": 0.055,
    "thinned_kensanata": 0.02,
    "sudoku": 0.01,
    "cheques": 0.045,
    "thinned_cheques": 0.02,
    "semeion": 0.015,
    "thinned_semeion": 0.015,
    "lattice_junk": 0.08,
    "signs": 0.05,
    "unipen_letters": 0.045,
    "digilets_letters": 0.045,
    "uji_letters": 0.02,
    "me231_letters": 0.02,
    "cut_junk": 0.04,
    "omniglot": 0.03,
    "stroke_parts": 0.02,
    "cut_parts": 0.015,
    "cheque_junk": 0.015,
    # Reviewed digits are parts of a training from scratch only: a fine-tuning mixes them in by itself.
    "reviewed": 0.06,
    "reviewed_pictures": 0.04,
}

# Shares of the parts in a batch of trajectories. Fragments of strokes have a large share, so that a 4 whose second
# stroke is still to come is not read as a 5.
TRAJECTORY_SHARES = {
    "unfinished_fours": 0.04,
    "unipen_digits": 0.13,
    "pendigits": 0.27,
    "digilets_digits": 0.1,
    "uji_digits": 0.03,
    "synthetic": 0.14,
    "confusable": 0.07,
    "ringed_eights": 0.02,
    "lattice_junk": 0.13,
    "signs": 0.05,
    "unipen_letters": 0.07,
    "digilets_letters": 0.07,
    "uji_letters": 0.03,
    "me231_letters": 0.03,
    "stroke_parts": 0.1,
    "reviewed": 0.1,
}

_WHOLE_FOUR = 1.6  # heights; the least length of a 4 in one stroke, and a first stroke is shorter
_THINNED = ("mnist", "kensanata", "cheques", "semeion")  # parts whose digits are also thinned and drawn anew


def mix_glyphs(corpus: Corpus, pool: SyntheticPool, seed: int) -> Mixture[Glyphs]:
    """Warped glyphs (n, 28, 28) of all parts. `seed` chooses the elastic fields of the warper.

    The order of the sources decides which random numbers each draws.
    """
    warper = GlyphWarper(seed=seed)
    sources: dict[str, GlyphSource] = {
        name: RenderedGlyphs(source) for name, source in _stroke_sources(corpus, pool).items()
    }
    # Parts that are known as glyphs only.
    parts = {name: part for name, part in corpus.items() if isinstance(part.ink, np.ndarray)}
    sources |= {name: RecordedGlyphs(part) for name, part in parts.items()}
    if "mnist" in parts:
        glyphs, labels = parts["mnist"].glyphs, parts["mnist"].labels
        sources["cut_junk"] = CutNegatives(glyphs, labels)
        sources["cut_parts"] = CutFragments(glyphs[labels != 1])
    for name in _THINNED:
        if name in parts:
            sources[f"thinned_{name}"] = RedrawnGlyphs(parts[name])
    return Mixture([(WarpedGlyphs(source, warper), GLYPH_SHARES[name]) for name, source in sources.items()])


def mix_strokes(corpus: Corpus, pool: SyntheticPool) -> Mixture[list[SizedStrokes]]:
    """The drawings of all parts that are known as strokes, in the shares that the trajectory network trains on."""
    sources = _stroke_sources(corpus, pool)
    return Mixture([(source, TRAJECTORY_SHARES[name]) for name, source in sources.items()])


def unfinished_fours(part: LabeledInk) -> LabeledInk:
    """The 4s of which only the first stroke was recorded: it is too short to go up and down again."""
    is_unfinished = [
        label == 4 and len(drawing) == 1 and arc_lengths(drawing[0])[-1] < _WHOLE_FOUR * bounds(drawing)[3]
        for label, drawing in zip(part.labels.tolist(), part.drawings, strict=True)
    ]
    return part.select(np.array(is_unfinished, bool))


def _stroke_sources(corpus: Corpus, pool: SyntheticPool) -> dict[str, StrokeSource]:
    """The parts that are known as strokes. Their order decides which random numbers each draws."""
    drawings, labels = digits_as_strokes(corpus, pool.digits)
    divisible = np.flatnonzero(labels != 1)  # half a 1 is a 1
    parts = {
        "synthetic": pool.digits,
        "confusable": pool.confusable,
        **{name: part for name, part in corpus.items() if isinstance(part.ink, list)},
    }
    if "pendigits" in parts and len((fours := unfinished_fours(parts["pendigits"])).labels):
        parts["unfinished_fours"] = fours
    zeros = [part.select(part.labels == 0) for name, part in parts.items() if name in PEN_DIGITS]
    return {
        "signs": RecordedStrokes(pool.signs),
        "lattice_junk": LatticeNegatives(drawings, labels),
        "stroke_parts": StrokeFragments([drawings[int(i)] for i in divisible], labels[divisible]),
        "ringed_eights": RingedEights([*zeros, pool.digits.select(pool.digits.labels == 0)]),
        **{name: RecordedStrokes(part) for name, part in parts.items()},
    }


def digits_as_strokes(corpus: Corpus, synthetic: LabeledInk) -> tuple[list[Strokes], Labels]:
    """All n digits that are known as strokes, synthetic ones and those of the corpus, and their labels (n,)."""
    parts = [synthetic, *(corpus[name] for name in PEN_DIGITS if name in corpus)]
    drawings = [drawing for part in parts for drawing in part.drawings]
    return drawings, np.concatenate([part.labels for part in parts])
