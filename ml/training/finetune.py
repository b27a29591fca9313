"""A reader that learns from what people confirmed, and forgets nothing: fine-tuning, and training from scratch.

Joint training on new examples and a memory of old ones does as well as cleverer ways not to forget, and a small
memory, seen often, does no harm ("On Tiny Episodic Memories in Continual Learning", Chaudhry and others 2019).
TensorFlow is imported inside the functions that need it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ml.augmentation.sampling import mix_glyphs, mix_strokes
from ml.augmentation.sources import Mixture, StrokeSource
from ml.augmentation.synthetic_pool import SyntheticPool
from ml.augmentation.trajectory_batches import VariedTrajectories
from ml.data.corpus import CorpusSplit
from ml.data.gathering import gather_local_corpus
from ml.decoding.calibration import Calibration, NetworkOutputs, fit_calibration, transfer_calibration
from ml.inference.artifact import Artifact, StoredNetwork, pack, unpack
from ml.inference.exemplars import Exemplars
from ml.training.learner import NetworkFinetuning
from ml.training.networks import as_inputs, build_glyph_network, build_trajectory_network, set_weights
from ml.training.packaging import (
    ValidationSet,
    count_errors,
    exemplars_of,
    network_outputs,
    package_reader,
    store_network,
    validation_sets,
)
from ml.training.progress import ProgressCallback, ProgressReporter
from ml.training.reviewed_data import ReviewedDigits, reviewed_glyphs, reviewed_strokes
from ml.training.train import MAX_VALIDATION, STAGE_SHARES, TrainingSettings, train_networks
from ml.training.weight_interpolation import Interpolation, choose_interpolation

# Shares of the stages in the time of a run, as measured for 2,000 new drawings (docs/reader.md).
_SHARES = {"preparing": 0.06, "glyphs": 0.73, "trajectories": 0.12, "choosing": 0.06, "calibrating": 0.03}
_STRIPS = ("rows", "lines")  # what the network on strips was examined on
_REVIEWED = "drawings that people confirmed on this site"


@dataclass(frozen=True)
class FinetuneSettings:
    """Everything a fine-tuning depends on, besides the data."""

    seed: int = 1
    steps: int = 1000  # of the network on glyphs: what two slow cores manage in some minutes
    drawn_steps: int = 1000  # of the network on trajectories
    portion: int = 50  # steps that count as an epoch
    batch: int = 128
    new: float = 0.25  # of a batch; the rest is what the champion learned from
    most_often: int = 3  # times that an example of a rare label counts
    rate: float = 2e-4  # peak; a tenth of that of a training from scratch
    decay: float = 1e-4  # of the kernels
    average: float = 0.995  # exponential moving average of the weights
    shares: tuple[float, ...] = (0.25, 0.5, 0.75, 1.0)  # of the new weights, that are tried
    validation: float = 0.1  # share of the writers of the data sets that never train
    memory: int = 6000  # examples of each part of the data sets that are trained on again,
    pool: int = 3000  # and synthetic digits, and as many signs
    examined: int = 1000  # examples of each part, and synthetic ones, to validate on

    def settings(self, steps: int) -> TrainingSettings:
        """As a training takes them; the last tenth is hardly deformed."""
        portion = min(self.portion, steps)
        epochs = max(1, steps // portion)
        return TrainingSettings(
            seed=self.seed,
            epochs=epochs,
            examples=portion * self.batch,
            batch=self.batch,
            rate=self.rate,
            decay=self.decay,
            average=self.average,
            weak_epochs=epochs // 10,
        )


@dataclass(frozen=True)
class FinetuneResult:
    """The artifact, the champion's own where nothing was better; of each network that learned the share of the new
    weights, and the figures of all shares that were tried, 0 first."""

    artifact: bytes
    chosen: dict[str, float]
    tried: dict[str, tuple[Interpolation, ...]]


def finetune(
    champion: bytes,
    new: ReviewedDigits,
    validation: ReviewedDigits,
    data: Path | None = None,
    tuning: FinetuneSettings = FinetuneSettings(),
    told: ProgressCallback | None = None,
    logs: Path | None = None,
) -> FinetuneResult:
    """Train the networks of the artifact `champion` further, on `new` and on what it learned from.

    That is what the folder `data` holds, and always synthetic ink; nothing is fetched. `validation` is by people
    of whom nothing is in `new`. The network on strips stays as it is, as does that on trajectories where nothing
    was drawn. The same input, on as many threads, gives the same artifact. Under `logs` TensorBoard finds the
    losses.

    Raises ArtifactError, DatasetError, and ValueError where there is nothing to learn from or to validate on.
    """
    if not len(new) or not len(validation):
        raise ValueError("There must be new digits to learn from, and others to validate on.")
    held, teller = unpack(champion), ProgressReporter(_SHARES, told, logs)
    found = _remember(held, data, tuning)
    sets = validation_sets({**found.validation, **validation.material}, tuning.seed, tuning.examined)
    learners = _learners(held, found, new.balanced(tuning.most_often), sets, tuning)
    teller("preparing")
    for learner in learners.values():
        learner.learn(teller)
    tried = {name: learner.try_out(tuning.shares) for name, learner in learners.items()}
    chosen = {name: choose_interpolation(blends).share for name, blends in tried.items()}
    teller("choosing")
    if not any(chosen.values()):
        return FinetuneResult(champion, chosen, tried)
    models = {name: learner.finished(chosen[name]) for name, learner in learners.items()}
    origin = {
        **_heritage(held, found),
        "tuning": {**asdict(tuning), "chosen": chosen},
        "reviewed": _counts(new, validation),
    }
    packed = _packed(held, models, chosen, sets, origin)
    teller("calibrating")
    return FinetuneResult(packed, chosen, tried)


def retrain_from_scratch(
    new: ReviewedDigits,
    validation: ReviewedDigits,
    data: Path | None,
    settings: TrainingSettings | None = None,
    told: ProgressCallback | None = None,
    logs: Path | None = None,
) -> bytes:
    """The artifact of a full training on what the folder `data` holds, on synthetic ink and on `new`.

    Nothing is fetched: without `data` it knows MNIST's hands no more. Under `logs` TensorBoard finds the losses.
    Raises DatasetError.
    """
    settings, teller = settings or TrainingSettings(), ProgressReporter(STAGE_SHARES, told, logs)
    found = gather_local_corpus(data, settings.validation, settings.seed)
    training = {**found.training, **new.balanced(FinetuneSettings.most_often).material}
    teller("preparing")
    networks = train_networks(replace(found, training=training), settings, teller)
    origin = {
        "settings": asdict(settings),
        "sources": [*found.sources, _REVIEWED],
        "strangers": found.strangers,
        "reviewed": _counts(new, validation),
    }
    material = {**found.validation, **validation.material}
    most = min(MAX_VALIDATION, settings.pool)
    packed = package_reader(networks, material, found.validation_lines, settings.seed, most, origin)
    teller("calibrating")
    return packed


def _remember(held: Artifact, data: Path | None, tuning: FinetuneSettings) -> CorpusSplit:
    """What the champion learned from, or what is at hand of it, without the writers whom it never saw."""
    rng = np.random.default_rng((tuning.seed, 7))
    found = gather_local_corpus(data, tuning.validation, _seed(held, tuning), lines=False)
    return replace(
        found,
        training={name: part.sample(tuning.memory, rng) for name, part in found.training.items()},
        validation={name: part.sample(tuning.examined, rng) for name, part in found.validation.items()},
    )


def _seed(held: Artifact, tuning: FinetuneSettings) -> int:
    """That by which the champion's training left out writers."""
    settings = held.card.get("settings")
    seed = settings.get("seed") if isinstance(settings, dict) else None
    return seed if isinstance(seed, int) else tuning.seed


