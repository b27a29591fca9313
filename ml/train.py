"""Train the reader: ``python -m ml.train --help``. TensorFlow is imported inside the functions that need it."""

from __future__ import annotations

import argparse
import logging
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ml import artifact, network
from ml.augment import GlyphSource, Mixture, Warper
from ml.datasets import Mnist, held_out, load_mnist

log = logging.getLogger("ml.train")


@dataclass(frozen=True)
class Settings:
    """Everything a run depends on, besides the data."""

    seed: int = 1
    epochs: int = 40  # of 60,000 examples each
    batch: int = 128
    rate: float = 2e-3  # peak; one epoch of warm-up, then a cosine down to 1e-5
    decay: float = 1e-4  # of the kernels
    average: float = (
        0.999  # exponential moving average of the weights; worth about as much as an ensemble of two
    )
    weak_epochs: int = 4
    validation: float = 0.1  # share of the writers that never train

    @property
    def steps_per_epoch(self) -> int:
        return 60_000 // self.batch


def train(mixture: Mixture, settings: Settings) -> Any:
    """A trained Keras network, its weights averaged and its batch statistics taken anew."""
    import keras
    import tensorflow as tf

    model = network.build(settings.seed)
    steps = max(1, settings.epochs * settings.steps_per_epoch)
    rate = keras.optimizers.schedules.CosineDecay(
        settings.rate / 100, steps - settings.steps_per_epoch, alpha=1e-5 / settings.rate,
        warmup_target=settings.rate, warmup_steps=settings.steps_per_epoch,
    )  # fmt: skip
    optimizer = keras.optimizers.AdamW(rate, settings.decay, use_ema=True, ema_momentum=settings.average)
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    model.compile(optimizer, network.loss, jit_compile=False, steps_per_execution=16)
    data = _dataset(mixture, steps, settings)
    model.fit(data, epochs=max(1, settings.epochs), steps_per_epoch=min(steps, settings.steps_per_epoch), verbose=0,
              callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=_log_epoch)])  # fmt: skip
    _take_statistics(model, mixture, settings, tf)
    network.set_weights(model, network.get_weights(model))  # what is exported is what the artifact keeps
    return model


def _dataset(mixture: Mixture, steps: int, settings: Settings) -> Any:
    import tensorflow as tf

    weak = settings.weak_epochs * settings.steps_per_epoch
    signature = (tf.TensorSpec((None, 28, 28), tf.uint8), tf.TensorSpec((None,), tf.int64))
    data = tf.data.Dataset.from_generator(
        lambda: mixture.batches(steps, weak, settings.seed), output_signature=signature
    )
    return data.map(lambda x, y: (tf.cast(x[..., None], tf.float32) / 255.0, y)).prefetch(32)


def _log_epoch(epoch: int, logs: dict[str, float] | None = None) -> None:
    log.info("epoch %d: loss %.4f", epoch + 1, (logs or {}).get("loss", math.nan))


def _take_statistics(model: Any, mixture: Mixture, settings: Settings, tf: Any) -> None:
    """Batch statistics for the averaged weights; those of the last steps belong to weights that are gone."""
    for step in range(100):
        rng = np.random.default_rng((settings.seed, 1, step))
        glyphs = np.concatenate([mixture.batch(rng, 0.3)[0] for _ in range(4)])
        model(tf.constant(glyphs[..., None] / np.float32(255)), training=True)


def mnist_split(mnist: Mnist, settings: Settings) -> tuple[Any, Any]:
    """(n,) masks of the training and the validation glyphs, no writer in both."""
    validation = held_out(mnist.writer_train, settings.validation, seed=0)
    return ~validation, validation


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ml.train", description=__doc__)
    parser.add_argument(
        "--data", type=Path, help="folder with mnist.npz and, if there, pendigits_strokes.npz"
    )
    parser.add_argument("--out", type=Path, default=Path("reader.zip"), help="where the artifact goes")
    parser.add_argument("--epochs", type=int, default=Settings.epochs)
    parser.add_argument("--seed", type=int, default=Settings.seed)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    settings = Settings(seed=options.seed, epochs=options.epochs)
    mnist = load_mnist(options.data)
    training, validation = mnist_split(mnist, settings)
    source = GlyphSource(mnist.x_train[training], mnist.y_train[training], Warper(seed=settings.seed))
    started = time.monotonic()
    model = train(Mixture([(source, settings.batch)]), settings)
    x, y = mnist.x_train[validation], mnist.y_train[validation]
    z = model.predict(x[..., None] / np.float32(255), batch_size=500, verbose=0)[:, :10]
    accuracy = float((z.argmax(1) == y).mean())
    log.info("validation %.4f after %.0f s", accuracy, time.monotonic() - started)
    card = {"settings": asdict(settings), "temperature": 1.0, "validation": accuracy}
    options.out.write_bytes(artifact.pack(network.export(model), card, network.get_weights(model)))


if __name__ == "__main__":
    main()
