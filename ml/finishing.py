"""From trained networks to an artifact: calibrated and measured on writers who did not train."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml import artifact, calibration, exemplars, network, trajectory
from ml.artifact import Trained
from ml.augment import Glyphs, Ink, Labels, Warper
from ml.composition import compose_rows
from ml.ctc import Steps
from ml.glyph import from_strokes
from ml.junk import CutJunk, LatticeJunk, sign_source
from ml.material import Material, Part
from ml.mixture import drawn_digits, written
from ml.network import as_inputs
from ml.strips import Lines, as_strips
from ml.variation import vary

log = logging.getLogger("ml.train")

_OUTPUTS = (
    "of glyphs 10 digits, 1 digit-ness, 64 embedding; of trajectories 10 digits, 1 digit-ness; "
    "of each step along a strip 10 digits, 1 nothing"
)


@dataclass(frozen=True)
class Networks:
    """Trained Keras networks on glyphs, on trajectories and on strips."""

    glyphs: Any
    trajectories: Any
    strips: Any

    @property
    def parameters(self) -> int:
        return sum(model.count_params() for model in (self.glyphs, self.trajectories, self.strips))


@dataclass(frozen=True)
class Examined:
    """What to validate on: glyphs, labels, and trajectories where they are known."""

    glyphs: Glyphs
    labels: Labels
    trajectories: NDArray[np.float32] | None = None


def validation_sets(material: Material, seed: int, most: int) -> dict[str, Examined]:
    """Pictures as they are. Drawings as by more hands (`ml.variation`), or too few are misread to calibrate by.

    Junk is made of the validation writers' digits.
    """
    rng = np.random.default_rng((seed, 3))
    still = Warper(seed=0)
    own = written(most, rng)
    sets = {name: _examined(part, rng) for name, part in {**material, "synthetic": own}.items()}
    sets["signs"] = _drawn(*sign_source(most, rng, still).ink(most, rng, 0.0), rng)
    sets["lattice_junk"] = _drawn(*LatticeJunk(*drawn_digits(material, own), still).ink(most, rng, 0.0), rng)
    if "mnist" in material:
        mnist = material["mnist"].glyphs, material["mnist"].labels
        sets["cut_junk"] = Examined(*CutJunk(*mnist, still).draw(most // 2, rng, 0.0))
    return sets


def _examined(part: Part, rng: np.random.Generator) -> Examined:
    if isinstance(part.ink, np.ndarray):
        return Examined(part.ink, part.labels)
    return _drawn([(drawing, 0.0) for drawing in part.ink], part.labels, rng)


def _drawn(ink: Sequence[Ink], labels: Labels, rng: np.random.Generator) -> Examined:
    ink = [(vary(strokes, rng), side) for strokes, side in ink]
    glyphs = np.stack([from_strokes(strokes, at_least=side) for strokes, side in ink])
    return Examined(glyphs, labels, np.stack([trajectory.from_strokes(strokes, side) for strokes, side in ink]))


def finish(
    networks: Networks, material: Material, lines: Lines, seed: int, most: int, origin: Mapping[str, Any]
) -> bytes:
    """Calibrate and measure trained networks on validation material and real lines, and pack them as an artifact.

    At most `most` examples are made of each kind of which there can be any number. `origin` goes into the card:
    the settings, and where the training data come from.
    """
    answers = answers_of(networks.glyphs, networks.trajectories, validation_sets(material, seed, most))
    fitted = calibration.fit([*answers.values()])
    rows = {"rows": compose_rows(material, most, np.random.default_rng((seed, 6))), "lines": lines}
    misread = {name: _misread(networks.strips, some) for name, some in rows.items() if some.texts}
    card = {
        "name": "handwritten digits",
        "network": {"parameters": networks.parameters, "outputs": _OUTPUTS},
        **origin,
        "calibration": asdict(fitted),
        "validation": {**errors_of(fitted, answers), **misread},
    }
    log.info("validation: %s", card["validation"])
    model, *others = (exported(each) for each in (networks.glyphs, networks.trajectories, networks.strips))
    return artifact.pack(model.model, card, model.stored, index_of(networks.glyphs), *others)


def answers_of(
    glyphs: Any, trajectories: Any | None, sets: Mapping[str, Examined]
) -> dict[str, calibration.Answers]:
    """What networks on glyphs and, if there is one, on trajectories say of each set."""
    seen = ask(glyphs, {name: as_inputs(each.glyphs) for name, each in sets.items()})
    ways = {name: each.trajectories for name, each in sets.items() if each.trajectories is not None}
    drawn = {} if trajectories is None else ask(trajectories, ways)
    return {name: calibration.Answers(seen[name], each.labels, drawn.get(name)) for name, each in sets.items()}


def ask(model: Any, inputs: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """What a Keras network says of several sets (n, ...), all in one call: each costs more than a small set."""
    outputs = model.predict(np.concatenate([*inputs.values()]), batch_size=512, verbose=0)
    ends = np.cumsum([len(x) for x in inputs.values()])
    return dict(zip(inputs, np.split(np.asarray(outputs, np.float32), ends[:-1]), strict=True))


def errors_of(
    fitted: calibration.Calibration, answers: Mapping[str, calibration.Answers]
) -> dict[str, dict[str, int | float]]:
    """By set: how many there are, how many digits are misread, how many fall on the wrong side of digit-ness."""
    return {name: _errors(fitted, answer) for name, answer in answers.items()}


def exported(model: Any) -> Trained:
    return Trained(network.export(model), network.get_weights(model))


def index_of(glyphs: Any) -> exemplars.Exemplars:
    """Exemplars with the embeddings of this network on glyphs."""

    def embed(x: Glyphs) -> NDArray[np.float32]:
        # Called, not asked to predict: it takes longer to prepare that than to embed so few.
        return np.asarray(glyphs(as_inputs(x), training=False), np.float32)[:, network.DIGITS + 1 :]

    return exemplars.choose(embed)


def _errors(fitted: calibration.Calibration, answers: calibration.Answers) -> dict[str, int | float]:
    digits, digitness = fitted.probabilities(answers.outputs, answers.drawn)
    is_digit = answers.labels < network.DIGITS
    misread = int((digits.argmax(axis=1) != answers.labels)[is_digit].sum())
    return {"n": len(answers.labels), "misread": misread, "wrong_side": int(((digitness > 0.5) != is_digit).sum())}


def _misread(strips: Any, lines: Lines) -> dict[str, int]:
    """How many lines there are, and how many the network on strips misreads by itself."""
    logits = strips.predict(as_inputs(as_strips(lines.ink)), batch_size=64, verbose=0)
    wrong = sum(Steps(steps[0]).labels != text for steps, text in zip(logits, lines.texts, strict=True))
    return {"n": len(lines.texts), "misread": wrong}
