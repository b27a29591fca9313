"""Fine-tune a reader on reviewed digits, or train one from scratch with them.

Fine-tuning replays examples of what the champion learned from beside the new digits. Joint training on new
examples and a memory of old ones does as well as more elaborate ways not to forget, and a small memory, seen
often, does no harm ("On Tiny Episodic Memories in Continual Learning", Chaudhry and others 2019). TensorFlow is
imported only inside functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ml.augmentation.sampling import mix_glyphs, mix_strokes
from ml.augmentation.sources import Mixture, StrokeSource
from ml.augmentation.synthetic_pool import SyntheticPool
from ml.augmentation.trajectory_batches import VariedTrajectories
from ml.data.corpus import CorpusSplit
from ml.data.gathering import gather_local_corpus
from ml.data.split_plan import SplitPlan
from ml.decoding.calibration import Calibration
from ml.decoding.calibration_fitting import fit_calibration, transfer_calibration
from ml.inference.artifact import Artifact, pack, unpack
from ml.progress import ProgressCallback
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
from ml.training.progress import ProgressReporter
from ml.training.reviewed_data import ReviewedDigits, reviewed_glyphs, reviewed_strokes
from ml.training.settings import TrainingSettings
from ml.training.train import STAGE_SHARES, BatchSource, EpochCallback, continue_training, train_networks
from ml.training.weight_interpolation import (
    Interpolation,
    LabeledInputs,
    WeightInterpolator,
    choose_interpolation,
)

# The stages and their shares in the time of a fine-tuning, measured for 2,000 new drawings (docs/experiments.md).
# The names are stored with training runs.
_STAGE_SHARES = {"preparing": 0.06, "glyphs": 0.73, "trajectories": 0.12, "choosing": 0.06, "calibrating": 0.03}
_LINE_SETS = ("rows", "lines")  # the validation sets of the line network
_REVIEWED = "drawings that people confirmed on this site"  # among the sources in the card


@dataclass(frozen=True)
class FinetuneSettings:
    """Everything that a fine-tuning depends on besides its data. The field names are stored in artifacts."""

    seed: int = 1
    steps: int = 1000  # of the glyph network: what two slow cores manage in some minutes
    drawn_steps: int = 1000  # of the trajectory network
    portion: int = 50  # steps in an epoch
    batch: int = 128
    new: float = 0.25  # share of new digits in a batch; the rest is replayed
    most_often: int = 3  # the most times that an example of a rare label counts
    rate: float = 2e-4  # peak of the learning rate; a tenth of that of a training from scratch
    decay: float = 1e-4  # of the kernels
    average: float = 0.995  # exponential moving average of the weights
    shares: tuple[float, ...] = (0.25, 0.5, 0.75, 1.0)  # of the new weights, to choose from
    validation: float = 0.1  # share of the writers of the data sets who are held out
    memory: int = 6000  # examples of each part of the data sets to replay
    pool: int = 3000  # synthetic digits to replay, and as many signs
    examined: int = 1000  # examples of each part to validate on, and synthetic ones

    def for_steps(self, steps: int) -> TrainingSettings:
        """The settings of a training of so many steps, with hardly any deformation in the last tenth."""
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
    """A fine-tuned artifact, or the champion's own where nothing was better.

    By the name of each network that was trained: the share of the new weights that was chosen, and the losses with
    all shares that were tried, 0 first.
    """

    artifact: bytes
    chosen: dict[str, float]
    tried: dict[str, tuple[Interpolation, ...]]


class _NetworkFinetuning:
    """The fine-tuning of one Keras network with batches from `source`.

    `validation` holds labeled inputs by the names of their sets; those of new digits are `ReviewedDigits.NAMES`.
    """

    def __init__(
        self, model: Any, source: BatchSource, settings: TrainingSettings, validation: Mapping[str, LabeledInputs]
    ) -> None:
        self._interpolator = WeightInterpolator(model)
        self._source, self._settings, self._validation = source, settings, validation

    def train(self, on_epoch: EpochCallback) -> None:
        """Train the network further."""
        continue_training(self._interpolator.model, self._source, self._settings, on_epoch)
        self._interpolator.mark_trained()

    def evaluate(self, shares: Sequence[float]) -> tuple[Interpolation, ...]:
        """Validate the network without the new weights, and with each share of them."""
        return tuple(
            self._interpolator.evaluate(share, self._validation, ReviewedDigits.NAMES) for share in (0.0, *shares)
        )

    def network(self, share: float) -> Any:
        """The Keras network with this share of the new weights."""
        self._interpolator.set_share(share)
        return self._interpolator.model


def finetune(
    champion: bytes,
    new: ReviewedDigits,
    validation: ReviewedDigits,
    data: Path | None = None,
    settings: FinetuneSettings = FinetuneSettings(),
    on_progress: ProgressCallback | None = None,
    logs: Path | None = None,
) -> FinetuneResult:
    """Train the networks of the artifact `champion` further, on `new` digits and on replayed ones.

    Replayed are the data sets in the folder `data`, and always synthetic ink; nothing is downloaded. `validation`
    must hold no digits by writers of `new`. The line network stays as it is; so does the trajectory network where
    nothing was drawn. The same input on the same number of threads gives the same artifact. Under `logs` the
    losses are written for TensorBoard.

    Raises ArtifactError, DatasetError, and ValueError where there is nothing to learn from or to validate on.
    """
    if not len(new) or not len(validation):
        raise ValueError("There must be new digits to learn from, and others to validate on.")
    parent, reporter = unpack(champion), ProgressReporter(_STAGE_SHARES, on_progress, logs)
    replay = _gather_replay(parent, data, settings)
    sets = validation_sets({**replay.validation, **validation.corpus}, settings.seed, settings.examined)
    tasks = _prepare_networks(parent, replay, new.balanced(settings.most_often), sets, settings)
    reporter.report("preparing")
    for name, task in tasks.items():
        task.train(partial(reporter.report, name))
    tried = {name: task.evaluate(settings.shares) for name, task in tasks.items()}
    chosen = {name: choose_interpolation(interpolations).share for name, interpolations in tried.items()}
    reporter.report("choosing")
    if not any(chosen.values()):
        return FinetuneResult(champion, chosen, tried)
    networks = {name: task.network(chosen[name]) for name, task in tasks.items()}
    sources = parent.card.get("sources")
    known_sources = sources if isinstance(sources, list) else []
    card = {
        **parent.card,
        "parent": parent.version,
        "sources": [*dict.fromkeys([*known_sources, *replay.sources, _REVIEWED])],
        "tuning": {**asdict(settings), "chosen": chosen},
        "reviewed": _count_reviewed(new, validation),
    }
    artifact = _package(parent, networks, chosen, sets, card)
    reporter.report("calibrating")
    return FinetuneResult(artifact, chosen, tried)


def retrain_from_scratch(
    new: ReviewedDigits,
    validation: ReviewedDigits,
    data: Path | None,
    settings: TrainingSettings | None = None,
    on_progress: ProgressCallback | None = None,
    logs: Path | None = None,
) -> bytes:
    """Train all networks from scratch on the data sets in `data`, synthetic ink and `new` digits; the artifact.

    Nothing is downloaded: without `data` there is no MNIST. Under `logs` the losses are written for TensorBoard.
    Raises DatasetError.
    """
    settings, reporter = settings or TrainingSettings(), ProgressReporter(STAGE_SHARES, on_progress, logs)
    split = gather_local_corpus(data, SplitPlan(settings.validation, settings.seed))
    split = replace(
        split,
        training={**split.training, **new.balanced(FinetuneSettings.most_often).corpus},
        validation={**split.validation, **validation.corpus},
        sources=(*split.sources, _REVIEWED),
    )
    reporter.report("preparing")
    networks = train_networks(split, settings, reporter)
    artifact = package_reader(networks, split, settings, {"reviewed": _count_reviewed(new, validation)})
    reporter.report("calibrating")
    return artifact


def _gather_replay(parent: Artifact, data: Path | None, settings: FinetuneSettings) -> CorpusSplit:
    """A sample of what the champion learned from, as far as `data` has it. Writers whom it never saw validate."""
    training = parent.card.get("settings")
    seed = training.get("seed") if isinstance(training, dict) else None
    split_seed = seed if isinstance(seed, int) else settings.seed
    split = gather_local_corpus(data, SplitPlan(settings.validation, split_seed), lines=False)
    rng = np.random.default_rng((settings.seed, 7))
    return replace(
        split,
        training={name: part.sample(settings.memory, rng) for name, part in split.training.items()},
        validation={name: part.sample(settings.examined, rng) for name, part in split.validation.items()},
    )


def _prepare_networks(
    parent: Artifact,
    replay: CorpusSplit,
    new: ReviewedDigits,
    sets: Mapping[str, ValidationSet],
    settings: FinetuneSettings,
) -> dict[str, _NetworkFinetuning]:
    """The glyph network, and the trajectory network if new drawings can train and validate it."""
    pool = SyntheticPool.write(settings.pool, settings.seed)
    glyph_network, trajectory_network = _networks_of(parent, settings.seed)
    replayed = mix_glyphs(replay.training, pool, settings.seed)
    glyphs = Mixture([(replayed, 1 - settings.new), (reviewed_glyphs(new, settings.seed), settings.new)])
    glyph_sets = {name: (as_inputs(examples.glyphs), examples.labels) for name, examples in sets.items()}
    tasks = {"glyphs": _NetworkFinetuning(glyph_network, glyphs, settings.for_steps(settings.steps), glyph_sets)}
    trajectory_sets = {name: (s.trajectories, s.labels) for name, s in sets.items() if s.trajectories is not None}
    can_validate = not trajectory_sets.keys().isdisjoint(ReviewedDigits.NAMES)
    if trajectory_network is not None and len(new.written.labels) and can_validate:
        strokes: StrokeSource = Mixture(
            [(mix_strokes(replay.training, pool), 1 - settings.new), (reviewed_strokes(new), settings.new)]
        )
        tasks["trajectories"] = _NetworkFinetuning(
            trajectory_network,
            VariedTrajectories(strokes),
            settings.for_steps(settings.drawn_steps),
            trajectory_sets,
        )
    return tasks


def _networks_of(parent: Artifact, seed: int) -> tuple[Any, Any | None]:
    """The glyph network and, if there is one, the trajectory network of the champion, for Keras."""
    glyph_network, trajectory_network = build_glyph_network(seed), None
    set_weights(glyph_network, parent.weights)
    if parent.trajectory is not None:
        trajectory_network = build_trajectory_network(seed)
        set_weights(trajectory_network, parent.trajectory.weights)
    return glyph_network, trajectory_network


def _count_reviewed(new: ReviewedDigits, validation: ReviewedDigits) -> dict[str, dict[str, int]]:
    """The numbers of drawings and of pictures, for the card."""
    return {
        name: {"written": len(digits.written.labels), "pictures": len(digits.pictures.labels)}
        for name, digits in (("learned", new), ("validated", validation))
    }


def _package(
    parent: Artifact,
    networks: Mapping[str, Any],
    chosen: Mapping[str, float],
    sets: Mapping[str, ValidationSet],
    card: Mapping[str, Any],
) -> bytes:
    """The new artifact, calibrated. A network that did not change is that of the champion, byte for byte."""
    old_glyphs, old_trajectories = _networks_of(parent, 0)
    old_outputs = network_outputs(old_glyphs, old_trajectories, sets)
    glyphs, trajectories = networks["glyphs"], networks.get("trajectories", old_trajectories)
    outputs = network_outputs(glyphs, trajectories, sets)
    known = Calibration.parse(parent.card.get("calibration", {}))
    # Fit without the new digits: the champion misreads many of them, and would seem far too sure of itself.
    replayed = [name for name in sets if name not in ReviewedDigits.NAMES]
    old_fit, new_fit = (
        fit_calibration([by_set[name] for name in replayed], drawn_weight=known.drawn_weight)
        for by_set in (old_outputs, outputs)
    )
    calibration = transfer_calibration(known, old_fit, new_fit)
    errors: dict[str, Any] = {**count_errors(calibration, outputs)}
    if isinstance(known_errors := parent.card.get("validation"), dict):
        # The line network stays, and so do its errors.
        errors |= {name: known_errors[name] for name in _LINE_SETS if name in known_errors}
    new_card = {**card, "calibration": asdict(calibration), "validation": errors}
    network = store_network(glyphs) if chosen["glyphs"] else parent
    exemplars = exemplars_of(glyphs) if chosen["glyphs"] else parent.exemplars
    trajectory = store_network(trajectories) if chosen.get("trajectories") else parent.trajectory
    return pack(network.model, new_card, network.weights, exemplars, trajectory, parent.line)
