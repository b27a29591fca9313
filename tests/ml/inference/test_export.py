"""What is taken away of a version gives the same answers elsewhere."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray

from ml.decoding.ctc import BLANK
from ml.inference.artifact import ArtifactError, pack, unpack
from ml.inference.export import as_onnx, build_download, download_files
from ml.inference.litert import BatchNetwork, LineNetwork
from ml.inference.reader import SHIPPED
from ml.ink import trajectory
from ml.ink.glyph import strokes_to_glyph
from ml.ink.line_image import LINE_HEIGHT, STEP_WIDTH, ink_to_line_image
from ml.synthesis.handwriting import write_digit, write_number
from ml.training import networks
from tests.ml.conftest import drawn
from tests.ml.inference.test_weight_sharing import changed

NETWORKS = ("glyphs", "trajectories", "strips")
CLOSE = 1e-4  # of logits and embeddings, absolute

Inputs = Mapping[str, NDArray[np.float32]]


@pytest.fixture(scope="module")
def artifact() -> bytes:
    return SHIPPED.read_bytes()


@pytest.fixture(scope="module")
def files(artifact) -> dict[str, bytes]:
    return download_files(artifact)


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    """Synthetic writing as each network takes it."""
    rng = np.random.default_rng(11)
    digits = [write_digit(label % 10, rng=rng) for label in range(45)]
    strip = ink_to_line_image(255 - drawn(write_number("2071", rng=rng)))
    strip = np.pad(strip, ((0, 0), (0, -strip.shape[1] % 128)))  # as wide as the site makes them for LiteRT
    return {
        "glyphs": networks.as_inputs(np.stack([strokes_to_glyph(digit) for digit in digits])),
        "trajectories": np.stack([trajectory.strokes_to_trajectory(digit) for digit in digits]),
        "strips": networks.as_inputs(strip[None]),
    }


def by_onnx(model: bytes, name: str, batch: NDArray[np.float32]) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(["outputs"], {name: batch})[0]


def by_litert(model: bytes, name: str, batch: NDArray[np.float32]) -> NDArray[np.float32]:
    if name == "strips":
        strips = np.rint(batch[..., 0] * 255).astype(np.uint8)
        return np.stack([LineNetwork(model, BLANK + 1).run(strip) for strip in strips])[:, None]
    return BatchNetwork(model, batch.shape[1:], networks.DIGIT_COUNT + 1).run(batch)


def by_keras(weights: bytes, name: str, batch: NDArray[np.float32]) -> NDArray[np.float32]:
    build = {
        "glyphs": networks.build_glyph_network,
        "trajectories": networks.build_trajectory_network,
        "strips": networks.build_line_network,
    }
    built = build[name]()
    with np.load(io.BytesIO(weights), allow_pickle=False) as arrays:
        networks.set_weights(built, dict(arrays))
    return built(batch, training=False).numpy()


def furthest(once: NDArray[np.float32], again: NDArray[np.float32]) -> float:
    assert once.shape == again.shape
    assert once.dtype == again.dtype == np.float32
    return float(np.abs(once - again).max())


def test_it_works(artifact, files):
    with zipfile.ZipFile(io.BytesIO(build_download(artifact))) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_STORED}
    sums = dict(reversed(line.split("  ")) for line in found.pop("SHA256SUMS").decode().splitlines())
    assert sums == {name: hashlib.sha256(part).hexdigest() for name, part in found.items()}
    assert found == files
    expected = {f"{name}.{kind}" for name in NETWORKS for kind in ("tflite", "npz", "onnx")}
    assert files.keys() == {"README.txt", "card.json", *expected}


def test_it_holds_what_the_artifact_holds(artifact, files):
    held = unpack(artifact)
    assert json.loads(files["card.json"]) == held.card
    for name, part in zip(NETWORKS, (held, held.trajectory, held.strip), strict=True):
        assert files[f"{name}.tflite"] == part.model
        with np.load(io.BytesIO(files[f"{name}.npz"]), allow_pickle=False) as arrays:
            assert set(arrays.files) == part.weights.keys()
            assert all(np.array_equal(arrays[key], value) for key, value in part.weights.items())


def test_the_same_artifact_gives_the_same_bytes(artifact):
    assert build_download(artifact) == build_download(artifact)


def test_onnx_alone(artifact, files):
    assert as_onnx(artifact) == {f"{name}.onnx": files[f"{name}.onnx"] for name in NETWORKS}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_onnx_files_are_well_formed_and_say_their_version(artifact, files, name):
    model = onnx.load_from_string(files[f"{name}.onnx"])
    onnx.checker.check_model(model, full_check=True)
    assert {entry.key: entry.value for entry in model.metadata_props} == {"version": unpack(artifact).version}


def test_an_artifact_of_one_network_gives_one(artifact):
    held = unpack(artifact)
    alone = pack(held.model, {}, held.weights)
    assert as_onnx(alone).keys() == {"glyphs.onnx"}
    assert download_files(alone).keys() == {
        "README.txt",
        "card.json",
        "glyphs.tflite",
        "glyphs.npz",
        "glyphs.onnx",
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_keras_litert_and_onnx_agree(files, inputs, name):
    batch = inputs[name]
    onnx_says = by_onnx(files[f"{name}.onnx"], name, batch)
    litert_says = by_litert(files[f"{name}.tflite"], name, batch)
    keras_says = by_keras(files[f"{name}.npz"], name, batch)
    assert np.abs(keras_says).max() > 1  # they do say something
    assert furthest(keras_says, litert_says) < CLOSE
    assert furthest(keras_says, onnx_says) < CLOSE
    assert furthest(litert_says, onnx_says) < CLOSE


@pytest.mark.slow
def test_so_they_do_once_weights_have_changed(inputs, rng):
    """As after training: other weights, of which some filters are dead and some are turned round."""
    built = networks.build_trajectory_network(seed=4)
    for layer in built.layers:
        if layer.name.startswith("along_norm"):
            gamma = rng.normal(1, 0.8, layer.gamma.shape)
            gamma[0] = 0
            layer.gamma.assign(gamma)
            layer.beta.assign(rng.normal(0, 0.1, layer.beta.shape))
    networks.set_weights(built, networks.get_weights(built))  # half precision, as training ends
    batch, model = inputs["trajectories"], networks.to_tflite(built)
    held = unpack(SHIPPED.read_bytes())
    made = as_onnx(pack(model, {}, networks.get_weights(built)))["glyphs.onnx"]
    assert held.trajectory.model != model
    says = by_onnx(made, "glyphs", batch)
    assert furthest(by_litert(model, "trajectories", batch), says) < CLOSE
    assert furthest(built(batch, training=False).numpy(), says) < CLOSE


@pytest.mark.parametrize("name", ["glyphs", "trajectories"])
@pytest.mark.parametrize("count", [0, 1, 7])
def test_batches_may_have_any_size(files, inputs, name, count):
    whole = by_onnx(files[f"{name}.onnx"], name, inputs[name])
    some = by_onnx(files[f"{name}.onnx"], name, inputs[name][:count])
    assert some.shape == (count, whole.shape[1])
    assert np.allclose(some, whole[:count], rtol=0, atol=CLOSE)


@pytest.mark.parametrize("width", [STEP_WIDTH, 36, 128, 700])
def test_strips_may_have_any_width(files, rng, width):
    strips = rng.random((2, LINE_HEIGHT, width, 1), dtype=np.float32)
    said = by_onnx(files["strips.onnx"], "strips", strips)
    assert said.shape == (2, 1, width // STEP_WIDTH, BLANK + 1)
    assert np.allclose(said[1:], by_onnx(files["strips.onnx"], "strips", strips[1:]), rtol=0, atol=CLOSE)


@pytest.mark.parametrize("take", [as_onnx, download_files, build_download])
def test_no_artifact(take):
    with pytest.raises(ArtifactError):
        take(b"no zip at all")


@pytest.mark.parametrize("take", [as_onnx, download_files, build_download])
def test_a_network_that_litert_cannot_open_is_refused(take):
    with pytest.raises(ArtifactError, match="ONNX"):
        take(pack(b"not a network", {}, {}))


def another_activation(tables):
    next(
        op for op in tables.subgraphs[0].operators if has_activation(op)
    ).builtinOptions.fusedActivationFunction = 3


def has_activation(operator) -> bool:
    return getattr(operator.builtinOptions, "fusedActivationFunction", 0) == 1


def another_operation(tables):
    """A difference where parts are put together; LiteRT opens it."""
    from ai_edge_litert.schema_py_generated import BuiltinOperator, BuiltinOptions, SubOptionsT

    sought = [code.builtinCode for code in tables.operatorCodes].index(BuiltinOperator.CONCATENATION)
    tables.operatorCodes[sought].builtinCode = BuiltinOperator.SUB
    tables.operatorCodes[sought].deprecatedBuiltinCode = BuiltinOperator.SUB
    for operator in tables.subgraphs[0].operators:
        if operator.opcodeIndex == sought:
            operator.builtinOptionsType, operator.builtinOptions = BuiltinOptions.SubOptions, SubOptionsT()


def a_shape_as_data(tables):
    operators = tables.subgraphs[0].operators
    first = next(i for i, operator in enumerate(operators) if has_activation(operator))
    operators[first].inputs = [operators[first - 2].outputs[0], *operators[first].inputs[1:]]


def two_outputs(tables):
    tables.subgraphs[0].outputs = [*tables.subgraphs[0].outputs, tables.subgraphs[0].operators[-2].outputs[0]]


@pytest.mark.parametrize("change", [another_activation, another_operation, a_shape_as_data, two_outputs])
def test_what_has_no_translation_is_refused_and_not_left_out(artifact, change):
    model = changed(unpack(artifact).trajectory.model, change)
    with pytest.raises(ArtifactError, match="ONNX"):
        as_onnx(pack(model, {}, {}))


def test_a_change_that_changes_nothing_is_none(artifact):
    model = changed(unpack(artifact).trajectory.model, lambda tables: None)
    assert as_onnx(pack(model, {}, {})).keys() == {"glyphs.onnx"}


LOADED = """
import sys
import ml.inference.export
heavy = ["tensorflow", "keras", "onnx", "google.protobuf", "ai_edge_litert"]
print([name for name in heavy if name in sys.modules])
from ml.inference.reader import SHIPPED
ml.inference.export.build_download(SHIPPED.read_bytes())
print([name for name in heavy[:2] if name in sys.modules])
"""


def test_it_is_light():
    """Nothing of weight is imported before something is asked for, and TensorFlow not then either."""
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n") == ["[]", "[]", ""]
