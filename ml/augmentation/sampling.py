"""The mixture that training draws from: so much of each part of the material, and of what is made for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
from numpy.random import Generator

from ml.augmentation.negatives import CutFragments, CutNegatives, LatticeNegatives, StrokeFragments, sign_source
from ml.augmentation.trajectory_batches import TrajectoryMixture
from ml.augmentation.warping import (
    GlyphMixture,
    GlyphSource,
    GlyphWarper,
    ImageSource,
    RecordedStrokes,
    RedrawnSource,
    StrokeSource,
)
from ml.data.corpus import Corpus, LabeledInk
from ml.ink.strokes import Strokes
from ml.labels import Labels
from ml.synthesis.handwriting import write_digit

Kind = TypeVar("Kind", bound=GlyphSource)

# Shares of a batch. More pen strokes pull 7 towards 1 and 2, and cost MNIST.
_SHARES = {
    "mnist": 0.39,
    "thinned_mnist": 0.04,
    "pendigits": 0.08,
    "written": 0.05,
    "misreadable": 0.03,
    "cheques": 0.03,
    "thinned_cheques": 0.015,
    "semeion": 0.015,
    "thinned_semeion": 0.015,
    "uji_digits": 0.02,
    "lattice_junk": 0.08,
    "signs": 0.07,
    "uji_letters": 0.04,
    "cut_junk": 0.04,
    "omniglot": 0.03,
    "stroke_parts": 0.02,
    "cut_parts": 0.015,
    "cheque_junk": 0.015,
    # What people confirmed, where a training from scratch has it, beside the rest.
    "reviewed": 0.06,
    "reviewed_pictures": 0.04,
}
# Of a batch of trajectories. Many beginnings, so that a 4 of which the second stroke is still to come is no 5.
_DRAWN = {
    "pendigits": 0.34,
    "written": 0.22,
    "misreadable": 0.03,
    "lattice_junk": 0.15,
    "signs": 0.08,
    "uji_letters": 0.08,
    "uji_digits": 0.06,
    "stroke_parts": 0.12,
    "reviewed": 0.1,
}


# Styles that few of the writers have whose digits train, and that look like another digit to those who have not.
_MISREADABLE = (
    (1, "european"), (1, "long_serif"), (1, "curved_serif"), (1, "cursive"), (7, "low_cross"),
    (7, "cursive_crossed"), (9, "curled_tail"), (9, "swan"), (4, "open"), (4, "cursive_wide"), (5, "loose_hat"),
    (2, "looped"),
)  # fmt: skip


def mix_glyphs(material: Corpus, seed: int, pool: int, batch: int) -> GlyphMixture:
    """Endless batches from all parts; `pool` synthetic digits are written for it, and as many signs."""
    warper = GlyphWarper(seed=seed)
    sources = _sources(material, np.random.default_rng((seed, 2)), pool, warper) | _pictures(material, warper)
    return GlyphMixture(_counted(sources, _SHARES, batch))


def mix_trajectories(material: Corpus, seed: int, pool: int, batch: int) -> TrajectoryMixture:
    """The same of what is known as strokes."""
    sources = _sources(material, np.random.default_rng((seed, 2)), pool, GlyphWarper(seed=seed))
    return TrajectoryMixture(_counted(sources, _DRAWN, batch))


def _counted(sources: Mapping[str, Kind], shares: Mapping[str, float], batch: int) -> list[tuple[Kind, int]]:
    whole = sum(shares[name] for name in sources)
    counts = {name: round(shares[name] / whole * batch) for name in sources}
    largest = max(counts, key=lambda name: counts[name])
    counts[largest] += batch - sum(counts.values())  # it takes what rounding leaves
    return [(source, counts[name]) for name, source in sources.items()]


def _sources(material: Corpus, rng: Generator, pool: int, warper: GlyphWarper) -> dict[str, StrokeSource]:
    """What is known as strokes."""
    own = synthetic_digits(pool, rng)
    drawings, labels = digits_as_strokes(material, own)
    rare = easily_confused_digits(max(len(_MISREADABLE), pool // 4), rng)
    known = {
        "written": own,
        "misreadable": rare,
        **{name: part for name, part in material.items() if isinstance(part.ink, list)},
    }
    return {
        "signs": sign_source(pool, rng, warper),
        "lattice_junk": LatticeNegatives(drawings, labels, warper),
        "stroke_parts": StrokeFragments(*_not_ones(drawings, labels), warper),
        **{name: RecordedStrokes(part.ink, part.labels, warper) for name, part in known.items()},  # type: ignore[arg-type]
    }


def _pictures(material: Corpus, warper: GlyphWarper) -> dict[str, GlyphSource]:
    """What is known as pictures only."""
    known = {name: part for name, part in material.items() if isinstance(part.ink, np.ndarray)}
    found: dict[str, GlyphSource] = {
        name: ImageSource(part.glyphs, part.labels, warper) for name, part in known.items()
    }
    if "mnist" in known:
        mnist = known["mnist"].glyphs, known["mnist"].labels
        found["cut_junk"] = CutNegatives(*mnist, warper)
        found["cut_parts"] = CutFragments(mnist[0][mnist[1] != 1], warper)
    for name in ("mnist", "cheques", "semeion"):
        if name in known:
            found[f"thinned_{name}"] = RedrawnSource(known[name].glyphs, known[name].labels, warper)
    return found


def _not_ones(drawings: list[Strokes], labels: Labels) -> tuple[list[Strokes], Labels]:
    """Half a 1 is a 1."""
    chosen = np.flatnonzero(labels != 1)
    return [drawings[int(i)] for i in chosen], labels[chosen]


def synthetic_digits(n: int, rng: Generator) -> LabeledInk:
    """`n` synthetic digits."""
    labels = np.arange(n) % 10
    return LabeledInk([write_digit(int(label), rng=rng) for label in labels], labels)


def easily_confused_digits(n: int, rng: Generator) -> LabeledInk:
    """`n` synthetic digits in the styles that are easily misread."""
    pairs = [_MISREADABLE[i % len(_MISREADABLE)] for i in range(n)]
    ink = [write_digit(label, rng=rng, style=style) for label, style in pairs]
    return LabeledInk(ink, np.array([label for label, _ in pairs], np.int64))


def digits_as_strokes(material: Corpus, own: LabeledInk) -> tuple[list[Strokes], Labels]:
    """All digits that there are as strokes, with their labels."""
    parts = [own, *(material[name] for name in ("pendigits", "uji_digits") if name in material)]
    return [drawing for part in parts for drawing in part.ink], np.concatenate([part.labels for part in parts])
