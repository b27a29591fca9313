"""Read data sets from .npz files into arrays, strokes and pictures."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.ink.images import decode_image
from ml.ink.strokes import Strokes

# What NumPy raises for a file that is missing, truncated, no archive, or lacks an array.
_READ_ERRORS = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile)


class DatasetError(ValueError):
    """A data set is missing or damaged. The message names the file."""


@dataclass(frozen=True)
class Mnist:
    """Glyphs (n, 28, 28), ink high; labels (n,); writers (n,), all -1 where they are not known."""

    x_train: NDArray[np.uint8]
    y_train: NDArray[np.int64]
    writer_train: NDArray[np.int32]
    x_test: NDArray[np.uint8]
    y_test: NDArray[np.int64]


@dataclass(frozen=True)
class StrokeSet:
    """Drawn digits: labels (n,), writers (n,), whether each is in the test part (n,), and n drawings."""

    label: NDArray[np.int64]
    writer: NDArray[np.int64]
    test: NDArray[np.bool_]
    drawings: list[Strokes]

    def part(self, chosen: NDArray[np.bool_]) -> StrokeSet:
        """The digits for which `chosen` (n,) is true."""
        drawings = [self.drawings[i] for i in np.flatnonzero(chosen)]
        return StrokeSet(self.label[chosen], self.writer[chosen], self.test[chosen], drawings)


@dataclass(frozen=True)
class Cheques:
    """Amounts written on cheques, n of each: pictures, their digits as text, and boxes and labels of the digits.

    Pictures are grey, dark ink on a pattern. The boxes (k, 4) of an amount are x, y, width and height in px.
    """

    pictures: list[NDArray[np.uint8]]
    texts: list[str]
    boxes: list[NDArray[np.int64]]
    labels: list[NDArray[np.int64]]


def load_mnist(folder: Path) -> Mnist:
    """MNIST from mnist.npz in `folder`. Raises DatasetError."""
    with _open_arrays(folder / "mnist.npz") as arrays:
        writers = arrays["writer_train"] if "writer_train" in arrays.files else None
        return as_mnist((arrays[name] for name in ("x_train", "y_train", "x_test", "y_test")), writers)


def load_strokes(file: Path) -> StrokeSet:
    """The digits of a file of strokes that also has an array `writer` and may have `test`. Raises DatasetError."""
    labels, drawings = load_characters(file)
    with _open_arrays(file) as arrays:
        writer = arrays["writer"].astype(np.int64)
        test = arrays["test"].astype(bool) if "test" in arrays.files else np.zeros(len(labels), bool)
        return StrokeSet(labels.astype(np.int64), writer, test, drawings)


def load_characters(file: Path) -> tuple[NDArray[Any], list[Strokes]]:
    """Labels (n,), of any type, and n drawings of a file of strokes.

    The file has the arrays `label` (n,), `points` (p, 2), `stroke_start`, indices into the points, and
    `sample_start`, indices into the strokes; both end with the total. Raises DatasetError.
    """
    with _open_arrays(file) as arrays:
        strokes = np.split(arrays["points"].astype(np.float32), arrays["stroke_start"][1:-1])
        drawings = [strokes[a:b] for a, b in pairwise(arrays["sample_start"])]
        labels = arrays["label"]
        if len(labels) != len(drawings):
            raise ValueError("there are not as many labels as drawings")
        return labels, drawings


@contextmanager
def _open_arrays(file: Path) -> Iterator[Any]:
    """The arrays of an .npz. Any error while they are read becomes a DatasetError that names the file."""
    try:
        with np.load(file, allow_pickle=False) as arrays:
            yield arrays
    except _READ_ERRORS as error:
        raise DatasetError(f"{file.name} is missing or damaged: {error}") from error


def load_cheques(file: Path) -> Cheques:
    """Courtesy amounts of cheques, from a file of JPEG bytes and arrays of boxes. Raises DatasetError."""
    with _open_arrays(file) as arrays:
        jpeg, starts = arrays["jpeg"].tobytes(), arrays["jpeg_offsets"]
        pictures = [decode_image(jpeg[a:b]) for a, b in pairwise(starts)]
        spans = list(pairwise(arrays["box_offsets"]))
        boxes = [arrays["boxes"][a:b].astype(np.int64) for a, b in spans]
        labels = [arrays["box_label"][a:b].astype(np.int64) for a, b in spans]
        return Cheques(pictures, [str(text) for text in arrays["string"]], boxes, labels)


def load_images(file: Path) -> dict[str, NDArray[Any]]:
    """All arrays of an .npz by name, such as pictures x (n, h, w) and labels y (n,). Raises DatasetError."""
    with _open_arrays(file) as arrays:
        return {name: arrays[name] for name in arrays.files}


def as_mnist(parts: Iterable[NDArray[np.uint8]], writers: NDArray[np.int32] | None = None) -> Mnist:
    """MNIST from x_train, y_train, x_test and y_test, with the writers of the training part where they are known.

    Raises DatasetError for other shapes than those of MNIST.
    """
    x_train, y_train, x_test, y_test = parts
    if x_train.shape != (60_000, 28, 28) or x_test.shape != (10_000, 28, 28):
        raise DatasetError("The arrays do not have the shapes of MNIST.")
    unknown = np.full(len(y_train), -1, np.int32)
    return Mnist(
        x_train,
        y_train.astype(np.int64),
        unknown if writers is None else writers,
        x_test,
        y_test.astype(np.int64),
    )