def _learners(
    held: Artifact,
    found: CorpusSplit,
    new: ReviewedDigits,
    examined: Mapping[str, ValidationSet],
    tuning: FinetuneSettings,
) -> dict[str, NetworkFinetuning]:
    """The networks that there is something new for."""
    pool = SyntheticPool.write(tuning.pool, tuning.seed)
    glyphs, ways = _networks(held, tuning.seed)
    source = Mixture(
        [
            (mix_glyphs(found.training, pool, tuning.seed), 1 - tuning.new),
            (reviewed_glyphs(new, tuning.seed), tuning.new),
        ]
    )
    seen = {name: (as_inputs(each.glyphs), each.labels) for name, each in examined.items()}
    learners = {"glyphs": NetworkFinetuning("glyphs", glyphs, source, tuning.settings(tuning.steps), seen)}
    drawn = {n: (e.trajectories, e.labels) for n, e in examined.items() if e.trajectories is not None}
    if ways is not None and len(new.written.labels) and not drawn.keys().isdisjoint(ReviewedDigits.NAMES):
        strokes: StrokeSource = Mixture(
            [(mix_strokes(found.training, pool), 1 - tuning.new), (reviewed_strokes(new), tuning.new)]
        )
        settings = tuning.settings(tuning.drawn_steps)
        learners["trajectories"] = NetworkFinetuning(
            "trajectories", ways, VariedTrajectories(strokes), settings, drawn
        )
    return learners


