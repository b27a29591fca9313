"""Find labels that are surely wrong, by comparing digits with reference digits whose labels are beyond doubt.

A reviewed digit that the reader takes for another one is either in a style that the reader has still to learn, or
has a wrong label, by mistake or on purpose. A digit in a rare style lies apart from all reference digits; a plain
1 that is labelled 7 lies among hundreds of 1s.
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

_SYNTHETIC, _MNIST = 2000, 6000  # reference digits of each source
_NEAREST = 10  # reference digits that a digit is compared with
_LEAST_AGREEING = 8  # of the nearest, with the label that the reader gives
_LEAST_COSINE = 0.9  # mean over the nearest, from which a digit is nothing new

# The probability below which the reader contradicts a label (docs/reader.md, "Which labels are believed").
_CONTRADICTED = 0.02


@dataclass(frozen=True, eq=False)
class ReferenceDigits:
    """Embeddings (n, d) of length 1 of digits whose labels (n,) are beyond doubt."""

    embeddings: NDArray[np.float32]
    labels: Labels

    @classmethod
    def gather(cls, reader: Reader, data: Path | None, seed: int = 0) -> ReferenceDigits:
        """Synthetic digits, and some of MNIST's training writers where the folder `data` has them."""
        rng = np.random.default_rng((seed, 8))
        synthetic = synthetic_digits(_SYNTHETIC, rng)
        glyphs, labels = [synthetic.glyphs], [synthetic.labels]
        if data is not None and (data / "mnist.npz").exists():
            mnist = load_mnist(data)
            training = np.flatnonzero(~held_out(mnist.writer_train, 0.1, seed=0))
            chosen = rng.permutation(training)[:_MNIST]
            glyphs.append(mnist.x_train[chosen])
            labels.append(mnist.y_train[chosen])
        return cls(_embeddings(reader, np.concatenate(glyphs)), np.concatenate(labels))

    def contradict(self, reader: Reader, glyphs: Glyphs, labels: Labels) -> NDArray[np.bool_]:
        """(n,) whether a glyph is so like reference digits of another label that its own label must be wrong.

        For a glyph that is labelled as no digit (10): whether it is so like reference digits of any label.
        """
        if not len(labels):
            return np.zeros(0, bool)
        digits, digit_probability = reader.classify(glyphs)
        probabilities = np.column_stack([np.exp(digits) * digit_probability[:, None], 1 - digit_probability])
        read_labels = probabilities[:, :10].argmax(axis=1)
        is_unlikely = probabilities[np.arange(len(labels)), labels] < _CONTRADICTED
        # A glyph may be unlikely only because the reader doubts that it is a digit: training has to learn that.
        is_misread = read_labels != labels
        # The nearest reference digits must be near, and have the label that is read.
        cosines = _embeddings(reader, glyphs) @ self.embeddings.T
        nearest = np.argpartition(-cosines, _NEAREST, axis=1)[:, :_NEAREST]
        agree = (self.labels[nearest] == read_labels[:, None]).sum(axis=1) >= _LEAST_AGREEING
        near = np.take_along_axis(cosines, nearest, axis=1).mean(axis=1) > _LEAST_COSINE
        return np.asarray(is_unlikely & is_misread & agree & near)


def _embeddings(reader: Reader, glyphs: Glyphs) -> NDArray[np.float32]:
    return unit_vectors(reader.glyph_outputs(glyphs)[:, 11:])
