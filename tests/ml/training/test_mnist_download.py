"""MNIST is fetched where no folder holds it, or an error says what to do."""

from __future__ import annotations

import io
import struct
import tarfile

import pytest

from ml.data.loaders import DatasetError
from ml.training import mnist_download
from ml.training.mnist_download import download_mnist


def test_nowhere_to_be_had(monkeypatch):
    def no_network() -> None:
        raise OSError("no network")

    monkeypatch.setattr(mnist_download, "_from_keras", no_network)
    monkeypatch.setattr(mnist_download, "which", lambda name: None)
    with pytest.raises(DatasetError, match="Give a folder"):
        download_mnist()


def test_an_idx_file_is_an_array():
    body = struct.pack(">BBBBii", 0, 0, 8, 2, 2, 3) + bytes(range(6))
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        info = tarfile.TarInfo("data/labels")
        info.size = len(body)
        archive.addfile(info, io.BytesIO(body))
    file.seek(0)
    with tarfile.open(fileobj=file) as archive:
        assert mnist_download._idx(archive, "data/labels").tolist() == [[0, 1, 2], [3, 4, 5]]
