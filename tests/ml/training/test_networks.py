"""Keras and LiteRT agree, and a network can be trained from synthetic ink alone."""

from __future__ import annotations

import numpy as np
import pytest

from ml.augmentation.line_batches import pad_labels
from ml.augmentation.sampling import mix_glyphs
from ml.augmentation.synthetic_pool import SyntheticPool
from ml.data.corpus import CorpusSplit, LabeledLines
from ml.decoding.ctc import BLANK, CtcOutput
from ml.inference.artifact import pack, unpack
from ml.inference.litert import BatchNetwork, LineNetwork
from ml.inference.reader import SHIPPED, Reader
from ml.ink import trajectory
from ml.ink.glyph import strokes_to_glyph
from ml.ink.line_image import LINE_HEIGHT, STEP_WIDTH
from ml.progress import Progress
from ml.synthesis.handwriting import write_digit, write_number
from ml.training import networks, train
from ml.training.packaging import package_reader
from ml.training.progress import ProgressReporter
from ml.training.settings import TrainingSettings
from ml.training.train import STAGE_SHARES, NetworkTraining, train_networks
from tests.ml.conftest import drawn

pytestmark = pytest.mark.slow  # imports TensorFlow, which takes seconds


@pytest.fixture(scope="module")
def glyph_model():
    return networks.build_glyph_network()


@pytest.fixture(scope="module")
def trajectory_model():
    return networks.build_trajectory_network()


@pytest.fixture(scope="module")
def line_model():
    return networks.build_line_network()


def test_all_together_are_small(glyph_model, trajectory_model, line_model):
    assert sum(model.count_params() for model in (glyph_model, trajectory_model, line_model)) < 500_000
    assert line_model.output_shape == (None, 1, None, BLANK + 1)
    assert glyph_model.output_shape == (None, networks.OUTPUT_SIZE)
    assert trajectory_model.output_shape == (None, networks.DIGIT_COUNT + 1)


def test_the_shipped_weights_give_what_litert_gives(glyph_model, reader, rng):
    networks.set_weights(glyph_model, unpack(SHIPPED.read_bytes()).weights)
    glyphs = np.stack([strokes_to_glyph(write_digit(label % 10, rng=rng)) for label in range(41)])
    expected = glyph_model(glyphs[..., None] / np.float32(255), training=False).numpy()
    assert np.abs(reader.glyph_outputs(glyphs) - expected).max() < 1e-4 * max(1.0, np.abs(expected).max())


def test_the_shipped_trajectory_network_gives_what_litert_gives(trajectory_model, rng):
    stored = unpack(SHIPPED.read_bytes()).trajectory
    networks.set_weights(trajectory_model, stored.weights)
    trajectories = np.stack(
        [trajectory.strokes_to_trajectory(write_digit(label % 10, rng=rng)) for label in range(41)]
    )
    expected = trajectory_model(trajectories, training=False).numpy()
    outputs = BatchNetwork(stored.model, trajectories.shape[1:], networks.DIGIT_COUNT + 1).run(trajectories)
    assert np.abs(outputs - expected).max() < 1e-4 * max(1.0, np.abs(expected).max())


@pytest.fixture(scope="module")
def exported_line_network(line_model):
    networks.set_weights(line_model, networks.get_weights(line_model))  # half precision
    return LineNetwork(networks.to_tflite(line_model), BLANK + 1)


