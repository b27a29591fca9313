"""Which ink is which digit of a text that is known: what reviewed drawings of whole strings teach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.data.corpus import LabeledInk
from ml.decoding.drawing_decoder import DrawingDecoder, TextAlignment, open_drawing
from ml.inference.reader import Reader
from ml.ink.strokes import Strokes
from ml.labels import NOT_A_DIGIT, Glyphs, Labels
from ml.segmentation.candidates import Candidate

# Nats for parting the ink so. Of 348 synthetic numbers of all kinds none falls below with its right text, of 145
# mirrored ones, most of which the reader misreads, one. With a digit too many 86 % do, with one too few 95 %.
_LEAST = -6.0
_NONE = 1e-9  # a probability as good as none

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class AlignedDigits:
    """The n digits of a text, or what is no digit, each with its ink.

    `labels` (n,) are 0 to 9 or NOT_A_DIGIT; `ink` is n drawings, of a picture glyphs (n, 28, 28) uint8.
    Three numbers tell what is doubtful: `chance`, the log probability (nats) by the reader that this text is
    written there, low where it misreads; `parting` (nats), low where there seem to be more or fewer digits; and
    `share`, the probability that given the text no other ink is meant. `chances` (n,) are the log probabilities of
    the labels, each by its own ink.
    """

    labels: Labels
    ink: list[Strokes] | Glyphs
    chance: float
    parting: float
    share: float
    chances: Floats

    @property
    def part(self) -> LabeledInk:
        """To learn from."""
        return LabeledInk(self.ink, self.labels)


def align_text(reader: Reader, ink: Strokes | NDArray[np.uint8], text: str) -> AlignedDigits | None:
    """The ink of each digit of `text`, by the best of all ways to read the drawing so.

    `ink` is what `Reader.read` takes. Of `text` only its digits and their order count; none means that the drawing
    is no number. Returns None where the drawing cannot be read so, or where that is absurd. Raises InkError, and
    ValueError for a text that holds anything but digits, spaces and newlines.
    """
    if not set(text) <= set("0123456789 \n"):
        raise ValueError("A text is digits, spaces and newlines.")
    page, digits = open_drawing(ink), "".join(text.split())
    if not page.candidates:
        return None
    known = reader.score_candidates(page, range(len(page.candidates)))
    found = page.spelled(digits, *known)
    if found is None or found.parting < _LEAST:
        return None
    labels = np.array([int(digit) for digit in digits] or [NOT_A_DIGIT] * len(found.candidates), np.int64)
    chances = _chances(page, found, labels, known)
    return AlignedDigits(
        labels,
        _ink(page, found.candidates),
        page.log_chance(digits, *known),
        found.parting,
        found.share,
        chances,
    )


def _ink(page: DrawingDecoder, candidates: Sequence[Candidate]) -> list[Strokes] | Glyphs:
    drawings = [page.ink(candidate) for candidate in candidates]
    written = [drawing for drawing in drawings if drawing is not None]
    return written if page.has_strokes else np.stack([page.glyph(candidate) for candidate in candidates])


def _chances(page: DrawingDecoder, found: TextAlignment, labels: Labels, known: tuple[Floats, Floats]) -> Floats:
    """Log probabilities of the labels, each by its own ink."""
    places = [page.candidates.index(candidate) for candidate in found.candidates]
    digits, digit_probability = known[0][places], known[1][places].clip(_NONE, 1 - _NONE)
    if labels[0] == NOT_A_DIGIT:
        return np.asarray(np.log1p(-digit_probability))
    return np.asarray(digits[np.arange(len(labels)), labels] + np.log(digit_probability))
