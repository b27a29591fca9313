"""Digits whose labels are beyond doubt, to tell a rare hand from a wrong label.

A reviewed digit that the reader takes for another one is either a style it has still to learn, or a label that is
wrong, by mistake or by ill will. A rare style lies apart from everything known; a plain 1 that is called 7 lies
among hundreds of 1s.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ml.augmentation.synthetic_pool import synthetic_digits
from ml.data.loaders import load_mnist
from ml.data.splits import held_out
from ml.inference.exemplars import unit_vectors

if TYPE_CHECKING:
    from ml.inference.reader import Reader

Glyphs = NDArray[np.uint8]
Labels = NDArray[np.int64]

_WRITTEN, _MNIST = 2000, 6000  # digits to compare with
_NEAREST = 10
_AGREE = 8  # of the nearest that must say the same as the reader
_ALIKE = 0.9  # mean cosine to these, above which a digit is nothing new
_UNLIKELY = 0.02  # what the reader gives a label that it contradicts (docs/reader.md, "Which labels are believed")


@dataclass(frozen=True, eq=False)
class ReferenceDigits:
    """Embeddings (n, d) of length 1 of known digits, and their labels (n,)."""

    embeddings: NDArray[np.float32]
    labels: Labels

    @classmethod
    def gather(cls, reader: Reader, data: Path | None, seed: int = 0) -> ReferenceDigits:
        """Synthetic digits, and some of MNIST's training writers where `data` has them."""
        rng = np.random.default_rng((seed, 8))
        own = synthetic_digits(_WRITTEN, rng)
        glyphs, labels = [own.glyphs], [own.labels]
        if data is not None and (data / "mnist.npz").exists():
            mnist = load_mnist(data)
            some = rng.permutation(np.flatnonzero(~held_out(mnist.writer_train, 0.1, seed=0)))[:_MNIST]
            glyphs.append(mnist.x_train[some])
            labels.append(mnist.y_train[some])
        return cls(unit_vectors(reader.glyph_outputs(np.concatenate(glyphs))[:, 11:]), np.concatenate(labels))

    def contradict(self, reader: Reader, glyphs: Glyphs, labels: Labels) -> NDArray[np.bool_]:
        """(n,) whether a glyph looks so much like known digits of another label that its own must be wrong.

        Of what is labelled as no digit (10): whether it looks so much like any known digit.
        """
        if not len(labels):
            return np.zeros(0, bool)
        digits, digit_probability = reader.classify(glyphs)
        chances = np.column_stack([np.exp(digits) * digit_probability[:, None], 1 - digit_probability])
        seen = chances[:, :10].argmax(axis=1)
        unlikely = chances[np.arange(len(labels)), labels] < _UNLIKELY
        other = seen != labels  # a digit of which the reader doubts that it is one is what is to be learned
        return np.asarray(
            unlikely & other & self._surround(unit_vectors(reader.glyph_outputs(glyphs)[:, 11:]), seen)
        )

    def _surround(self, embeddings: NDArray[np.float32], seen: Labels) -> NDArray[np.bool_]:
        """(n,) whether the nearest known digits are near, and have the labels `seen`."""
        cosines = embeddings @ self.embeddings.T
        nearest = np.argpartition(-cosines, _NEAREST, axis=1)[:, :_NEAREST]
        agree = (self.labels[nearest] == seen[:, None]).sum(axis=1) >= _AGREE
        return np.asarray(agree & (np.take_along_axis(cosines, nearest, axis=1).mean(axis=1) > _ALIKE))
