"""Read drawings with a trained artifact. NumPy, OpenCV and LiteRT only: what a worker process needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.decoding.calibration import Calibration
from ml.decoding.ctc import BLANK, CtcOutput
from ml.decoding.drawing_decoder import DrawingDecoder, ReadLine, find_components, open_drawing
from ml.decoding.reading import EMPTY_READING, Reading
from ml.inference.artifact import Artifact, ArtifactError, unpack
from ml.inference.explain import Explanation, ReferenceGlyphs, explain_glyph
from ml.inference.litert import BatchNetwork, LineNetwork
from ml.inference.personalization import MAX_CONFIRMED, MIN_CONFIRMED, ReferencePopulation, WriterProfile
from ml.ink.glyph import SIDE, rotate_glyphs
from ml.ink.strokes import Strokes
from ml.ink.trajectory import CHANNELS, POINTS, Trajectory

Floats = NDArray[np.float64]

SHIPPED = Path(__file__).parents[1] / "base" / "reader.zip"

_SURE, _DIGIT, _NO_DIGIT = 0.995, 0.98, 0.005  # what is less sure in a picture is looked at again,
_TURN, _SMALLER = 6.0, 0.92  # turned by so many degrees and so much smaller
_OUTPUTS = 11  # ten digit logits, one digit-ness logit; an embedding follows


class NoSuchDigit(ValueError):
    """The drawing has fewer digits than that."""


class Reader:
    """A trained reader. Safe to share between threads; one thread runs the network at a time."""

    def __init__(self, artifact: Artifact) -> None:
        self._artifact = artifact
        self._calibration = _calibration(artifact.card)
        self._glyphs = BatchNetwork(artifact.model, (SIDE, SIDE, 1), _OUTPUTS)
        drawn = artifact.trajectory
        self._trajectories = None if drawn is None else BatchNetwork(drawn.model, (POINTS, CHANNELS), _OUTPUTS)
        self._strips = None if artifact.strip is None else LineNetwork(artifact.strip.model, BLANK + 1)
        index = artifact.exemplars
        if index is not None and index.embeddings.shape[1] != self._glyphs.width - _OUTPUTS:
            raise ArtifactError("The exemplars of the artifact are those of another network.")

    @classmethod
    def open(cls, source: Path | bytes) -> Reader:
        """From a file or its bytes. Raises ArtifactError."""
        if isinstance(source, bytes):
            return cls(unpack(source))
        try:
            return cls(unpack(source.read_bytes()))
        except OSError as error:
            raise ArtifactError(f"{source.name} cannot be opened.") from error

    @property
    def card(self) -> dict[str, Any]:
        return self._artifact.card

    @property
    def version(self) -> str:
        return self._artifact.version

    @property
    def calibration(self) -> Calibration:
        return self._calibration

    def read(
        self,
        drawings: Sequence[Strokes | NDArray[np.uint8]],
        profiles: Sequence[WriterProfile | None] | None = None,
    ) -> list[Reading]:
        """One reading a drawing: strokes, or pixels, (h, w) grey with 0 black or (h, w, 3) in colour.

        `profiles` are those of their writers.

        The glyphs of all drawings share the calls of the network. Raises InkError for what is neither, and
        ValueError for a profile that another reader made.
        """
        return self._readings([open_drawing(drawing) for drawing in drawings], profiles)

    def writer_profile(self, confirmed: Sequence[tuple[int, Strokes]]) -> WriterProfile | None:
        """How somebody writes, from drawings of one digit each that they confirmed, the newest first.

        None of too few: see `ml.inference.personalization`. Raises InkError for what are no strokes.
        """
        alike = [
            (label, components) for label, ink in confirmed if (components := find_components(ink)) is not None
        ][:MAX_CONFIRMED]
        if len(alike) < MIN_CONFIRMED:
            return None
        glyphs = np.stack([components.glyph(range(len(components.boxes)), 0.0) for _, components in alike])
        return self.reference_population.profile([label for label, _ in alike], self._embed(glyphs))

    @cached_property
    def reference_population(self) -> ReferencePopulation:
        """Everybody's digits, to which profiles are compared; written when first asked for, in a second or two."""
        return ReferencePopulation.gather(self.version, self._embed)

    def _embed(self, glyphs: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self.glyph_outputs(glyphs)[:, _OUTPUTS:]

    def explain(
        self,
        drawing: Strokes | NDArray[np.uint8],
        digit: int = 0,
        own: Sequence[tuple[int, Strokes]] = (),
        profile: WriterProfile | None = None,
    ) -> Explanation:
        """Why a digit of the reading is what it is; `own` are drawings of one known digit, to be compared with.

        `profile` is that by which it was read.

        Raises InkError, and NoSuchDigit when the reading has no digit of this index.
        """
        page = open_drawing(drawing)
        [reading] = self._readings([page], [profile])
        if not 0 <= digit < len(reading.digits):
            raise NoSuchDigit(f"There is no digit {digit} in this drawing.")
        alike = [
            (label, components) for label, strokes in own if (components := find_components(strokes)) is not None
        ]
        glyphs = [components.glyph(range(len(components.boxes)), 0.0) for _, components in alike]
        known = ReferenceGlyphs(self._artifact.exemplars, glyphs, [label for label, _ in alike])
        return explain_glyph(page.read_glyph(reading.digits[digit]), known, partial(self._look, profile=profile))

    def _look(
        self, glyphs: NDArray[np.uint8], ways: NDArray[np.float32] | None, profile: WriterProfile | None = None
    ) -> tuple[Floats, NDArray[np.float32]]:
        """Chances (n, 11) of the labels and of no digit, and the embeddings."""
        outputs = self._seen(glyphs, ways is None)
        digits, digit_probability = self._calibration.probabilities(
            outputs, None if ways is None else self._drawn(ways)
        )
        if profile is not None:
            digits = profile.adapt(digits, outputs[:, _OUTPUTS:])
        chances = np.column_stack([np.exp(digits) * digit_probability[:, None], 1.0 - digit_probability])
        return chances, outputs[:, _OUTPUTS:]

    def _readings(
        self, pages: Sequence[DrawingDecoder], profiles: Sequence[WriterProfile | None] | None = None
    ) -> list[Reading]:
        counts = [len(page.candidates) for page in pages]
        if not sum(counts):
            return [EMPTY_READING for _ in pages]
        glyphs = np.stack([glyph for page in pages for glyph in page.glyphs()])
        outputs = self._seen(glyphs, np.repeat([not page.has_strokes for page in pages], counts))
        drawn = self._drawn([way for page in pages for way in page.trajectories()])
        readings = []
        for page, n, profile in zip(pages, counts, profiles or [None] * len(pages), strict=True):
            mine, outputs, also = outputs[:n], outputs[n:], None
            if drawn is not None and page.has_strokes:
                also, drawn = drawn[:n], drawn[n:]
            digits, digit_probability = self._calibration.probabilities(mine, also)
            if profile is not None:
                digits = self._by_hand(profile, page, digits, mine[:, _OUTPUTS:])
            readings.append(page.decode(digits, digit_probability, self._calibration, self.read_line))
        return readings

    def _by_hand(
        self, profile: WriterProfile, page: DrawingDecoder, digits: Floats, embeddings: NDArray[np.float32]
    ) -> Floats:
        """Log probabilities (n, 10) by the profile, but of what is low beside its line.

        That is a full stop unless it is likely a 0, so a profile would have a say in what is no digit.
        """
        if profile.population.version != self.version:
            raise ValueError("This profile was made by another reader.")
        low = np.array([candidate.low_cost > 0 for candidate in page.candidates], bool)
        return np.where(low[:, None], digits, profile.adapt(digits, embeddings))

    @property
    def read_line(self) -> ReadLine | None:
        """What says of a strip which digits it holds; None where the artifact has no network for that."""
        strips = self._strips
        return None if strips is None else lambda strip: CtcOutput(strips.run(strip))

    def score_candidates(self, page: DrawingDecoder, chosen: Sequence[int]) -> tuple[Floats, Floats]:
        """Of some candidates: log probabilities of the labels (n, 10), and the probability to be a digit (n,)."""
        candidates = [page.candidates[i] for i in chosen]
        glyphs = np.stack([page.glyph(candidate) for candidate in candidates])
        drawn = self._drawn([page.trajectory(c) for c in candidates]) if page.has_strokes else None
        return self._calibration.probabilities(self._seen(glyphs, not page.has_strokes), drawn)

    def classify(self, glyphs: NDArray[np.uint8]) -> tuple[Floats, Floats]:
        """The same of glyphs (n, 28, 28) that are known as pictures only."""
        return self._calibration.probabilities(self._seen(glyphs, True))

    def classify_with_embeddings(
        self, glyphs: NDArray[np.uint8], ways: NDArray[np.float32] | None = None
    ) -> tuple[Floats, NDArray[np.float32]]:
        """Log probabilities of the labels (n, 10) and embeddings (n, d) of glyphs, with trajectories or not."""
        outputs = self._seen(glyphs, ways is None)
        digits, _ = self._calibration.probabilities(outputs, None if ways is None else self._drawn(ways))
        return digits, outputs[:, _OUTPUTS:]

    def glyph_outputs(self, glyphs: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the network says of glyphs (n, 28, 28): ten logits, the digit-ness logit, the embedding."""
        return self._glyphs.run(glyphs[..., None] * np.float32(1 / 255))

    def _seen(self, glyphs: NDArray[np.uint8], pictures: NDArray[np.bool_] | bool) -> NDArray[np.float32]:
        """The outputs; of doubtful pictures (n,) the logits are the mean of three looks, two of them turned.

        On the cheques that train this made 51 misread amounts of 59, and five or nine looks made 51 as well.
        """
        outputs = self.glyph_outputs(glyphs)
        if not np.any(pictures):
            return outputs
        again = np.flatnonzero(pictures & self._doubtful(outputs))
        if len(again):
            looks = [
                self.glyph_outputs(rotate_glyphs(glyphs[again], degrees, _SMALLER)) for degrees in (-_TURN, _TURN)
            ]
            outputs[again, :_OUTPUTS] = np.mean([outputs[again], *looks], axis=0)[:, :_OUTPUTS]
        return outputs

    def _doubtful(self, outputs: NDArray[np.float32]) -> NDArray[np.bool_]:
        digits, digit_probability = self._calibration.probabilities(outputs)
        surely = (digits.max(axis=1) > math.log(_SURE)) & (digit_probability > _DIGIT)
        return np.asarray(~surely & (digit_probability >= _NO_DIGIT))

    def _drawn(self, trajectories: Sequence[Trajectory] | NDArray[np.float32]) -> NDArray[np.float32] | None:
        """Ten logits and the digit-ness logit (n, 11); None where there is nobody to ask or nothing to ask."""
        if self._trajectories is None or not len(trajectories):
            return None
        return self._trajectories.run(np.asarray(trajectories, np.float32))[:, :_OUTPUTS]


def _calibration(card: dict[str, Any]) -> Calibration:
    try:
        return Calibration.parse(card.get("calibration", {}))
    except ValueError as error:
        raise ArtifactError("The calibration in the card of the artifact is damaged.") from error
