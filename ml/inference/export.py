"""What people can take away of a version: its networks for LiteRT and as ONNX, all weights, and its card."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.inference.artifact import Artifact, ArtifactError, StoredNetwork, unpack
from ml.inference.translation import Untranslatable, to_onnx

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same artifact gives the same file
_README = """\
The networks of one version of the reader of handwritten numbers. card.json says how they were made.

glyphs        float32 (n, 28, 28, 1), ink 1 on paper 0
              -> (n, 75): logits of the digits 0 to 9, logit of being a digit, embedding of 64 numbers
trajectories  float32 (n, 48, 5), points along the pen's way
              -> (n, 11): logits of the digits 0 to 9, logit of being a digit
strips        float32 (n, 32, w, 1), a line of writing, ink 1 on paper 0, w a multiple of 4
              -> (n, 1, w / 4, 11): logits of the digits 0 to 9 and of no digit at each step

.tflite  for LiteRT; weights in half precision, sums in single
.onnx    the same operations with the same numbers, for ONNX of opset 17
.npz     all weights by the names of the Keras variables. A kernel that a normalisation follows is multiplied
         with what that scales it by.

SHA256SUMS holds the checksums: sha256sum --check SHA256SUMS
"""


def as_onnx(artifact: bytes) -> dict[str, bytes]:
    """ONNX files by name: glyphs.onnx, and trajectories.onnx and strips.onnx where the artifact has them.

    `ml.inference.translation.to_onnx` says what is in them. Raises ArtifactError, also for a network without translation.
    """
    held = unpack(artifact)
    return {f"{name}.onnx": _onnx(network, name, held.version) for name, network in _networks(held).items()}


def download_files(artifact: bytes) -> dict[str, bytes]:
    """All files of a download by name: README.txt, card.json, and .tflite, .npz and .onnx of each network.

    Weights are float16 or float32, as `ml.training.networks.set_weights` takes them. Raises ArtifactError.
    """
    held = unpack(artifact)
    files = {"README.txt": _README.encode(), "card.json": _json(held.card)}
    for name, network in _networks(held).items():
        files[f"{name}.tflite"] = network.model
        files[f"{name}.npz"] = _npz(network.weights)
        files[f"{name}.onnx"] = _onnx(network, name, held.version)
    return files


def build_download(artifact: bytes) -> bytes:
    """`parts` and their SHA256SUMS in one stored zip, the same bytes each time. Raises ArtifactError."""
    files = download_files(artifact)
    sums = "".join(f"{hashlib.sha256(part).hexdigest()}  {name}\n" for name, part in files.items())
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, part in [*files.items(), ("SHA256SUMS", sums.encode())]:
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), part)
    return file.getvalue()


def _networks(held: Artifact) -> dict[str, StoredNetwork]:
    named = {"glyphs": held, "trajectories": held.trajectory, "strips": held.strip}
    return {name: network for name, network in named.items() if network is not None}


def _onnx(network: StoredNetwork, name: str, version: str) -> bytes:
    try:
        return to_onnx(network.model, name, version)
    except Untranslatable as error:
        raise ArtifactError("The network of the artifact cannot be written as ONNX.") from error


def _json(card: Mapping[str, Any]) -> bytes:
    return json.dumps(card, indent=1, sort_keys=True).encode()


def _npz(weights: Mapping[str, NDArray[Any]]) -> bytes:
    file = io.BytesIO()
    np.savez(file, **weights)  # type: ignore[arg-type]
    return file.getvalue()
