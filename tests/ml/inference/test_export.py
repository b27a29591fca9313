"""The files of a download are complete, and its networks agree in Keras, LiteRT and ONNX."""

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
from ml.inference.export import build_download, download_files
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
TOLERANCE = 1e-4  # absolute, of logits and embeddings

Inputs = Mapping[str, NDArray[np.float32]]


@pytest.fixture(scope="module")
def artifact() -> bytes:
    return SHIPPED.read_bytes()


@pytest.fixture(scope="module")
def files(artifact) -> dict[str, bytes]:
    return download_files(artifact)


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    """A batch of synthetic writing for each network."""
    rng = np.random.default_rng(11)
    digits = [write_digit(label % 10, rng=rng) for label in range(45)]
    line_image = ink_to_line_image(255 - drawn(write_number("2071", rng=rng)))
    # The site pads line images for LiteRT to multiples of 128.
    line_image = np.pad(line_image, ((0, 0), (0, -line_image.shape[1] % 128)))
    return {
        "glyphs": networks.as_inputs(np.stack([strokes_to_glyph(digit) for digit in digits])),
        "trajectories": np.stack([trajectory.strokes_to_trajectory(digit) for digit in digits]),
        "strips": networks.as_inputs(line_image[None]),
    }


def run_onnx(model: bytes, name: str, batch: NDArray[np.float32]) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(["outputs"], {name: batch})[0]


def run_litert(model: bytes, name: str, batch: NDArray[np.float32]) -> NDArray[np.float32]:
    if name == "strips":
        line_images = np.rint(batch[..., 0] * 255).astype(np.uint8)
        return np.stack([LineNetwork(model, BLANK + 1).run(image) for image in line_images])[:, None]
    return BatchNetwork(model, batch.shape[1:], networks.DIGIT_COUNT + 1).run(batch)


def run_keras(weights: bytes, name: str, batch: NDArray[np.float32]) -> NDArray[np.float32]:
    build = {
        "glyphs": networks.build_glyph_network,
        "trajectories": networks.build_trajectory_network,
        "strips": networks.build_line_network,
    }
    network = build[name]()
    with np.load(io.BytesIO(weights), allow_pickle=False) as arrays:
        networks.set_weights(network, dict(arrays))
    return network(batch, training=False).numpy()


