"""From trained networks to an artifact: calibrated and measured on writers who did not train."""

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
from ml.data.corpus import Corpus, LabeledInk, LabeledLines
from ml.decoding.calibration import Calibration, NetworkOutputs, fit_calibration
from ml.decoding.ctc import CtcOutput
from ml.inference.artifact import StoredNetwork, pack
from ml.inference.exemplars import Exemplars, choose_exemplars
from ml.ink.glyph import strokes_to_glyph
from ml.ink.trajectory import strokes_to_trajectory
from ml.labels import Glyphs, Labels
from ml.training.networks import DIGIT_COUNT, as_inputs, get_weights, to_tflite

log = logging.getLogger("ml.training.train")

_OUTPUTS = (
    "of glyphs 10 digits, 1 digit-ness, 64 embedding; of trajectories 10 digits, 1 digit-ness; "
    "of each step along a strip 10 digits, 1 nothing"
)


@dataclass(frozen=True)
class TrainedNetworks:
    """Trained Keras networks on glyphs, on trajectories and on strips."""

    glyphs: Any
    trajectories: Any
    strips: Any

    @property
    def parameters(self) -> int:
        return sum(model.count_params() for model in (self.glyphs, self.trajectories, self.strips))


@dataclass(frozen=True)
class ValidationSet:
    """What to validate on: glyphs, labels, and trajectories where they are known."""

    glyphs: Glyphs
    labels: Labels
    trajectories: NDArray[np.float32] | None = None


def validation_sets(material: Corpus, seed: int, most: int) -> dict[str, ValidationSet]:
    """Pictures as they are. Drawings as by more hands (`ml.augmentation.trajectory_batches`), or too few are misread to calibrate by.

    Junk is made of the validation writers' digits.
    """
    rng = np.random.default_rng((seed, 3))
    own = synthetic_digits(most, rng)
    sets = {name: _examined(part, rng) for name, part in {**material, "synthetic": own}.items()}
    signs = synthetic_signs(most, rng)
    sets["signs"] = _drawn(*RecordedStrokes(signs.drawings, signs.labels).draw(most, rng, 0.0), rng)
    sets["lattice_junk"] = _drawn(*LatticeNegatives(*digits_as_strokes(material, own)).draw(most, rng, 0.0), rng)
    if "mnist" in material:
        mnist = material["mnist"].glyphs, material["mnist"].labels
        sets["cut_junk"] = ValidationSet(*CutNegatives(*mnist).draw(most // 2, rng, 0.0))
    return sets


def _examined(part: LabeledInk, rng: np.random.Generator) -> ValidationSet:
    if isinstance(part.ink, np.ndarray):
        return ValidationSet(part.ink, part.labels)
    return _drawn([SizedStrokes(drawing) for drawing in part.ink], part.labels, rng)


def _drawn(ink: Sequence[SizedStrokes], labels: Labels, rng: np.random.Generator) -> ValidationSet:
    ink = [SizedStrokes(vary_strokes(strokes, rng), side) for strokes, side in ink]
    glyphs = np.stack([strokes_to_glyph(strokes, min_side=side) for strokes, side in ink])
    return ValidationSet(glyphs, labels, np.stack([strokes_to_trajectory(strokes, side) for strokes, side in ink]))


def package_reader(
    networks: TrainedNetworks,
    material: Corpus,
    lines: LabeledLines,
    seed: int,
    most: int,
    origin: Mapping[str, Any],
) -> bytes:
    """Calibrate and measure trained networks on validation material and real lines, and pack them as an artifact.

    At most `most` examples are made of each kind of which there can be any number. `origin` goes into the card:
    the settings, and where the training data come from.
    """
    answers = network_outputs(networks.glyphs, networks.trajectories, validation_sets(material, seed, most))
    fitted = fit_calibration([*answers.values()])
    rows = {"rows": compose_lines(material, most, np.random.default_rng((seed, 6))), "lines": lines}
    misread = {name: _misread(networks.strips, some) for name, some in rows.items() if some.texts}
    card = {
        "name": "handwritten digits",
        "network": {"parameters": networks.parameters, "outputs": _OUTPUTS},
        **origin,
        "calibration": asdict(fitted),
        "validation": {**count_errors(fitted, answers), **misread},
    }
    log.info("validation: %s", card["validation"])
    model, *others = (store_network(each) for each in (networks.glyphs, networks.trajectories, networks.strips))
    return pack(model.model, card, model.stored, exemplars_of(networks.glyphs), *others)


def network_outputs(
    glyphs: Any, trajectories: Any | None, sets: Mapping[str, ValidationSet]
) -> dict[str, NetworkOutputs]:
    """What networks on glyphs and, if there is one, on trajectories say of each set."""
    seen = predict_sets(glyphs, {name: as_inputs(each.glyphs) for name, each in sets.items()})
    ways = {name: each.trajectories for name, each in sets.items() if each.trajectories is not None}
    drawn = {} if trajectories is None else predict_sets(trajectories, ways)
    return {name: NetworkOutputs(seen[name], each.labels, drawn.get(name)) for name, each in sets.items()}


def predict_sets(model: Any, inputs: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """What a Keras network says of several sets (n, ...), all in one call: each costs more than a small set."""
    outputs = model.predict(np.concatenate([*inputs.values()]), batch_size=512, verbose=0)
    ends = np.cumsum([len(x) for x in inputs.values()])
    return dict(zip(inputs, np.split(np.asarray(outputs, np.float32), ends[:-1]), strict=True))


def count_errors(fitted: Calibration, answers: Mapping[str, NetworkOutputs]) -> dict[str, dict[str, int | float]]:
    """By set: how many there are, how many digits are misread, how many fall on the wrong side of digit-ness."""
    return {name: _errors(fitted, answer) for name, answer in answers.items()}


def store_network(model: Any) -> StoredNetwork:
    return StoredNetwork(to_tflite(model), get_weights(model))


def exemplars_of(glyphs: Any) -> Exemplars:
    """Exemplars with the embeddings of this network on glyphs."""

    def embed(x: Glyphs) -> NDArray[np.float32]:
        # Called, not asked to predict: it takes longer to prepare that than to embed so few.
        return np.asarray(glyphs(as_inputs(x), training=False), np.float32)[:, DIGIT_COUNT + 1 :]

    return choose_exemplars(embed)


def _errors(fitted: Calibration, answers: NetworkOutputs) -> dict[str, int | float]:
    digits, digitness = fitted.probabilities(answers.outputs, answers.drawn)
    is_digit = answers.labels < DIGIT_COUNT
    misread = int((digits.argmax(axis=1) != answers.labels)[is_digit].sum())
    return {"n": len(answers.labels), "misread": misread, "wrong_side": int(((digitness > 0.5) != is_digit).sum())}


def _misread(strips: Any, lines: LabeledLines) -> dict[str, int]:
    """How many lines there are, and how many the network on strips misreads by itself."""
    logits = strips.predict(as_inputs(to_line_images(lines.ink)), batch_size=64, verbose=0)
    wrong = sum(CtcOutput(steps[0]).labels != text for steps, text in zip(logits, lines.texts, strict=True))
    return {"n": len(lines.texts), "misread": wrong}
