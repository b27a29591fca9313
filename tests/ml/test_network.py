"""Keras and LiteRT agree, and a network can be trained from synthetic ink alone."""

from __future__ import annotations

import numpy as np
import pytest

from ml import network, trajectory
from ml.artifact import pack, unpack
from ml.ctc import NOTHING, Steps
from ml.finishing import finish
from ml.glyph import from_strokes
from ml.material import Gathered
from ml.mixture import mix
from ml.progress import Progress, Teller
from ml.reader import SHIPPED, Reader
from ml.runtime import Network, StripNetwork
from ml.strip import HEIGHT, STEP
from ml.strips import Lines, as_texts
from ml.synth import write_digit, write_number
from ml.train import SHARES, Settings, train, train_all

from .conftest import drawn

pytestmark = pytest.mark.slow  # imports TensorFlow, which takes seconds


@pytest.fixture(scope="module")
def keras_model():
    return network.build()


@pytest.fixture(scope="module")
def drawn_model():
    return network.build_trajectory()


@pytest.fixture(scope="module")
def strip_model():
    return network.build_strip()


def test_all_together_are_small(keras_model, drawn_model, strip_model):
    assert sum(model.count_params() for model in (keras_model, drawn_model, strip_model)) < 500_000
    assert strip_model.output_shape == (None, 1, None, NOTHING + 1)
    assert keras_model.output_shape == (None, network.OUTPUTS)
    assert drawn_model.output_shape == (None, network.DIGITS + 1)


def test_the_shipped_weights_give_what_litert_gives(keras_model, reader, rng):
    network.set_weights(keras_model, unpack(SHIPPED.read_bytes()).weights)
    glyphs = np.stack([from_strokes(write_digit(label % 10, rng=rng)) for label in range(41)])
    expected = keras_model(glyphs[..., None] / np.float32(255), training=False).numpy()
    assert np.abs(reader.outputs(glyphs) - expected).max() < 1e-4 * max(1.0, np.abs(expected).max())


def test_so_it_is_with_the_network_on_trajectories(drawn_model, rng):
    held = unpack(SHIPPED.read_bytes()).trajectory
    network.set_weights(drawn_model, held.weights)
    ways = np.stack([trajectory.from_strokes(write_digit(label % 10, rng=rng)) for label in range(41)])
    expected = drawn_model(ways, training=False).numpy()
    found = Network(held.model, ways.shape[1:], network.DIGITS + 1).run(ways)
    assert np.abs(found - expected).max() < 1e-4 * max(1.0, np.abs(expected).max())


@pytest.mark.parametrize("width", [STEP, 36, 128, 132, 700])
def test_so_it_is_with_the_network_on_strips_of_any_width(strip_model, rng, width):
    network.set_weights(strip_model, network.get_weights(strip_model))  # half precision
    strip = rng.integers(0, 256, (HEIGHT, width), np.uint8)
    found = StripNetwork(network.export(strip_model), NOTHING + 1).run(strip)
    padded = np.pad(strip, ((0, 0), (0, -width % 128)))[None, :, :, None] / np.float32(255)
    expected = strip_model(padded, training=False).numpy()[0, 0, : width // STEP]
    assert found.shape == (width // STEP, NOTHING + 1)
    assert np.abs(found - expected).max() < 1e-4 * max(1.0, np.abs(expected).max())


def test_the_loss_of_strips_is_that_of_their_texts(rng):
    logits = rng.normal(size=(3, 1, 9, NOTHING + 1)).astype(np.float32)
    texts = [(4, 0, 7), (5, 5), ()]
    expected = -np.mean([Steps(z[0]).log_chances([text])[0] for z, text in zip(logits, texts, strict=True)])
    assert float(network.strip_loss(as_texts(texts), logits)) == pytest.approx(expected, rel=1e-4)


def test_what_is_exported_holds_the_kernels_that_training_starts_from():
    fresh = network.build_trajectory(seed=5)
    network.set_weights(fresh, network.get_weights(fresh))  # as training ends
    weights, model = network.get_weights(fresh), network.export(fresh)
    opened = unpack(pack(model, {}, weights))
    assert all(array.ndim < 2 for array in opened.stored.values())
    assert opened.weights.keys() == weights.keys()
    assert all(opened.weights[name].tobytes() == array.tobytes() for name, array in weights.items())


def test_weights_of_another_network_are_refused(keras_model):
    weights = network.get_weights(keras_model)
    with pytest.raises(ValueError, match="another network"):
        network.set_weights(keras_model, {**weights, "more": weights["conv0/kernel"]})
    with pytest.raises(ValueError, match="another shape"):
        network.set_weights(keras_model, {**weights, "conv0/kernel": weights["conv1/kernel"]})


def test_training_learns_and_the_same_seed_gives_the_same_network(rng):
    settings = Settings(
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
    once = train(mix({}, settings.seed, settings.pool, settings.batch), settings)
    nothing = Lines([], [])
    told: list[Progress] = []
    networks = train_all(Gathered({}, {}, nothing, nothing, (), {}), settings, Teller(SHARES, told.append))
    first, second = network.get_weights(once), network.get_weights(networks.glyphs)
    assert all(np.allclose(first[name], second[name], atol=1e-3) for name in first)
    assert [(each.stage, each.epoch) for each in told if each.epoch == each.epochs] == [
        ("glyphs", 2),
        ("trajectories", 2),
        ("strips", 3),
    ]
    assert all(each.loss > 0 for each in told)
    fresh = Reader.open(finish(networks, {}, nothing, 3, 200, {"sources": ["synthetic"]}))
    assert fresh.card["sources"] == ["synthetic"]
    assert fresh.card["network"]["parameters"] == networks.parameters
    assert fresh.card["validation"]["rows"]["misread"] < fresh.card["validation"]["rows"]["n"] == 200
    readings = fresh.read([write_digit(label % 10, rng=rng) for label in range(100)])
    assert sum(reading.text == str(i % 10) for i, reading in enumerate(readings)) > 50
    assert len(fresh.explain(write_digit(3, rng=rng)).nearest) == 5  # exemplars of its own
    assert fresh.ask is not None
    assert fresh.read([drawn(write_number("47", rng=rng))])[0].state in {"recognised", "unsure", "not_a_digit"}
