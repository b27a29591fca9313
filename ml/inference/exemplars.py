"""A small index of synthetic digits with what the network makes of them, to show what a glyph is like.

It travels in the artifact, because embeddings of one network mean nothing to another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.ink.glyph import SIDE, strokes_to_glyph
from ml.synthesis.handwriting import STYLES, write_digit

EXEMPLARS_PER_DIGIT = 16  # exemplars of a digit: each style about three times
MAX_EXEMPLARS = 1000  # that an artifact may hold
_WRITTEN = 12  # digits written in each style, to choose from
_LEVELS = 17  # 255 / 15: pictures are kept with 4 bits a pixel

Glyphs = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Exemplars:
    """`labels` (n,), `embeddings` (n, d) of length 1, `glyphs` (n, 28, 28) in 16 levels of grey."""

    labels: NDArray[np.int64]
    embeddings: Floats
    glyphs: Glyphs

    def __len__(self) -> int:
        return len(self.labels)


def choose_exemplars(embed: Callable[[Glyphs], Floats], seed: int = 0) -> Exemplars:
    """Digits in all styles by many hands, the most different of each label (greedy k-centre of the cosine).

    `embed` gives what the network makes of glyphs (n, 28, 28): (n, d).
    """
    rng = np.random.default_rng(seed)
    found = [_choose(label, embed, rng) for label in STYLES]
    labels = np.repeat(np.array(list(STYLES)), [len(glyphs) for glyphs, _ in found])
    return Exemplars(labels, np.concatenate([e for _, e in found]), _coarse(np.concatenate([g for g, _ in found])))


def _choose(label: int, embed: Callable[[Glyphs], Floats], rng: np.random.Generator) -> tuple[Glyphs, Floats]:
    styles = [style for style in STYLES[label] for _ in range(_WRITTEN)]
    glyphs = np.stack([strokes_to_glyph(write_digit(label, rng=rng, style=style)) for style in styles])
    embeddings = unit_vectors(embed(glyphs))
    chosen = [int((embeddings @ embeddings.mean(axis=0)).argmax())]  # begin with the most usual one
    for _ in range(EXEMPLARS_PER_DIGIT - 1):
        chosen.append(int((embeddings @ embeddings[chosen].T).max(axis=1).argmin()))
    return glyphs[chosen], embeddings[chosen]


def unit_vectors(vectors: NDArray[Any]) -> Floats:
    """Rows (n, d) scaled to length 1; rows of zeros stay."""
    vectors = np.asarray(vectors, np.float32)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), np.float32)


def to_arrays(exemplars: Exemplars) -> dict[str, NDArray[Any]]:
    """As they are kept: two pixels in a byte, embeddings in half precision."""
    levels = (exemplars.glyphs // _LEVELS).reshape(len(exemplars), -1)
    return {
        "labels": exemplars.labels.astype(np.uint8),
        "embeddings": exemplars.embeddings.astype(np.float16),
        "glyphs": np.asarray(levels[:, ::2] << 4 | levels[:, 1::2], np.uint8),
    }


def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Exemplars:
    """What `to_arrays` gave. Raises ValueError for anything else."""
    if set(arrays) != {"labels", "embeddings", "glyphs"}:
        raise ValueError("Exemplars are labels, embeddings and glyphs.")
    labels, embeddings, packed = arrays["labels"], arrays["embeddings"], arrays["glyphs"]
    n = len(labels) if labels.ndim == 1 else 0
    if not 0 < n <= MAX_EXEMPLARS or labels.dtype != np.uint8 or labels.max() > 9:
        raise ValueError(f"There must be up to {MAX_EXEMPLARS} labels from 0 to 9.")
    if embeddings.dtype != np.float16 or embeddings.ndim != 2 or len(embeddings) != n:
        raise ValueError("There must be an embedding of 16 bits for each label.")
    if not np.isfinite(embeddings).all() or packed.dtype != np.uint8 or packed.shape != (n, SIDE * SIDE // 2):
        raise ValueError("The embeddings or the glyphs are damaged.")
    levels = np.stack([packed >> 4, packed & 15], axis=2).reshape(n, SIDE, SIDE)
    return Exemplars(labels.astype(np.int64), unit_vectors(embeddings), np.asarray(levels * _LEVELS, np.uint8))


def _coarse(glyphs: Glyphs) -> Glyphs:
    return np.asarray(glyphs // _LEVELS * _LEVELS, np.uint8)