def largest_difference(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    assert first.shape == second.shape
    assert first.dtype == second.dtype == np.float32
    return float(np.abs(first - second).max())


def test_it_works(artifact, files):
    with zipfile.ZipFile(io.BytesIO(build_download(artifact))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_STORED}
    sums = dict(reversed(line.split("  ")) for line in members.pop("SHA256SUMS").decode().splitlines())
    assert sums == {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    assert members == files
    expected = {f"{name}.{kind}" for name in NETWORKS for kind in ("tflite", "npz", "onnx")}
    assert files.keys() == {"README.txt", "card.json", *expected}


def test_it_holds_what_the_artifact_holds(artifact, files):
    opened = unpack(artifact)
    assert json.loads(files["card.json"]) == opened.card
    for name, network in zip(NETWORKS, (opened, opened.trajectory, opened.line), strict=True):
        assert files[f"{name}.tflite"] == network.model
        with np.load(io.BytesIO(files[f"{name}.npz"]), allow_pickle=False) as arrays:
            assert set(arrays.files) == network.weights.keys()
            assert all(np.array_equal(arrays[key], value) for key, value in network.weights.items())


def test_the_same_artifact_gives_the_same_bytes(artifact):
    assert build_download(artifact) == build_download(artifact)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_onnx_files_are_well_formed_and_say_their_version(artifact, files, name):
    model = onnx.load_from_string(files[f"{name}.onnx"])
    onnx.checker.check_model(model, full_check=True)
    assert {entry.key: entry.value for entry in model.metadata_props} == {"version": unpack(artifact).version}


def test_an_artifact_of_one_network_gives_one(artifact):
    opened = unpack(artifact)
    glyph_network_only = pack(opened.model, {}, opened.weights)
    assert download_files(glyph_network_only).keys() == {
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
    onnx_outputs = run_onnx(files[f"{name}.onnx"], name, batch)
    litert_outputs = run_litert(files[f"{name}.tflite"], name, batch)
    keras_outputs = run_keras(files[f"{name}.npz"], name, batch)
    assert np.abs(keras_outputs).max() > 1  # outputs near 0 would agree by themselves
    assert largest_difference(keras_outputs, litert_outputs) < TOLERANCE
    assert largest_difference(keras_outputs, onnx_outputs) < TOLERANCE
    assert largest_difference(litert_outputs, onnx_outputs) < TOLERANCE


@pytest.mark.slow
def test_they_agree_after_training_too(inputs, rng):
    """With other weights: some filters are dead, and of some the sign is reversed."""
    network = networks.build_trajectory_network(seed=4)
    for layer in network.layers:
        if layer.name.startswith("along_norm"):
            gamma = rng.normal(1, 0.8, layer.gamma.shape)
            gamma[0] = 0
            layer.gamma.assign(gamma)
            layer.beta.assign(rng.normal(0, 0.1, layer.beta.shape))
    networks.set_weights(
        network, networks.get_weights(network)
    )  # round to half precision, as at the end of training
    batch, model = inputs["trajectories"], networks.to_tflite(network)
    assert unpack(SHIPPED.read_bytes()).trajectory.model != model
    files = download_files(pack(model, {}, networks.get_weights(network)))
    onnx_outputs = run_onnx(files["glyphs.onnx"], "glyphs", batch)
    assert largest_difference(run_litert(model, "trajectories", batch), onnx_outputs) < TOLERANCE
    assert largest_difference(network(batch, training=False).numpy(), onnx_outputs) < TOLERANCE


@pytest.mark.parametrize("name", ["glyphs", "trajectories"])
@pytest.mark.parametrize("count", [0, 1, 7])
def test_batches_may_have_any_size(files, inputs, name, count):
    all_outputs = run_onnx(files[f"{name}.onnx"], name, inputs[name])
    outputs = run_onnx(files[f"{name}.onnx"], name, inputs[name][:count])
    assert outputs.shape == (count, all_outputs.shape[1])
    assert np.allclose(outputs, all_outputs[:count], rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("width", [STEP_WIDTH, 36, 128, 700])
def test_line_images_may_have_any_width(files, rng, width):
    line_images = rng.random((2, LINE_HEIGHT, width, 1), dtype=np.float32)
    outputs = run_onnx(files["strips.onnx"], "strips", line_images)
    assert outputs.shape == (2, 1, width // STEP_WIDTH, BLANK + 1)
    second_alone = run_onnx(files["strips.onnx"], "strips", line_images[1:])
    assert np.allclose(outputs[1:], second_alone, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("export", [download_files, build_download])
def test_a_file_that_is_no_artifact_is_refused(export):
    with pytest.raises(ArtifactError):
        export(b"no zip at all")


@pytest.mark.parametrize("export", [download_files, build_download])
def test_a_network_that_litert_cannot_open_is_refused(export):
    with pytest.raises(ArtifactError, match="ONNX"):
        export(pack(b"not a network", {}, {}))


def has_relu(operator) -> bool:
    return getattr(operator.builtinOptions, "fusedActivationFunction", 0) == 1


def use_another_activation(tables):
    """RELU6 in place of the first RELU."""
    operators = tables.subgraphs[0].operators
    next(operator for operator in operators if has_relu(operator)).builtinOptions.fusedActivationFunction = 3


def use_another_operation(tables):
    """SUB in place of CONCATENATION; LiteRT opens the network."""
    from ai_edge_litert.schema_py_generated import BuiltinOperator, BuiltinOptions, SubOptionsT

    codes = tables.operatorCodes
    index = [code.builtinCode for code in codes].index(BuiltinOperator.CONCATENATION)
    codes[index].builtinCode = codes[index].deprecatedBuiltinCode = BuiltinOperator.SUB
    for operator in tables.subgraphs[0].operators:
        if operator.opcodeIndex == index:
            operator.builtinOptionsType, operator.builtinOptions = BuiltinOptions.SubOptions, SubOptionsT()


def use_a_shape_as_data(tables):
    operators = tables.subgraphs[0].operators
    first = next(i for i, operator in enumerate(operators) if has_relu(operator))
    operators[first].inputs = [operators[first - 2].outputs[0], *operators[first].inputs[1:]]


def add_an_output(tables):
    tables.subgraphs[0].outputs = [*tables.subgraphs[0].outputs, tables.subgraphs[0].operators[-2].outputs[0]]


@pytest.mark.parametrize(
    "change", [use_another_activation, use_another_operation, use_a_shape_as_data, add_an_output]
)
def test_a_network_that_cannot_be_converted_is_refused(artifact, change):
    model = changed(unpack(artifact).trajectory.model, change)
    with pytest.raises(ArtifactError, match="ONNX"):
        download_files(pack(model, {}, {}))


def test_the_tables_can_be_written_anew_without_a_refusal(artifact):
    """The control for the test above."""
    model = changed(unpack(artifact).trajectory.model, lambda tables: None)
    assert "glyphs.onnx" in download_files(pack(model, {}, {}))


PRINT_LOADED = """
import sys
import ml.inference.export
heavy = ["tensorflow", "keras", "onnx", "google.protobuf", "ai_edge_litert"]
print([name for name in heavy if name in sys.modules])
from ml.inference.reader import SHIPPED
ml.inference.export.build_download(SHIPPED.read_bytes())
print([name for name in heavy[:2] if name in sys.modules])
"""


def test_heavy_modules_are_imported_late():
    """The module alone imports none of them, and even a download does not import TensorFlow."""
    process = subprocess.run([sys.executable, "-c", PRINT_LOADED], capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    assert process.stdout.split("\n") == ["[]", "[]", ""]
