"""The artifact opens as it was packed, and in no other state."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import zipfile

import numpy as np
import pytest

from ml.inference.artifact import MAX_BYTES, ArtifactError, StoredNetwork, pack, unpack
from ml.inference.exemplars import Exemplars
from ml.inference.reader import SHIPPED, Reader
from tests.ml.conftest import shipped_with_exemplars

WEIGHTS = {"layer/kernel": np.ones((2, 3), np.float16), "layer/bias": np.zeros(3, np.float32)}


# One digit that is 1 in the first two of three dimensions; a grey that 16 levels hold exactly.
INDEX = Exemplars(np.array([7]), np.array([[0.6, 0.8, 0]], np.float32), np.full((1, 28, 28), 51, np.uint8))


@pytest.fixture
def packed() -> bytes:
    return pack(b"model", {"name": "test"}, WEIGHTS)


@pytest.fixture
def with_index() -> bytes:
    return pack(b"model", {"name": "test"}, WEIGHTS, INDEX)


def rezipped(data: bytes, change: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """The same zip with some members changed or added."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()} | change
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return file.getvalue()


def test_it_works(packed):
    opened = unpack(packed)
    assert opened.model == b"model"
    assert opened.card["name"] == "test"
    assert opened.weights.keys() == WEIGHTS.keys()
    assert np.array_equal(opened.weights["layer/kernel"], WEIGHTS["layer/kernel"])
    assert len(opened.version) == 12


def test_the_same_parts_give_the_same_bytes(packed):
    assert pack(b"model", {"name": "test"}, WEIGHTS) == packed


def test_the_shipped_one_is_small_and_says_what_it_is():
    assert SHIPPED.stat().st_size <= 2 * 2**20
    card = unpack(SHIPPED.read_bytes()).card
    assert card["sources"]
    assert card["calibration"]["temperature"] > 0


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no zip at all", bytes(MAX_BYTES + 1)])
def test_no_zip(data):
    with pytest.raises(ArtifactError):
        unpack(data)


def test_half_a_file(packed):
    for length in range(0, len(packed) - 1, 37):
        with pytest.raises(ArtifactError):
            unpack(packed[:length])


def test_a_flipped_bit_in_any_member(packed):
    for part in (b"model", b'"name"', b"layer/kernel", b"  card.json"):
        at = packed.index(part)
        broken = packed[:at] + bytes([packed[at] ^ 1]) + packed[at + 1 :]
        with pytest.raises(ArtifactError):
            unpack(broken)


def test_flipped_bytes_anywhere_raise_nothing_else(packed):
    for at in range(len(packed)):
        broken = packed[:at] + bytes([packed[at] ^ 0xFF]) + packed[at + 1 :]
        try:
            opened = unpack(broken)
        except ArtifactError:
            continue
        assert opened.model == b"model"  # a byte that means nothing, such as a time stamp


@pytest.mark.parametrize(
    "change",
    [
        {"model.tflite": b"another"},
        {"card.json": b"{}"},
        {"weights.npz": b""},
        {"SHA256SUMS": b""},
        {"extra.txt": b"hello"},
        {"../escape": b""},
        {"card.json": b"[" * 100_000},
    ],
)
def test_changed_members(packed, change):
    with pytest.raises(ArtifactError):
        unpack(rezipped(packed, change))


def test_packed_members_are_not_unpacked(packed):
    bomb = rezipped(packed, {"model.tflite": bytes(50 * 2**20)}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < MAX_BYTES
    with pytest.raises(ArtifactError, match="packed"):
        unpack(bomb)


def test_a_size_that_lies(packed):
    at = packed.rindex(b"PK\x01\x02")
    lying = packed[: at + 24] + (2**31).to_bytes(4, "little") + packed[at + 28 :]
    with pytest.raises(ArtifactError):
        unpack(lying)


def test_no_pickle_is_opened(packed):
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return pytest.fail, ("a pickle was opened",)

    for weights in (np.array([Evil()], object), np.array([{"a": 1}], object)):
        with pytest.raises(ArtifactError, match=r"weights|pickle"):
            pack(b"model", {}, {"w": weights})
    inner = rezipped(packed, {})
    with zipfile.ZipFile(io.BytesIO(inner)) as archive:
        arrays = rezipped(archive.read("weights.npz"), {"evil.npy": pickle.dumps(Evil())})
    with pytest.raises(ArtifactError):
        unpack(rezipped(packed, {"weights.npz": arrays}))


@pytest.mark.parametrize("bad", [np.array([np.nan], np.float32), np.array([1.0]), np.array(["text"])])
def test_weights_are_finite_small_floats(bad):
    with pytest.raises(ArtifactError, match="finite"):
        pack(b"model", {}, {"w": bad})


@pytest.mark.parametrize(
    "card",
    [
        {"calibration": 3},
        {"calibration": {"temperature": 0}},
        {"calibration": {"temperature": "hot"}},
        {"calibration": {"sure": True}},
        {"calibration": {"digitness_scale": 1e999}},
        {"calibration": {"drawn_temperature": -1}},
    ],
)
def test_a_reader_refuses_a_damaged_calibration(card):
    shipped = unpack(SHIPPED.read_bytes())
    with pytest.raises(ArtifactError):
        Reader.open(pack(shipped.model, json.loads(json.dumps(card)), {}))


def test_a_reader_refuses_a_network_that_does_not_run():
    with pytest.raises(ArtifactError, match="cannot be run"):
        Reader.open(pack(b"not a network", {}, {}))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ArtifactError, match="cannot be opened"):
        Reader.open(tmp_path / "none.zip")


