"""The checkpoints of a training from scratch: it goes on where it was stopped, to the same result.

One folder belongs to one training, with one file for each network. A file is replaced as a whole, so a training
that is killed while it writes keeps the checkpoint before.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_IDENTITY_FILE = "training.json"
_FIELDS = ("epoch", "loss", "batches", "finished")  # of a checkpoint, by which a file keeps them
_VARIABLE = "variable"  # prefix of the names of variables in a file


class CheckpointError(Exception):
    """A folder holds the checkpoints of another training."""


@dataclass(frozen=True)
class Checkpoint:
    """A network after an epoch: the values of its variables and of its optimizer's, in their order.

    `loss` is the mean loss (nats) of the epoch. `batches` is the fingerprint of the first batch that the network
    saw. A `finished` network was trained to its end, and needs no optimizer.
    """

    epoch: int
    loss: float
    batches: str
    variables: Sequence[NDArray[Any]]
    finished: bool = False


class Checkpoints:
    """The checkpoints in a folder, by the name of their network."""

    def __init__(self, folder: Path, identity: Mapping[str, str]) -> None:
        """Open the folder, or make it. `identity` tells this training from others, by texts with names.

        Raises CheckpointError where the folder belongs to a training of another identity.
        """
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / _IDENTITY_FILE
        if not file.exists():
            _replace(file, json.dumps(dict(identity), indent=1).encode())
            return
        known = json.loads(file.read_bytes())
        others = [name for name in identity if known.get(name) != identity[name]]
        if others:
            raise CheckpointError(
                f"The checkpoints in {folder} are of a training with other {' and '.join(others)}. "
                "Name another folder, or delete this one to begin anew."
            )

    def file(self, network: str) -> CheckpointFile:
        """The place of the checkpoints of a network."""
        return CheckpointFile(self._folder / f"{network}.npz")

    def remove(self) -> None:
        """Delete all checkpoints, and the folder if nothing else is in it."""
        for file in (*self._folder.glob("*.npz"), self._folder / _IDENTITY_FILE):
            file.unlink(missing_ok=True)
        if not any(self._folder.iterdir()):
            self._folder.rmdir()


@dataclass(frozen=True)
class CheckpointFile:
    """The file with the last checkpoint of one network."""

    path: Path

    def load(self) -> Checkpoint | None:
        """The last checkpoint, if there is one."""
        if not self.path.exists():
            return None
        with np.load(self.path, allow_pickle=False) as stored:
            count = sum(name.startswith(_VARIABLE) for name in stored.files)
            return Checkpoint(
                **{name: stored[name].item() for name in _FIELDS},
                variables=[stored[f"{_VARIABLE}{i}"] for i in range(count)],
            )

    def save(self, checkpoint: Checkpoint) -> None:
        """Replace the last checkpoint by this one."""
        arrays: dict[str, Any] = {name: getattr(checkpoint, name) for name in _FIELDS}
        arrays |= {f"{_VARIABLE}{i}": value for i, value in enumerate(checkpoint.variables)}
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        _replace(self.path, buffer.getvalue())


def fingerprint(value: object) -> str:
    """A digest of arrays, texts and numbers, in any nesting of dataclasses, mappings and sequences."""
    digest = hashlib.sha256()
    _feed(digest, value)
    return digest.hexdigest()


def _feed(digest: Any, value: object) -> None:
    if isinstance(value, np.ndarray):
        digest.update(f"{value.dtype}{value.shape}".encode())
        digest.update(np.ascontiguousarray(value).data)
    elif is_dataclass(value):
        _feed(digest, [getattr(value, field.name) for field in fields(value)])
    elif isinstance(value, Mapping):
        _feed(digest, [*value.items()])
    elif isinstance(value, list | tuple):
        digest.update(f"{len(value)} parts".encode())
        for part in value:
            _feed(digest, part)
    else:
        digest.update(repr(value).encode())


def _replace(file: Path, content: bytes) -> None:
    """Write a file so that a reader, or a crash, finds either the old content or the new one."""
    beside = file.with_name(f".{file.name}")
    with beside.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(file)
