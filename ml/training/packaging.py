"""Package trained networks as an artifact: calibrated and measured on writers who did not train."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.augmentation.line_batches import to_line_images
from ml.augmentation.line_sampling import compose_lines
from ml.augmentation.negatives import CutNegatives, LatticeNegatives
from ml.augmentation.sampling import digits_as_strokes
from ml.augmentation.sources import RecordedStrokes, SizedStrokes
from ml.augmentation.synthetic_pool import synthetic_digits, synthetic_signs
from ml.augmentation.trajectory_batches import vary_strokes
from ml.data.corpus import Corpus, CorpusSplit, LabeledLines
from ml.decoding.calibration import Calibration
from ml.decoding.calibration_fitting import NetworkOutputs, fit_calibration
from ml.decoding.ctc import CtcOutput
from ml.inference.artifact import StoredNetwork, pack
from ml.inference.exemplars import Exemplars, choose_exemplars
from ml.ink.glyph import strokes_to_glyph
from ml.ink.trajectory import strokes_to_trajectory
from ml.labels import Glyphs, Labels
from ml.training.networks import DIGIT_COUNT, as_inputs, get_weights, to_tflite
from ml.training.settings import TrainingSettings

log = logging.getLogger(__name__)

_MAX_VALIDATION = 2000  # synthetic digits, signs, or composed lines to validate on
# Stored in the card: another text would be another version of the same networks.
_OUTPUTS = (
    "of glyphs 10 digits, 1 digit-ness, 64 embedding; of trajectories 10 digits, 1 digit-ness; "
    "of each step along a strip 10 digits, 1 nothing"
)


@dataclass(frozen=True)
class TrainedNetworks:
    """The trained Keras networks of a reader; `lines` is None for a reader without a line network."""

    glyphs: Any
    trajectories: Any
    lines: Any | None

    @property
    def parameters(self) -> int:
        """The number of parameters of all networks together."""
        models = (self.glyphs, self.trajectories, self.lines)
        return sum(model.count_params() for model in models if model is not None)


@dataclass(frozen=True)
class ValidationSet:
    """Examples to validate on: glyphs, labels, and trajectories (n, 48, 5) where the strokes are known."""

    glyphs: Glyphs
    labels: Labels
    trajectories: NDArray[np.float32] | None = None


def validation_sets(corpus: Corpus, seed: int, size: int) -> dict[str, ValidationSet]:
    """Validation sets by name: those of the corpus, synthetic digits, and negatives made of both.

    Images stay as they are. Drawings are varied as if more people had written them
    (`ml.augmentation.trajectory_batches`): without that too few are misread to calibrate by. `size` is the number
    of synthetic digits, signs and negatives of the lattice each.
    """
    rng = np.random.default_rng((seed, 3))
    synthetic = synthetic_digits(size, rng)
    sets = {}
    for name, part in {**corpus, "synthetic": synthetic}.items():
        if isinstance(part.ink, np.ndarray):
            sets[name] = ValidationSet(part.ink, part.labels)
        else:
            sets[name] = _varied_drawings([SizedStrokes(drawing) for drawing in part.ink], part.labels, rng)
    signs = synthetic_signs(size, rng)
    sign_source = RecordedStrokes(signs)
    sets["signs"] = _varied_drawings(*sign_source.draw(size, rng, 0.0), rng)
    negatives = LatticeNegatives(*digits_as_strokes(corpus, synthetic))
    sets["lattice_junk"] = _varied_drawings(*negatives.draw(size, rng, 0.0), rng)
    if "mnist" in corpus:
        cut = CutNegatives(corpus["mnist"].glyphs, corpus["mnist"].labels)
        sets["cut_junk"] = ValidationSet(*cut.draw(size // 2, rng, 0.0))
    return sets


def _varied_drawings(ink: Sequence[SizedStrokes], labels: Labels, rng: np.random.Generator) -> ValidationSet:
    """A set of drawings, each varied once, with the least side of the square that each fills."""
    ink = [SizedStrokes(vary_strokes(strokes, rng), side) for strokes, side in ink]
    glyphs = np.stack([strokes_to_glyph(strokes, min_side=side) for strokes, side in ink])
    return ValidationSet(glyphs, labels, np.stack([strokes_to_trajectory(strokes, side) for strokes, side in ink]))


def package_reader(
    networks: TrainedNetworks,
    split: CorpusSplit,
    settings: TrainingSettings,
    origin: Mapping[str, Any] | None = None,
) -> bytes:
    """Calibrate and measure trained networks on the validation part of the corpus, and pack them as an artifact.

    `origin` is added to what the card says about where the networks come from.
    """
    size = min(_MAX_VALIDATION, settings.pool)
    sets = validation_sets(split.validation, settings.seed, size)
    outputs = network_outputs(networks.glyphs, networks.trajectories, sets)
    calibration = fit_calibration([*outputs.values()])
    composed = compose_lines(split.validation, size, np.random.default_rng((settings.seed, 6)))
    errors = count_errors(calibration, outputs)
    for name, lines in (("rows", composed), ("lines", split.validation_lines)):
        if networks.lines is not None and lines.texts:
            errors[name] = _count_line_errors(networks.lines, lines)
    card = {
        "name": "handwritten digits",
        "network": {"parameters": networks.parameters, "outputs": _OUTPUTS},
        "settings": asdict(settings),
        "sources": split.sources,
        "strangers": split.strangers,
        **(origin or {}),
        "calibration": asdict(calibration),
        "validation": errors,
    }
    log.info("validation: %s", errors)
    exemplars = exemplars_of(networks.glyphs)
    glyphs, trajectories = store_network(networks.glyphs), store_network(networks.trajectories)
    line = None if networks.lines is None else store_network(networks.lines)
    return pack(glyphs.model, card, glyphs.stored, exemplars, trajectories, line)


def network_outputs(
    glyphs: Any, trajectories: Any | None, sets: Mapping[str, ValidationSet]
) -> dict[str, NetworkOutputs]:
    """The outputs of a glyph network and, if there is one, of a trajectory network, for each set."""
    glyph_outputs = predict_sets(glyphs, {name: as_inputs(examples.glyphs) for name, examples in sets.items()})
    trajectory_outputs = {}
    if trajectories is not None:
        inputs = {name: s.trajectories for name, s in sets.items() if s.trajectories is not None}
        trajectory_outputs = predict_sets(trajectories, inputs)
    return {
        name: NetworkOutputs(glyph_outputs[name], examples.labels, trajectory_outputs.get(name))
        for name, examples in sets.items()
    }


def predict_sets(model: Any, inputs: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """The outputs of a Keras network for several sets (n, ...), in one call: calls cost more than small sets."""
    outputs = model.predict(np.concatenate([*inputs.values()]), batch_size=512, verbose=0)
    ends = np.cumsum([len(x) for x in inputs.values()])
    return dict(zip(inputs, np.split(np.asarray(outputs, np.float32), ends[:-1]), strict=True))


def count_errors(calibration: Calibration, outputs: Mapping[str, NetworkOutputs]) -> dict[str, dict[str, int]]:
    """For each set the number of examples, of misread digits, and of digits taken for negatives or the reverse."""
    errors = {}
    for name, examples in outputs.items():
        log_probabilities, digit_probability = calibration.probabilities(
            examples.glyph_outputs, examples.trajectory_outputs
        )
        is_digit = examples.labels < DIGIT_COUNT
        errors[name] = {
            "n": len(examples.labels),
            "misread": int((log_probabilities.argmax(axis=1) != examples.labels)[is_digit].sum()),
            "wrong_side": int(((digit_probability > 0.5) != is_digit).sum()),
        }
    return errors


def _count_line_errors(line_network: Any, lines: LabeledLines) -> dict[str, int]:
    """The number of lines, and of those that the line network alone misreads."""
    logits = line_network.predict(as_inputs(to_line_images(lines.ink)), batch_size=64, verbose=0)
    misread = sum(CtcOutput(steps[0]).labels != text for steps, text in zip(logits, lines.texts, strict=True))
    return {"n": len(lines.texts), "misread": misread}


def store_network(model: Any) -> StoredNetwork:
    """A Keras network in the form that the artifact keeps."""
    return StoredNetwork(to_tflite(model), get_weights(model))


def exemplars_of(glyph_network: Any) -> Exemplars:
    """Exemplars with the embeddings that this glyph network gives them."""

    def embed(glyphs: Glyphs) -> NDArray[np.float32]:
        # `predict` would take longer to prepare than to embed so few glyphs.
        return np.asarray(glyph_network(as_inputs(glyphs), training=False), np.float32)[:, DIGIT_COUNT + 1 :]

    return choose_exemplars(embed)
