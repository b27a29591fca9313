"""Networks run with LiteRT: batches of any size, several threads, and models that are refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from ml.inference.artifact import ArtifactError, StoredNetwork, unpack
from ml.inference.litert import BatchNetwork
from ml.inference.reader import SHIPPED
from ml.ink.trajectory import CHANNELS, POINTS
from tests.ml.inference.test_weight_sharing import changed

COLUMNS = 11


@pytest.fixture(scope="module")
def held() -> StoredNetwork:
    return unpack(SHIPPED.read_bytes()).trajectory


def opened(model: bytes, columns: int = COLUMNS) -> BatchNetwork:
    return BatchNetwork(model, (POINTS, CHANNELS), columns)


def test_a_batch_gives_the_outputs_of_single_inputs(held, rng):
    trajectories = rng.normal(size=(43, POINTS, CHANNELS)).astype(np.float32)
    network = opened(held.model)
    assert network.width == COLUMNS
    alone = np.concatenate([network.run(one[None]) for one in trajectories])
    assert network.run(trajectories) == pytest.approx(alone, abs=1e-3)
    assert network.run(trajectories[:0]).shape == (0, COLUMNS)


def test_threads_do_not_disturb_each_other(held, rng):
    trajectories = rng.normal(size=(12, 9, POINTS, CHANNELS)).astype(np.float32)
    expected = [opened(held.model).run(batch) for batch in trajectories]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(opened(held.model).run, trajectories))
    assert all(np.allclose(a, b, atol=1e-4) for a, b in zip(found, expected, strict=True))


def _takes_bytes(model: schema.ModelT) -> None:
    graph = model.subgraphs[0]
    graph.tensors[graph.inputs[0]].type = schema.TensorType.UINT8


def _gives_its_input(model: schema.ModelT) -> None:
    graph = model.subgraphs[0]
    graph.outputs = graph.inputs


@pytest.mark.parametrize("change", [_takes_bytes, _gives_its_input])
def test_a_network_of_another_kind_is_refused(held, change):
    with pytest.raises(ArtifactError):
        opened(changed(held.model, change))


def test_a_network_with_too_few_outputs_is_refused(held):
    with pytest.raises(ArtifactError, match="another shape"):
        opened(held.model, COLUMNS + 1)


def test_anything_but_a_network_is_refused():
    with pytest.raises(ArtifactError, match="cannot be run"):
        opened(b"no network")
