"""An artifact is opened only as it was packed, and code that was put into one never runs."""

from __future__ import annotations

import io
import pickle
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from ml.inference.artifact import Artifact, ArtifactError, StoredNetwork, pack, unpack
from ml.inference.exemplars import exemplars_as_arrays
from ml.inference.export import build_download
from ml.inference.reader import SHIPPED, Reader
from tests.ml.inference.test_artifact import INDEX, WEIGHTS, resummed, rezipped

NPZ = ["weights.npz", "trajectory.npz", "strip.npz", "exemplars.npz"]
FLIPS = 20  # of each member, evenly; each costs a few milliseconds


@pytest.fixture(scope="module")
def shipped() -> bytes:
    return SHIPPED.read_bytes()


@pytest.fixture
def mark(tmp_path) -> Path:
    """A file that exists once the code in an artifact has run."""
    return tmp_path / "ran"


@pytest.fixture
def keras_archive(tmp_path, mark) -> bytes:
    """A network with a Lambda layer, saved by Keras: its code runs when Keras opens it without safe mode."""
    import keras

    where, path = str(mark), tmp_path / "network.keras"
    glyph = keras.Input((28, 28, 1))
    touched = keras.layers.Lambda(lambda x: (open(where, "w").close(), x)[1])(glyph)
    keras.Model(glyph, keras.layers.Flatten()(touched)).save(path)
    assert mark.exists()  # to build it has run the code, so it does what it is for
    mark.unlink()
    return path.read_bytes()


def evil(mark: Path) -> object:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return Path.touch, (mark,)

    return Evil()


def contents(data: bytes) -> dict[str, tuple[int, int]]:
    """Where the bytes of each member of a stored zip are."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
    found = {}
    for member in members:
        start = member.header_offset + 30 + len(member.filename)  # as ZIP has it where a header holds no more
        found[member.filename] = (start, start + member.file_size)
        assert zlib.crc32(data[slice(*found[member.filename])]) == member.CRC
    return found


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


def everything(held: Artifact) -> tuple[object, ...]:
    """The contents of an artifact, for comparisons."""
    networks = (held, held.trajectory, held.line)
    arrays = [{name: array.tobytes() for name, array in network.stored.items()} for network in networks]
    index = [array.tobytes() for array in exemplars_as_arrays(held.exemplars).values()]
    return held.card, [network.model for network in networks], arrays, index


def test_it_works(shipped):
    opened = unpack(shipped)
    assert opened.trajectory is not None
    assert opened.line is not None
    assert opened.exemplars is not None


def test_a_flipped_byte_in_any_member_is_refused(shipped):
    for start, end in contents(shipped).values():
        for at in np.unique(np.linspace(start, end - 1, FLIPS).astype(int)):
            with pytest.raises(ArtifactError):
                unpack(flipped(shipped, at))


def test_a_flipped_byte_anywhere_is_refused_or_means_nothing():
    """A time stamp means nothing, for example; the site still notices, as it stores the checksum of the file."""
    other = StoredNetwork(b"other", WEIGHTS)
    small = pack(b"model", {"name": "test"}, WEIGHTS, INDEX, trajectory=other, line=other)
    held, unharmed = unpack(small), 0
    for at in range(len(small)):
        try:
            opened = unpack(flipped(small, at))
        except ArtifactError:
            continue
        unharmed += 1
        assert opened.version != held.version
        assert everything(opened) == everything(held)
    assert unharmed < len(small) / 10


@pytest.mark.parametrize(
    "name", ["code.py", "__main__.py", "model.keras", "model.h5", "weights.pkl", "../weights.npz"]
)
def test_a_further_member_is_refused_though_the_checksums_fit(shipped, name):
    with pytest.raises(ArtifactError, match="expected files"):
        unpack(resummed(shipped, {name: b"print('here')"}))


@pytest.mark.parametrize("name", NPZ)
def test_pickled_arrays_are_refused_though_the_checksums_fit(shipped, mark, name):
    file = io.BytesIO()
    np.savez(file, weights=np.array([evil(mark)], object))
    with pytest.raises(ArtifactError, match="cannot be read"):
        unpack(resummed(shipped, {name: file.getvalue()}))
    assert not mark.exists()


@pytest.mark.parametrize("name", NPZ)
def test_a_pickle_among_the_arrays_is_not_opened(shipped, mark, name):
    with zipfile.ZipFile(io.BytesIO(shipped)) as archive:
        arrays = rezipped(archive.read(name), {"evil": pickle.dumps(evil(mark))})
    with pytest.raises(ArtifactError):
        unpack(resummed(shipped, {name: arrays}))
    assert not mark.exists()


def test_a_pickle_in_place_of_the_arrays_is_refused(shipped, mark):
    with pytest.raises(ArtifactError):
        unpack(resummed(shipped, {"weights.npz": pickle.dumps(evil(mark))}))
    assert not mark.exists()


@pytest.mark.slow
def test_a_keras_archive_with_code_is_no_artifact(keras_archive, mark):
    for take in (unpack, build_download, Reader.open):
        with pytest.raises(ArtifactError):
            take(keras_archive)
    assert not mark.exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["model.tflite", "trajectory.tflite", "strip.tflite", *NPZ])
def test_nor_is_it_part_of_one_though_the_checksums_fit(shipped, keras_archive, mark, name):
    artifact = resummed(shipped, {name: keras_archive})
    for take in (build_download, Reader.open):
        with pytest.raises(ArtifactError):
            take(artifact)
    assert not mark.exists()
