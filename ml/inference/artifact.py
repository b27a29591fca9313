"""The artifact: a trained reader as one file that is safe to open, a stored zip with a fixed list of members.

    model.tflite   the glyph network as LiteRT runs it
    card.json      what the artifact is, how it was trained, its calibration
    weights.npz    the weights that training starts from, without the kernels that model.tflite holds
                   (ml/inference/weight_sharing.py)
    exemplars.npz  optional: digits to show beside a glyph (ml/inference/exemplars.py)
    trajectory.tflite, trajectory.npz
                   optional: the same two files of the trajectory network
    strip.tflite, strip.npz
                   optional: the same two files of the line network
    SHA256SUMS     checksums of all these

No pickle and no code: sizes are checked before anything is read, checksums before anything is parsed.
Older artifacts hold the kernels among the weights as well; `pack` leaves them out.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.inference.exemplars import Exemplars, exemplars_as_arrays, exemplars_from_arrays
from ml.inference.weight_sharing import is_kernel_reference, restore_kernels, share_kernels

FORMAT = 1
MAX_BYTES = 8 * 2**20
_MEMBERS = ("model.tflite", "card.json", "weights.npz")
_EXEMPLARS = "exemplars.npz"
_TRAJECTORY = ("trajectory.tflite", "trajectory.npz")
_LINE = ("strip.tflite", "strip.npz")
_OPTIONAL = (_EXEMPLARS, *_TRAJECTORY, *_LINE)
_EXEMPLARS_BYTES = 200_000
_SUMS = "SHA256SUMS"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # a fixed time, so that the same files give the same zip

NetworkWeights = Mapping[str, NDArray[Any]]


class ArtifactError(ValueError):
    """The file is no artifact, is damaged, or holds something that cannot be used."""


@dataclass(frozen=True)
class StoredNetwork:
    """A network for LiteRT, and the weights that training starts from.

    `stored` are the weights by the name of the variable; a kernel may be replaced by its reference to `model` (see
    `ml.inference.weight_sharing`).
    """

    model: bytes
    stored: NetworkWeights

    @cached_property
    def weights(self) -> dict[str, NDArray[Any]]:
        """All weights by name, float16 or float32, with the kernels from `model`. Raises ArtifactError."""
        try:
            weights = restore_kernels(self.model, self.stored)
        except ValueError as error:
            raise ArtifactError("The kernels of the artifact are not in its network.") from error
        return _check_weights(weights)


@dataclass(frozen=True)
class Artifact(StoredNetwork):
    """An opened artifact; it is itself the glyph network, `line` is the line network.

    `version` are the first 12 hexadecimal digits of the SHA-256 of the file.
    """

    card: dict[str, Any]
    version: str
    exemplars: Exemplars | None = None
    trajectory: StoredNetwork | None = None
    line: StoredNetwork | None = None


def pack(
    model: bytes,
    card: Mapping[str, Any],
    weights: NetworkWeights,
    exemplars: Exemplars | None = None,
    trajectory: StoredNetwork | None = None,
    line: StoredNetwork | None = None,
) -> bytes:
    """The bytes of an artifact: `model` and `weights` are those of the glyph network, `line` is the line network.

    Kernels that `model` holds are left out of the weights. Raises ArtifactError for anything that `unpack` would
    refuse.
    """
    parts = {
        "model.tflite": model,
        "card.json": json.dumps({**card, "format": FORMAT}, indent=1, sort_keys=True).encode(),
        "weights.npz": _weights_npz(StoredNetwork(model, weights)),
    }
    if exemplars is not None:
        parts[_EXEMPLARS] = npz_bytes(exemplars_as_arrays(exemplars))
    for names, network in ((_TRAJECTORY, trajectory), (_LINE, line)):
        if network is not None:
            parts |= dict(zip(names, (network.model, _weights_npz(network)), strict=True))
    data = stored_zip(parts)
    unpack(data)
    return data


def stored_zip(files: Mapping[str, bytes]) -> bytes:
    """One zip without compression of these files, in this order, and their SHA256SUMS.

    The same files always give the same bytes.
    """
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in [*files.items(), (_SUMS, _checksums(files))]:
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return file.getvalue()


def _checksums(files: Mapping[str, bytes]) -> bytes:
    """Lines as those of `sha256sum`, in the order of the files."""
    return "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items()).encode()


def _weights_npz(network: StoredNetwork) -> bytes:
    weights = network.weights
    try:
        return npz_bytes(share_kernels(network.model, weights))
    except ValueError:  # LiteRT cannot open the network: `Reader` refuses such an artifact, packing it is allowed
        return npz_bytes(weights)


def npz_bytes(arrays: NetworkWeights) -> bytes:
    """The arrays by name as the bytes of an .npz file without compression."""
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def unpack(data: bytes) -> Artifact:
    """Check and open the bytes of an artifact. Raises ArtifactError."""
    parts = _read_members(data, (*_MEMBERS, _SUMS), optional=_OPTIONAL)
    if any(len(parts.keys() & {*names}) == 1 for names in (_TRAJECTORY, _LINE)):
        raise ArtifactError("The artifact holds half of a network.")
    if _checksums({name: parts[name] for name in (*_MEMBERS, *_OPTIONAL) if name in parts}) != parts[_SUMS]:
        raise ArtifactError("The checksums do not fit the contents of the artifact.")
    return Artifact(
        model=parts["model.tflite"],
        stored=_parse_weights(parts["weights.npz"]),
        card=_parse_card(parts["card.json"]),
        version=hashlib.sha256(data).hexdigest()[:12],
        exemplars=_parse_exemplars(parts[_EXEMPLARS]) if _EXEMPLARS in parts else None,
        trajectory=_parse_network(parts, *_TRAJECTORY),
        line=_parse_network(parts, *_LINE),
    )


def _read_members(
    data: bytes, expected: Collection[str] | None = None, optional: Collection[str] = ()
) -> dict[str, bytes]:
    """All members of a stored zip; names, sizes and compression are checked before anything is read.

    Raises ArtifactError. There must be all `expected` members and no others but `optional` ones; with None any
    names are allowed.
    """
    if len(data) > MAX_BYTES:
        raise ArtifactError("The artifact is too large.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            names = [member.filename for member in members]
            if expected is not None and sorted({*names} - {*optional}) != sorted(expected):
                raise ArtifactError("The artifact does not hold the expected files.")
            if any(m.compress_type != zipfile.ZIP_STORED for m in members) or len(set(names)) != len(names):
                raise ArtifactError("The artifact holds packed or repeated files.")
            if sum(member.file_size for member in members) > MAX_BYTES:
                raise ArtifactError("The contents of the artifact are too large.")
            return {member.filename: archive.read(member) for member in members}
    except (OSError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise ArtifactError("The file is not an artifact.") from error
    except (ValueError, IndexError, OverflowError, UnicodeError) as error:
        if isinstance(error, ArtifactError):
            raise
        raise ArtifactError("The file is not an artifact.") from error


def _parse_card(text: bytes) -> dict[str, Any]:
    try:
        card = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ArtifactError("The card of the artifact cannot be read.") from error
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise ArtifactError(f"The artifact is not of format {FORMAT}.")
    return card


def _parse_exemplars(data: bytes) -> Exemplars:
    if len(data) > _EXEMPLARS_BYTES:
        raise ArtifactError("The exemplars of the artifact are too large.")
    try:
        return exemplars_from_arrays(_load_npz(data, "exemplars"))
    except ArtifactError:
        raise
    except ValueError as error:
        raise ArtifactError("The exemplars of the artifact are damaged.") from error


def _parse_network(parts: Mapping[str, bytes], model: str, weights: str) -> StoredNetwork | None:
    return StoredNetwork(parts[model], _parse_weights(parts[weights])) if model in parts else None


def _load_npz(data: bytes, what: str) -> dict[str, NDArray[Any]]:
    _read_members(data)  # an .npz is a zip as well and must keep to the same bounds
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            loaded = {name: arrays[name] for name in arrays.files}
    except (ValueError, OSError, EOFError, KeyError, SyntaxError, TypeError, MemoryError) as error:
        raise ArtifactError(f"The {what} of the artifact cannot be read.") from error
    if not all(isinstance(array, np.ndarray) for array in loaded.values()):  # NumPy gives other members as bytes
        raise ArtifactError(f"The {what} of the artifact are not arrays alone.")
    return loaded


def _parse_weights(data: bytes) -> dict[str, NDArray[Any]]:
    stored = _load_npz(data, "weights")
    _check_weights({name: array for name, array in stored.items() if not is_kernel_reference(array)})
    return stored


def _check_weights(weights: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    for name, array in weights.items():
        if array.dtype not in (np.float16, np.float32) or not np.isfinite(array).all():
            raise ArtifactError(f"The weights {name!r} are not finite numbers of 16 or 32 bits.")
    return weights
