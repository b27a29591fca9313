"""Exemplars: a small set of synthetic digits and their embeddings, to show which digits a glyph is like.

They are part of the artifact, because the embeddings of one network mean nothing to another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.ink.glyph import SIDE, strokes_to_glyph
from ml.synthesis.handwriting import STYLES, write_digit

EXEMPLARS_PER_DIGIT = 16  # each style about three times
MAX_EXEMPLARS = 1000  # in an artifact
_PER_STYLE = 12  # digits written in each style, to choose from
_GREY_STEP = 17  # 255 / 15: glyphs are stored with 4 bits for each pixel

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
    """Digits in all styles and handwritings, the most different of each label (greedy k-centre of the cosine).

    `embed` gives the embeddings (n, d) of glyphs (n, 28, 28).
    """
    rng = np.random.default_rng(seed)
    all_glyphs, all_embeddings = [], []
    for label in STYLES:
        styles = [style for style in STYLES[label] for _ in range(_PER_STYLE)]
        glyphs = np.stack([strokes_to_glyph(write_digit(label, rng=rng, style=style)) for style in styles])
        embeddings = unit_vectors(embed(glyphs))
        chosen = [int((embeddings @ embeddings.mean(axis=0)).argmax())]  # begin with the most usual one
        for _ in range(EXEMPLARS_PER_DIGIT - 1):
            chosen.append(int((embeddings @ embeddings[chosen].T).max(axis=1).argmin()))
        all_glyphs.append(glyphs[chosen])
        all_embeddings.append(embeddings[chosen])
    labels = np.repeat(np.array(list(STYLES)), EXEMPLARS_PER_DIGIT)
    coarse = np.concatenate(all_glyphs) // _GREY_STEP * _GREY_STEP
    return Exemplars(labels, np.concatenate(all_embeddings), np.asarray(coarse, np.uint8))


def unit_vectors(vectors: NDArray[Any]) -> Floats:
    """Rows (n, d) scaled to length 1; rows of zeros stay."""
    vectors = np.asarray(vectors, np.float32)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), np.float32)


def exemplars_as_arrays(exemplars: Exemplars) -> dict[str, NDArray[Any]]:
    """As they are stored: two pixels in a byte, embeddings in half precision."""
    levels = (exemplars.glyphs // _GREY_STEP).reshape(len(exemplars), -1)
    return {
        "labels": exemplars.labels.astype(np.uint8),
        "embeddings": exemplars.embeddings.astype(np.float16),
        "glyphs": np.asarray(levels[:, ::2] << 4 | levels[:, 1::2], np.uint8),
    }


def exemplars_from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Exemplars:
    """From the arrays that `exemplars_as_arrays` gives. Raises ValueError for any others."""
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
    return Exemplars(labels.astype(np.int64), unit_vectors(embeddings), np.asarray(levels * _GREY_STEP, np.uint8))