def _networks(held: Artifact, seed: int) -> tuple[Any, Any | None]:
    """Those of the champion on glyphs and, if it has one, on trajectories, for Keras."""
    glyphs, ways = build_glyph_network(seed), None
    set_weights(glyphs, held.weights)
    if held.trajectory is not None:
        ways = build_trajectory_network(seed)
        set_weights(ways, held.trajectory.weights)
    return glyphs, ways


def _heritage(held: Artifact, found: CorpusSplit) -> dict[str, Any]:
    """The card of the champion, with what was learned from in addition."""
    known = held.card.get("sources")
    before = known if isinstance(known, list) else []
    return {**held.card, "parent": held.version, "sources": [*dict.fromkeys([*before, *found.sources, _REVIEWED])]}


def _counts(new: ReviewedDigits, validation: ReviewedDigits) -> dict[str, dict[str, int]]:
    return {
        name: {"written": len(each.written.labels), "pictures": len(each.pictures.labels)}
        for name, each in (("learned", new), ("validated", validation))
    }


def _packed(
    held: Artifact,
    models: Mapping[str, Any],
    chosen: Mapping[str, float],
    sets: Mapping[str, ValidationSet],
    origin: Mapping[str, Any],
) -> bytes:
    """The new artifact, calibrated; a network that did not change is that of the champion, byte for byte."""
    glyphs, ways = _networks(held, 0)
    before = network_outputs(glyphs, ways, sets)
    glyphs, ways = models["glyphs"], models.get("trajectories", ways)
    after = network_outputs(glyphs, ways, sets)
    known = Calibration.parse(held.card.get("calibration", {}))
    was, now = (_fitted(answers, known.drawn_weight) for answers in (before, after))
    fitted = transfer_calibration(known, was, now)
    card = {
        **origin,
        "calibration": asdict(fitted),
        "validation": {**count_errors(fitted, after), **_strips(held)},
    }
    model: StoredNetwork = store_network(glyphs) if chosen["glyphs"] else held
    index: Exemplars | None = exemplars_of(glyphs) if chosen["glyphs"] else held.exemplars
    drawn = store_network(ways) if chosen.get("trajectories") else held.trajectory
    return pack(model.model, card, model.weights, index, drawn, held.strip)


def _fitted(answers: Mapping[str, NetworkOutputs], drawn_weight: float) -> Calibration:
    """Not to new digits: the champion misreads many, and would seem to have trusted itself far too much."""
    return fit_calibration(
        [a for name, a in answers.items() if name not in ReviewedDigits.NAMES], drawn_weight=drawn_weight
    )


def _strips(held: Artifact) -> dict[str, Any]:
    """How the network on strips, which stays, did when it was examined."""
    known = held.card.get("validation")
    return {name: known[name] for name in _STRIPS if name in known} if isinstance(known, dict) else {}