def test_it_may_hold_exemplars_or_none(packed, with_index):
    assert unpack(packed).exemplars is None
    opened = unpack(with_index)
    assert opened.model == unpack(packed).model
    assert opened.exemplars.labels.tolist() == [7]
    assert np.array_equal(opened.exemplars.glyphs, INDEX.glyphs)
    assert opened.exemplars.embeddings == pytest.approx(INDEX.embeddings, abs=1e-3)


@pytest.mark.parametrize("other", ["trajectory", "line"])
def test_it_may_hold_other_networks_or_none(packed, other):
    assert getattr(unpack(packed), other) is None
    both = pack(b"model", {}, WEIGHTS, INDEX, **{other: StoredNetwork(b"other", WEIGHTS)})
    opened = getattr(unpack(both), other)
    assert opened.model == b"other"
    assert opened.weights.keys() == WEIGHTS.keys()
    assert unpack(both).exemplars.labels.tolist() == [7]


@pytest.mark.parametrize("half", ["trajectory.tflite", "trajectory.npz", "strip.tflite", "strip.npz"])
def test_half_of_a_network_is_refused(packed, half):
    with pytest.raises(ArtifactError, match="half"):
        unpack(resummed(packed, {half: npz(**WEIGHTS)}))


def test_damaged_weights_of_that_network_are_refused(packed):
    with pytest.raises(ArtifactError):
        unpack(resummed(packed, {"trajectory.tflite": b"other", "trajectory.npz": b"no zip"}))


@pytest.mark.parametrize("other", ["trajectory", "line"])
def test_a_reader_refuses_another_network_that_takes_something_else(other):
    held = unpack(SHIPPED.read_bytes())
    with pytest.raises(ArtifactError):
        Reader.open(pack(held.model, {}, {}, **{other: StoredNetwork(held.model, {})}))


def test_a_flipped_bit_in_the_exemplars(with_index):
    at = with_index.index(b"glyphs.npy") + 200
    with pytest.raises(ArtifactError):
        unpack(with_index[:at] + bytes([with_index[at] ^ 1]) + with_index[at + 1 :])


def resummed(data: bytes, change: dict[str, bytes]) -> bytes:
    """As `rezipped`, with checksums that fit."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if name != "SHA256SUMS"} | change
    sums = "".join(f"{hashlib.sha256(part).hexdigest()}  {name}\n" for name, part in parts.items())
    return rezipped(data, change | {"SHA256SUMS": sums.encode()})


def npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


GOOD = {
    "labels": np.array([7, 1], np.uint8),
    "embeddings": np.ones((2, 3), np.float16),
    "glyphs": np.zeros((2, 392), np.uint8),
}


@pytest.mark.parametrize(
    "member",
    [
        b"",
        b"no zip",
        bytes(200_001),
        npz(labels=GOOD["labels"]),
        npz(**GOOD, more=GOOD["labels"]),
        npz(**GOOD | {"labels": np.array([7, 10], np.uint8)}),
        npz(**GOOD | {"labels": np.array([7, 1], np.int64)}),
        npz(**GOOD | {"labels": np.array(7, np.uint8)}),
        npz(**GOOD | {"labels": np.array([7], np.uint8)}),
        npz(**GOOD | {"embeddings": np.full((2, 3), np.nan, np.float16)}),
        npz(**GOOD | {"embeddings": np.ones((2, 3), np.float32)}),
        npz(**GOOD | {"embeddings": np.ones(2, np.float16)}),
        npz(**GOOD | {"glyphs": np.zeros((2, 784), np.uint8)}),
        npz(**{name: array[:0] for name, array in GOOD.items()}),
    ],
)
def test_damaged_exemplars_are_refused(packed, member):
    with pytest.raises(ArtifactError):
        unpack(resummed(packed, {"exemplars.npz": member}))


def test_well_made_exemplars_are_not(packed):
    assert len(unpack(resummed(packed, {"exemplars.npz": npz(**GOOD)})).exemplars) == 2


def test_a_reader_refuses_exemplars_of_another_network():
    with pytest.raises(ArtifactError, match="another network"):
        Reader.open(shipped_with_exemplars(INDEX))
