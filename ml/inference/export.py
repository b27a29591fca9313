"""The download of a version: its networks for LiteRT and as ONNX, all their weights, and its card, in one zip."""

from __future__ import annotations

import json

from ml.inference.artifact import ArtifactError, npz_bytes, stored_zip, unpack

_README = """\
The networks of one version of the reader of handwritten numbers. card.json says how they were made.

glyphs        float32 (n, 28, 28, 1): images of one digit, ink 1 on paper 0
              -> (n, 75): logits of the digits 0 to 9, logit of being a digit, embedding of 64 numbers
trajectories  float32 (n, 48, 5): points along the strokes of one digit
              -> (n, 11): logits of the digits 0 to 9, logit of being a digit
strips        float32 (n, 32, w, 1): images of one line, ink 1 on paper 0, w a multiple of 4
              -> (n, 1, w / 4, 11): logits of the digits 0 to 9 and of no digit at each step along the line

.tflite  for LiteRT; weights in half precision, sums in single precision
.onnx    the same operations with the same weights, for ONNX of opset 17
.npz     all weights by the names of their Keras variables. A kernel that is followed by batch normalisation is
         stored multiplied by the scale of that normalisation.

SHA256SUMS holds the checksums: sha256sum --check SHA256SUMS
"""


def build_download(artifact: bytes) -> bytes:
    """`download_files` and their SHA256SUMS as one stored zip; the same artifact always gives the same bytes.

    Raises ArtifactError.
    """
    return stored_zip(download_files(artifact))


def download_files(artifact: bytes) -> dict[str, bytes]:
    """All files of a download by name: README.txt, card.json, and .tflite, .npz and .onnx of each network.

    The networks are glyphs, trajectories and strips; the last two only if the artifact has them. The arrays of an
    .npz are float16 or float32, as `ml.training.networks.set_weights` takes them. Raises ArtifactError, also when
    a network cannot be converted to ONNX.
    """
    from ml.inference.onnx_conversion import UnsupportedNetwork, to_onnx  # loads LiteRT and onnx

    opened = unpack(artifact)
    card = json.dumps(opened.card, indent=1, sort_keys=True)
    files = {"README.txt": _README.encode(), "card.json": card.encode()}
    networks = {"glyphs": opened, "trajectories": opened.trajectory, "strips": opened.line}
    for name, network in networks.items():
        if network is None:
            continue
        files[f"{name}.tflite"] = network.model
        files[f"{name}.npz"] = npz_bytes(network.weights)
        try:
            files[f"{name}.onnx"] = to_onnx(network.model, name, opened.version)
        except UnsupportedNetwork as error:
            raise ArtifactError("The network of the artifact cannot be converted to ONNX.") from error
    return files
