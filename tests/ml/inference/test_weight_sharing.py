"""An artifact holds each kernel once: in the LiteRT model, or else among the weights."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping

import flatbuffers
import numpy as np
import pytest
from numpy.typing import NDArray

from ml.inference.artifact import Artifact, ArtifactError, StoredNetwork, pack, unpack
from ml.inference.reader import SHIPPED, Reader
from ml.inference.weight_sharing import is_kernel_reference, restore_kernels, share_kernels
from ml.synthesis.handwriting import write_digit
from tests.ml.inference.test_artifact import npz, resummed

Arrays = Mapping[str, NDArray]


@pytest.fixture(scope="module")
def shipped() -> Artifact:
    return unpack(SHIPPED.read_bytes())


@pytest.fixture(params=["glyphs", "trajectories"])
def full(request, shipped) -> StoredNetwork:
    """A network of the shipped artifact with all of its weights."""
    network = shipped if request.param == "glyphs" else shipped.trajectory
    return StoredNetwork(network.model, network.weights)


@pytest.fixture
def small(shipped) -> StoredNetwork:
    """The smaller network as an artifact stores it."""
    held = shipped.trajectory
    return StoredNetwork(held.model, share_kernels(held.model, held.weights))


def same(once: Arrays, again: Arrays) -> bool:
    """Bit for bit, in the same order."""
    first, second = (
        [(name, array.dtype, array.shape, array.tobytes()) for name, array in weights.items()]
        for weights in (once, again)
    )
    return first == second


def changed(model: bytes, change: Callable[..., None]) -> bytes:
    """The network with its tables changed in place."""
    from ai_edge_litert import schema_py_generated as schema

    tables = schema.ModelT.InitFromPackedBuf(model, 0)
    change(tables)
    builder = flatbuffers.Builder(len(model))
    builder.Finish(tables.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def with_values(network: StoredNetwork, name: str, values: NDArray[np.float16]) -> bytes:
    """The network with other values in a kernel, in the order of LiteRT."""
    before = network.weights[name]
    order = (3, 0, 1, 2) if before.ndim == 4 else (1, 0)
    old, new = (array.transpose(order).tobytes() for array in (before, values))
    assert network.model.count(old) == 1
    return network.model.replace(old, new)


def flipped(kernel: NDArray[np.float16]) -> NDArray[np.float16]:
    other = kernel.copy()
    other.view(np.uint16).flat[7] ^= 1
    return other


def test_no_kernel_is_stored_twice(full):
    stored = share_kernels(full.model, full.weights)
    assert all(is_kernel_reference(stored[name]) == (array.ndim > 1) for name, array in full.weights.items())
    assert same(restore_kernels(full.model, stored), full.weights)


def test_the_shipped_one_packed_again_is_the_same_and_small(shipped):
    others = (shipped.exemplars, shipped.trajectory, shipped.line)
    data = pack(shipped.model, shipped.card, shipped.weights, *others)
    again = unpack(data)
    assert len(data) < 1_200_000
    assert same(again.weights, shipped.weights)
    for mine, theirs in ((again.trajectory, shipped.trajectory), (again.line, shipped.line)):
        assert same(mine.weights, theirs.weights)
    assert pack(again.model, again.card, again.weights, again.exemplars, again.trajectory, again.line) == data


def test_an_artifact_with_all_kernels_among_its_weights_opens(full):
    data = resummed(pack(full.model, {}, {}), {"weights.npz": npz(**full.weights)})
    assert same(unpack(data).weights, full.weights)
    assert len(pack(full.model, {}, unpack(data).weights)) < 0.6 * len(data)


def test_a_kernel_that_differs_by_a_bit_is_kept(full):
    for name in ("digits/kernel", *(name for name in full.weights if name.endswith("0/kernel"))):
        weights = {**full.weights, name: flipped(full.weights[name])}
        data = pack(full.model, {}, weights)
        assert same(unpack(data).weights, weights)
        assert unpack(data).stored[name].dtype == np.float16


def test_zero_and_minus_zero_are_not_the_same(full):
    kernel = full.weights["digits/kernel"].copy()
    kernel[0] = 0
    model = with_values(full, "digits/kernel", kernel)
    kernel[0] = -kernel[0]
    assert share_kernels(model, {"digits/kernel": kernel})["digits/kernel"] is kernel


def test_a_bit_that_changed_in_the_network_changes_in_the_weights(small):
    other = flipped(small.weights["along0/kernel"])
    data = pack(with_values(small, "along0/kernel", other), {}, {})
    opened = unpack(resummed(data, {"weights.npz": npz(**small.stored)}))
    assert same(opened.weights, {**small.weights, "along0/kernel": other})


def test_two_kernels_alike_are_stored_once_and_kept_once(small):
    weights = {**small.weights, "twin/kernel": small.weights["hidden/kernel"]}
    opened = unpack(pack(small.model, {}, weights))
    assert opened.stored["twin/kernel"].dtype == np.float16
    assert same(opened.weights, weights)


def test_weights_of_another_precision_are_kept(small):
    weights = {"hidden/kernel": small.weights["hidden/kernel"].astype(np.float32)}
    opened = unpack(pack(small.model, {}, weights))
    assert same(opened.stored, weights)
    assert same(opened.weights, weights)


@pytest.mark.parametrize("number", [-1, 0, 10_000, 2**31 - 1, "bias", "twice"])
def test_a_kernel_that_the_network_does_not_hold(small, number):
    """Not a tensor, the input, a constant that is no kernel, a kernel that is there already."""
    if number == "bias":
        number = tensor_named(small.model, "hidden_1/Relu", np.float16)
    elif number == "twice":
        number = int(small.stored["along0/kernel"])
    stored = {**small.stored, "more": np.array(number, np.int32)}
    opened = unpack(resummed(pack(small.model, {}, {}), {"weights.npz": npz(**stored)}))
    with pytest.raises(ArtifactError, match="not in its network"):
        _ = opened.weights
    with pytest.raises(ArtifactError, match="not in its network"):
        pack(small.model, {}, stored)


def tensor_named(model: bytes, name: str, kind: type) -> int:
    from ai_edge_litert.interpreter import Interpreter

    tensors = Interpreter(model_content=model).get_tensor_details()
    return next(t["index"] for t in tensors if name in t["name"] and t["dtype"] is kind)


@pytest.mark.parametrize("model", [b"", b"no network", bytes(10_000)])
def test_a_network_that_cannot_be_opened_holds_no_kernels(small, model):
    opened = unpack(resummed(pack(model, {}, {}), {"weights.npz": npz(**small.stored)}))
    with pytest.raises(ArtifactError, match="not in its network"):
        _ = opened.weights
    assert same(unpack(pack(model, {}, small.weights)).weights, small.weights)


def test_kernels_of_a_network_are_finite(small):
    kernel = small.weights["along0/kernel"].copy()
    kernel[0, 0, 0, 0] = np.nan
    model = with_values(small, "along0/kernel", kernel)
    opened = unpack(resummed(pack(model, {}, {}), {"weights.npz": npz(**small.stored)}))
    with pytest.raises(ArtifactError, match="finite"):
        _ = opened.weights


def test_the_kernels_of_the_trajectory_network_are_restored_as_well(shipped, small):
    stored = {**small.stored, "more": np.array(10_000, np.int32)}
    both = pack(shipped.model, shipped.card, {}, trajectory=StoredNetwork(small.model, {}))
    opened = unpack(resummed(both, {"trajectory.npz": npz(**small.stored)}))
    assert same(opened.trajectory.weights, small.weights)
    with pytest.raises(ArtifactError, match="not in its network"):
        _ = unpack(resummed(both, {"trajectory.npz": npz(**stored)})).trajectory.weights


@pytest.mark.parametrize("number", [np.array(3), np.array([3], np.int32), np.array(3, np.uint32)])
def test_numbers_of_another_kind_are_no_references(small, number):
    with pytest.raises(ArtifactError, match="finite"):
        unpack(resummed(pack(small.model, {}, {}), {"weights.npz": npz(kernel=number)}))


def test_tensors_that_share_their_values_do_not_fill_the_memory(small):
    def repeat(tables) -> None:
        tensors = tables.subgraphs[0].tensors
        tensors.extend([tensors[int(small.stored["hidden/kernel"])]] * 20)

    model = changed(small.model, repeat)
    assert restore_kernels(changed(small.model, lambda tables: None), small.stored).keys() == small.weights.keys()
    with pytest.raises(ValueError, match="larger than its file"):
        restore_kernels(model, small.stored)
    assert same(unpack(pack(model, {}, small.weights)).stored, small.weights)


def test_damaged_tables_of_a_network_raise_nothing_else(small, rng):
    """What LiteRT reads before any kernel: the last and the first bytes of the file hold the tables."""
    for _ in range(200):
        broken = bytearray(small.model)
        for at in rng.integers(-6000, 2000, 3):
            broken[at] ^= int(rng.integers(1, 256))
        try:
            weights = StoredNetwork(bytes(broken), small.stored).weights
        except ArtifactError:
            continue
        assert weights.keys() == small.weights.keys()


def test_reading_needs_no_weights(shipped):
    stored = {"conv0/kernel": np.array(10_000, np.int32)}
    data = resummed(pack(shipped.model, shipped.card, {}), {"weights.npz": npz(**stored)})
    assert Reader.open(data).read([write_digit(3, rng=np.random.default_rng(1))])[0].text == "3"


def test_opening_an_artifact_imports_no_litert():
    code = (
        "import sys; from ml.inference.artifact import unpack; from pathlib import Path;"
        f"unpack(Path({str(SHIPPED)!r}).read_bytes()); print('ai_edge_litert' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]
