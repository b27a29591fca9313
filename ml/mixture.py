"""The mixture that training draws from: so much of each part of the material, and of what is made for it."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ml.augment import Labels, Mixture, Source, ThinnedSource, Warper
from ml.ink import Strokes
from ml.junk import CutJunk, CutParts, LatticeJunk, StrokeParts, sign_source
from ml.material import Material, Part
from ml.synth import write_digit

# Shares of a batch. More pen strokes pull 7 towards 1 and 2, and cost MNIST.
_SHARES = {
    "mnist": 0.40,
    "thinned_mnist": 0.04,
    "pendigits": 0.09,
    "written": 0.06,
    "cheques": 0.025,
    "thinned_cheques": 0.015,
    "semeion": 0.015,
    "thinned_semeion": 0.015,
    "uji_digits": 0.02,
    "lattice_junk": 0.085,
    "signs": 0.07,
    "uji_letters": 0.04,
    "cut_junk": 0.045,
    "omniglot": 0.03,
    "stroke_parts": 0.02,
    "cut_parts": 0.015,
    "cheque_junk": 0.01,
}


def mix(material: Material, seed: int, pool: int, batch: int) -> Mixture:
    """Endless batches from all parts; `pool` synthetic digits are written for it, and as many signs."""
    sources = _sources(material, np.random.default_rng((seed, 2)), pool, Warper(seed=seed))
    whole = sum(_SHARES[name] for name in sources)
    counts = {name: round(_SHARES[name] / whole * batch) for name in sources}
    largest = max(counts, key=lambda name: counts[name])
    counts[largest] += batch - sum(counts.values())  # it takes what rounding leaves
    return Mixture([(source, counts[name]) for name, source in sources.items()])


def _sources(material: Material, rng: Generator, pool: int, warper: Warper) -> dict[str, Source]:
    own = written(pool, rng)
    drawings, labels = drawn_digits(material, own)
    found: dict[str, Source] = {
        "written": own.source(warper),
        "signs": sign_source(pool, rng, warper),
        "lattice_junk": LatticeJunk(drawings, labels, warper),
        "stroke_parts": StrokeParts(*_not_ones(drawings, labels), warper),
    }
    found |= {name: part.source(warper) for name, part in material.items()}
    if "mnist" in material:
        mnist = material["mnist"].glyphs, material["mnist"].labels
        found["cut_junk"] = CutJunk(*mnist, warper)
        found["cut_parts"] = CutParts(mnist[0][mnist[1] != 1], warper)
    for name in ("mnist", "cheques", "semeion"):
        if name in material:
            found[f"thinned_{name}"] = ThinnedSource(material[name].glyphs, material[name].labels, warper)
    return found


def _not_ones(drawings: list[Strokes], labels: Labels) -> tuple[list[Strokes], Labels]:
    """Half a 1 is a 1."""
    chosen = np.flatnonzero(labels != 1)
    return [drawings[int(i)] for i in chosen], labels[chosen]


def written(n: int, rng: Generator) -> Part:
    """`n` synthetic digits."""
    labels = np.arange(n) % 10
    return Part([write_digit(int(label), rng=rng) for label in labels], labels)


def drawn_digits(material: Material, own: Part) -> tuple[list[Strokes], Labels]:
    """All digits that there are as strokes, with their labels."""
    parts = [own, *(material[name] for name in ("pendigits", "uji_digits") if name in material)]
    return [drawing for part in parts for drawing in part.ink], np.concatenate([part.labels for part in parts])