@pytest.mark.parametrize("width", [STEP_WIDTH, 36, 128, 132, 700])
def test_a_line_network_gives_what_litert_gives_for_any_width(line_model, exported_line_network, rng, width):
    line_image = rng.integers(0, 256, (LINE_HEIGHT, width), np.uint8)
    outputs = exported_line_network.run(line_image)
    padded = np.pad(line_image, ((0, 0), (0, -width % 128)))[None, :, :, None] / np.float32(255)
    expected = line_model(padded, training=False).numpy()[0, 0, : width // STEP_WIDTH]
    assert outputs.shape == (width // STEP_WIDTH, BLANK + 1)
    assert np.abs(outputs - expected).max() < 1e-4 * max(1.0, np.abs(expected).max())


def test_a_fused_normalisation_is_that_of_keras(rng):
    import keras
    import tensorflow as tf

    from ml.training.fused_normalisation import FusedNormalisation

    maps = tf.constant(rng.normal(2, 3, (5, 4, 6, 7)), tf.float32)
    weights = tf.constant(rng.normal(size=maps.shape), tf.float32)

    def use(layer, training):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(maps)
            outputs = layer(maps, training=training)
            weighted = tf.reduce_sum(outputs * weights)
        gradients = tape.gradient(weighted, [maps, layer.gamma, layer.beta])
        return [outputs, *gradients, layer.moving_mean, layer.moving_variance]

    layers = [kind(momentum=0.9, name="norm") for kind in (keras.layers.BatchNormalization, FusedNormalisation)]
    for frozen in (False, True):
        for layer in layers:
            layer.trainable = not frozen
        for training in (True, False):
            expected, fused = (use(layer, training) for layer in layers)
            for one, other in zip(expected, fused, strict=True):
                assert np.allclose(one, other, atol=1e-4)


def test_the_loss_of_line_images_is_that_of_their_texts(rng):
    logits = rng.normal(size=(3, 1, 9, BLANK + 1)).astype(np.float32)
    texts = [(4, 0, 7), (5, 5), ()]
    expected = -np.mean(
        [CtcOutput(z[0]).log_probabilities([text])[0] for z, text in zip(logits, texts, strict=True)]
    )
    assert float(networks.line_loss(pad_labels(texts), logits)) == pytest.approx(expected, rel=1e-4)


def test_what_is_exported_holds_the_kernels_that_training_starts_from():
    fresh = networks.build_trajectory_network(seed=5)
    networks.set_weights(fresh, networks.get_weights(fresh))  # as training ends
    weights, model = networks.get_weights(fresh), networks.to_tflite(fresh)
    opened = unpack(pack(model, {}, weights))
    assert all(array.ndim < 2 for array in opened.stored.values())
    assert opened.weights.keys() == weights.keys()
    assert all(opened.weights[name].tobytes() == array.tobytes() for name, array in weights.items())


def test_weights_of_another_network_are_refused(glyph_model):
    weights = networks.get_weights(glyph_model)
    with pytest.raises(ValueError, match="another network"):
        networks.set_weights(glyph_model, {**weights, "more": weights["conv0/kernel"]})
    with pytest.raises(ValueError, match="another shape"):
        networks.set_weights(glyph_model, {**weights, "conv0/kernel": weights["conv1/kernel"]})


@pytest.fixture
def few_statistics(monkeypatch):
    """Batch statistics from 20 batches instead of 100: enough for the few steps here, in a fifth of the time."""
    monkeypatch.setattr(train, "_STATISTICS_STEPS", 20)


def test_the_same_seed_gives_the_same_network(few_statistics):
    # A high rate, so that weights which saw other batches would differ by far more than the tolerance.
    settings = TrainingSettings(seed=3, epochs=2, examples=160, batch=32, rate=2e-2, average=0.5, pool=60)

    def weights() -> dict[str, np.ndarray]:
        source = mix_glyphs({}, SyntheticPool.write(settings.pool, settings.seed), settings.seed)
        model = networks.build_glyph_network(settings.seed)
        return networks.get_weights(NetworkTraining(model, lambda: source, settings).from_scratch())

    once, again = weights(), weights()
    assert all(np.allclose(once[name], again[name], atol=1e-3) for name in once)


def test_training_from_synthetic_ink_learns(few_statistics, rng):
    settings = TrainingSettings(
        seed=3,
        epochs=2,
        examples=1600,
        batch=32,
        average=0.9,
        drawn_epochs=2,
        strip_epochs=3,
        strip_examples=1600,
        strip_batch=16,
        rows=400,
        weak_epochs=1,
        pool=200,
    )
    no_lines = LabeledLines([], [])
    split = CorpusSplit({}, {}, no_lines, no_lines, ("synthetic",), {})
    told: list[Progress] = []
    trained = train_networks(split, settings, ProgressReporter(STAGE_SHARES, told.append))
    assert [(each.stage, each.epoch) for each in told if each.epoch == each.epochs] == [
        ("glyphs", 2),
        ("trajectories", 2),
        ("strips", 3),
    ]
    assert all(each.loss > 0 for each in told)
    fresh = Reader.open(package_reader(trained, split, settings))
    assert fresh.card["sources"] == ["synthetic"]
    assert fresh.card["network"]["parameters"] == trained.parameters
    assert fresh.card["validation"]["rows"]["misread"] < fresh.card["validation"]["rows"]["n"] == 200
    readings = fresh.read([write_digit(label % 10, rng=rng) for label in range(100)])
    assert sum(reading.text == str(i % 10) for i, reading in enumerate(readings)) > 50
    assert len(fresh.explain(write_digit(3, rng=rng)).nearest) == 5  # exemplars of its own
    assert fresh.read_line is not None
    assert fresh.read([drawn(write_number("47", rng=rng))])[0].state in {"recognised", "unsure", "not_a_digit"}
