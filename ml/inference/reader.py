"""The reader: it reads drawings with the networks of a trained artifact.

It needs NumPy, OpenCV and LiteRT, and not TensorFlow: workers import it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.decoding.calibration import Calibration
from ml.decoding.ctc import BLANK, CtcOutput
from ml.decoding.drawing_decoder import DrawingDecoder, ReadLine, find_components, open_drawing
from ml.decoding.reading import EMPTY_READING, ReadGlyph, Reading
from ml.inference.artifact import Artifact, ArtifactError, unpack
from ml.inference.explain import Explanation, ReferenceGlyphs, explain_glyph
from ml.inference.litert import BatchNetwork, LineNetwork
from ml.inference.personalization import MAX_CONFIRMED, MIN_CONFIRMED, ReferencePopulation, WriterProfile
from ml.ink.glyph import SIDE, rotate_glyphs
from ml.ink.strokes import Strokes
from ml.ink.trajectory import CHANNELS, POINTS, Trajectory

Floats = NDArray[np.float64]

SHIPPED = Path(__file__).parents[1] / "base" / "reader.zip"

# A glyph of a picture is read three times unless its likeliest label and its being a digit have these
# probabilities, or it is surely no digit.
_SURE_LABEL, _SURE_DIGIT, _SURE_NO_DIGIT = 0.995, 0.98, 0.005

_TURN_DEGREES, _TURN_SCALE = 6.0, 0.92  # of the second and the third time, one turn to each side

_OUTPUTS = 11  # ten digit logits and the logit of being a digit; an embedding follows

Pixels = NDArray[np.uint8]
Embeddings = NDArray[np.float32]


class NoSuchDigit(ValueError):
    """The reading of the drawing has no digit of this index."""


@dataclass(frozen=True, eq=False)
class InspectedDrawing:
    """A reading, and each of its digits as the networks saw it, with their embeddings (n, d)."""

    reading: Reading
    glyphs: tuple[ReadGlyph, ...]
    embeddings: Embeddings


class Reader:
    """A trained reader. Threads may share it; each of its networks runs in one thread at a time."""

    def __init__(self, artifact: Artifact) -> None:
        """Raises ArtifactError where networks do not run or the calibration or the exemplars do not fit."""
        self._artifact = artifact
        try:
            self._calibration = Calibration.parse(artifact.card.get("calibration", {}))
        except ValueError as error:
            raise ArtifactError("The calibration in the card of the artifact is damaged.") from error
        self._glyph_network = BatchNetwork(artifact.model, (SIDE, SIDE, 1), _OUTPUTS)
        self._trajectory_network = None
        if artifact.trajectory is not None:
            self._trajectory_network = BatchNetwork(artifact.trajectory.model, (POINTS, CHANNELS), _OUTPUTS)
        self._line_network = None if artifact.line is None else LineNetwork(artifact.line.model, BLANK + 1)
        exemplars = artifact.exemplars
        if exemplars is not None and exemplars.embeddings.shape[1] != self._glyph_network.width - _OUTPUTS:
            raise ArtifactError("The exemplars of the artifact are those of another network.")

    @classmethod
    def open(cls, source: Path | bytes) -> Reader:
        """From the file of an artifact or its bytes. Raises ArtifactError."""
        if isinstance(source, bytes):
            return cls(unpack(source))
        try:
            return cls(unpack(source.read_bytes()))
        except OSError as error:
            raise ArtifactError(f"{source.name} cannot be opened.") from error

    @property
    def card(self) -> dict[str, Any]:
        """The card of the artifact: how its networks were made."""
        return self._artifact.card

    @property
    def version(self) -> str:
        """The first 12 hexadecimal digits of the SHA-256 of the artifact."""
        return self._artifact.version

    @property
    def calibration(self) -> Calibration:
        """The calibration in the card; the default one where the card has none."""
        return self._calibration

    def read(
        self,
        drawings: Sequence[Strokes | Pixels],
        profiles: Sequence[WriterProfile | None] | None = None,
    ) -> list[Reading]:
        """One reading for each drawing: strokes, or pixels uint8, (h, w) grey with 0 black or (h, w, 3) in colour.

        `profiles` are those of their writers, one for each drawing. The glyphs of all drawings share the calls of
        the networks. Raises InkError for a drawing that is neither strokes nor pixels, and ValueError for a
        profile that was made by another reader.
        """
        return self._decode([open_drawing(drawing) for drawing in drawings], profiles or [None] * len(drawings))

    def inspect(
        self,
        drawings: Sequence[Strokes | Pixels],
        profiles: Sequence[WriterProfile | None] | None = None,
    ) -> list[InspectedDrawing]:
        """What `read` answers, with the glyphs of the digits and their embeddings. Raises what `read` does."""
        decoders = [open_drawing(drawing) for drawing in drawings]
        readings = self._decode(decoders, profiles or [None] * len(drawings))
        seen = [
            tuple(decoder.read_glyph(digit) for digit in reading.digits)
            for decoder, reading in zip(decoders, readings, strict=True)
        ]
        glyphs = [read.glyph for own in seen for read in own]
        embeddings = self._embed(np.stack(glyphs) if glyphs else np.zeros((0, SIDE, SIDE), np.uint8))
        inspected = []
        for reading, own in zip(readings, seen, strict=True):
            inspected.append(InspectedDrawing(reading, own, embeddings[: len(own)]))
            embeddings = embeddings[len(own) :]
        return inspected

    def writer_profile(self, confirmed: Sequence[tuple[int, Strokes]]) -> WriterProfile | None:
        """The profile of a writer, from the labels and strokes of confirmed single digits, the newest first.

        None of too few: see `ml.inference.personalization`. Raises InkError for strokes that are none.
        """
        labels, glyphs = _single_digits(confirmed)
        if len(labels) < MIN_CONFIRMED:
            return None
        newest = np.stack(glyphs[:MAX_CONFIRMED])
        return self.reference_population.profile(labels[:MAX_CONFIRMED], self._embed(newest))

    @cached_property
    def reference_population(self) -> ReferencePopulation:
        """What profiles are compared with; its digits are written when it is first used, in a second or two."""
        return ReferencePopulation.gather(self.version, self._embed)

    def _embed(self, glyphs: Pixels) -> Embeddings:
        return self.glyph_outputs(glyphs)[:, _OUTPUTS:]

    def explain(
        self,
        drawing: Strokes | Pixels,
        digit: int = 0,
        own: Sequence[tuple[int, Strokes]] = (),
        profile: WriterProfile | None = None,
    ) -> Explanation:
        """Why the digit of this index in the reading was read so.

        `own` are the labels and strokes of single digits to compare it with, `profile` is that with which the
        drawing was read. Raises InkError, and NoSuchDigit where the reading has no digit of this index.
        """
        decoder = open_drawing(drawing)
        [reading] = self._decode([decoder], [profile])
        if not 0 <= digit < len(reading.digits):
            raise NoSuchDigit(f"There is no digit {digit} in this drawing.")
        labels, glyphs = _single_digits(own)
        references = ReferenceGlyphs(self._artifact.exemplars, glyphs, labels)
        classify = partial(self.label_probabilities, profile=profile)
        return explain_glyph(decoder.read_glyph(reading.digits[digit]), references, classify)

    def _decode(
        self, decoders: Sequence[DrawingDecoder], profiles: Sequence[WriterProfile | None]
    ) -> list[Reading]:
        counts = [len(decoder.candidates) for decoder in decoders]
        if not sum(counts):
            return [EMPTY_READING for _ in decoders]
        glyphs = np.stack([glyph for decoder in decoders for glyph in decoder.glyphs()])
        is_picture = np.repeat([not decoder.has_strokes for decoder in decoders], counts)
        glyph_outputs = self._refined_glyph_outputs(glyphs, is_picture)
        trajectories = [trajectory for decoder in decoders for trajectory in decoder.trajectories()]
        trajectory_outputs = self._trajectory_outputs(trajectories)
        readings = []
        for decoder, count, profile in zip(decoders, counts, profiles, strict=True):
            own_glyphs, glyph_outputs = glyph_outputs[:count], glyph_outputs[count:]
            own_trajectories = None
            if trajectory_outputs is not None and decoder.has_strokes:
                own_trajectories, trajectory_outputs = trajectory_outputs[:count], trajectory_outputs[count:]
            digits, digit_probability = self._calibration.probabilities(own_glyphs, own_trajectories)
            if profile is not None:
                digits = self._adapt(digits, decoder, own_glyphs[:, _OUTPUTS:], profile)
            readings.append(decoder.decode(digits, digit_probability, self._calibration, self.read_line))
        return readings

    def _adapt(
        self, digits: Floats, decoder: DrawingDecoder, embeddings: Embeddings, profile: WriterProfile
    ) -> Floats:
        """Log probabilities (n, 10) by the profile, but unchanged for candidates that are low in their line.

        Low ink is a full stop unless it is likely a 0: there a profile would decide what is a digit at all.
        """
        if profile.population.version != self.version:
            raise ValueError("This profile was made by another reader.")
        is_low = np.array([candidate.low_cost > 0 for candidate in decoder.candidates], bool)
        return np.where(is_low[:, None], digits, profile.adapt(digits, embeddings))

    @property
    def read_line(self) -> ReadLine | None:
        """The line network, from a line image to its output; None where the artifact has none."""
        network = self._line_network
        return None if network is None else lambda image: CtcOutput(network.run(image))

    def score_candidates(self, decoder: DrawingDecoder, chosen: Sequence[int]) -> tuple[Floats, Floats]:
        """Scores of the candidates with these indices, as `DrawingDecoder` takes them."""
        candidates = [decoder.candidates[i] for i in chosen]
        glyphs = np.stack([decoder.glyph(candidate) for candidate in candidates])
        trajectories = [decoder.trajectory(c) for c in candidates] if decoder.has_strokes else None
        digits, digit_probability, _ = self._classify(glyphs, trajectories)
        return digits, digit_probability

    def classify(self, glyphs: Pixels) -> tuple[Floats, Floats]:
        """Scores of pictures of single digits (n, 28, 28) uint8, as `score_candidates` gives them."""
        digits, digit_probability, _ = self._classify(glyphs, None)
        return digits, digit_probability

    def classify_with_embeddings(
        self, glyphs: Pixels, trajectories: NDArray[np.float32] | None = None
    ) -> tuple[Floats, Embeddings]:
        """Log probabilities of the labels (n, 10), and embeddings (n, d); pictures have no trajectories."""
        digits, _, embeddings = self._classify(glyphs, trajectories)
        return digits, embeddings

    def label_probabilities(
        self, glyphs: Pixels, trajectories: NDArray[np.float32] | None, profile: WriterProfile | None = None
    ) -> tuple[Floats, Embeddings]:
        """Probabilities (n, 11) of the labels and of no digit, and embeddings (n, d)."""
        digits, digit_probability, embeddings = self._classify(glyphs, trajectories)
        if profile is not None:
            digits = profile.adapt(digits, embeddings)
        return np.column_stack([np.exp(digits) * digit_probability[:, None], 1.0 - digit_probability]), embeddings

    def _classify(
        self, glyphs: Pixels, trajectories: Sequence[Trajectory] | NDArray[np.float32] | None
    ) -> tuple[Floats, Floats, Embeddings]:
        """Log probabilities of the labels (n, 10), probabilities of being a digit (n,), and embeddings (n, d).

        Glyphs without trajectories (None) are those of pictures.
        """
        outputs = self._refined_glyph_outputs(glyphs, np.full(len(glyphs), trajectories is None))
        trajectory_outputs = None if trajectories is None else self._trajectory_outputs(trajectories)
        return *self._calibration.probabilities(outputs, trajectory_outputs), outputs[:, _OUTPUTS:]

    def glyph_outputs(self, glyphs: Pixels) -> NDArray[np.float32]:
        """The outputs of the glyph network for glyphs (n, 28, 28).

        They are ten digit logits, the logit of being a digit, and an embedding.
        """
        return self._glyph_network.run(glyphs[..., None] * np.float32(1 / 255))

    def _refined_glyph_outputs(self, glyphs: Pixels, is_picture: NDArray[np.bool_]) -> NDArray[np.float32]:
        """The same, but for doubtful pictures the logits are the mean of three looks, two of them turned.

        On the cheques that train this made 51 misread amounts of 59; five or nine looks made 51 as well.
        """
        outputs = self.glyph_outputs(glyphs)
        if not is_picture.any():
            return outputs
        digits, digit_probability = self._calibration.probabilities(outputs)
        is_sure = (digits.max(axis=1) > math.log(_SURE_LABEL)) & (digit_probability > _SURE_DIGIT)
        doubtful = np.flatnonzero(is_picture & ~is_sure & (digit_probability >= _SURE_NO_DIGIT))
        if len(doubtful):
            looks = [outputs[doubtful]]
            for degrees in (-_TURN_DEGREES, _TURN_DEGREES):
                looks.append(self.glyph_outputs(rotate_glyphs(glyphs[doubtful], degrees, _TURN_SCALE)))
            outputs[doubtful, :_OUTPUTS] = np.mean(looks, axis=0)[:, :_OUTPUTS]
        return outputs

    def _trajectory_outputs(
        self, trajectories: Sequence[Trajectory] | NDArray[np.float32]
    ) -> NDArray[np.float32] | None:
        """Ten digit logits and the logit of being a digit (n, 11); None without a network or trajectories."""
        if self._trajectory_network is None or not len(trajectories):
            return None
        return self._trajectory_network.run(np.asarray(trajectories, np.float32))[:, :_OUTPUTS]


def _single_digits(drawings: Iterable[tuple[int, Strokes]]) -> tuple[list[int], list[Pixels]]:
    """Labels, and glyphs (28, 28) of all strokes, of the drawings that are not empty. Raises InkError."""
    labels, glyphs = [], []
    for label, strokes in drawings:
        components = find_components(strokes)
        if components is not None:
            labels.append(label)
            glyphs.append(components.glyph(range(len(components.boxes)), 0.0))
    return labels, glyphs
