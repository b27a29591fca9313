"""RapidOCR as a reader: a good general OCR, the peer on every set that `ml` is measured on.

It sees what a person would see: strokes become dark lines on white. It reads in four ways: told that its picture
is one line or finding the writing by itself, with its whole alphabet or with the digits only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.evaluation.benchmarks import Drawing
from ml.evaluation.report.rendering import render_strokes
from ml.segmentation.components import union_box
from ml.segmentation.image_components import find_image_components

Grey = NDArray[np.uint8]

HEIGHT = 64  # px of the ink that strokes become
MARGIN = 0.5  # paper around them, in heights of the ink: the best for it of .05 to .6, on writers who train
BITMAP = 32  # px a side: of such pictures it reads more with that margin (Optdigits 97 %, else 94 %)
_KEPT = re.compile(r"[^0-9\s]")
_DIGITS = frozenset("0123456789")


class NoPeer(RuntimeError):
    """RapidOCR is not installed."""


@dataclass(frozen=True)
class OcrReading:
    state: str
    text: str
    confidence: float


class Ocr:
    """`card` is that of the reader beside it, so that both are asked about the same writers."""

    def __init__(self, card: Mapping[str, Any], *, finds: bool = False, digits_only: bool = False) -> None:
        """`finds`: the pictures are pages, else one line each. Raises NoPeer."""
        self.card = card
        self._finds = finds
        self._ocr = _open(digits_only)
        ways = [*["finding lines"] * finds, *["digits only"] * digits_only]
        self.version = f"RapidOCR{' (' + ', '.join(ways) + ')' if ways else ''}"

    def read(self, drawings: Sequence[Drawing]) -> list[OcrReading]:
        return [self._read(_picture(drawing)) for drawing in drawings]

    def classify(self, glyphs: Grey) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """As `Reader.classify`, of one line each: all the weight on what was read."""
        labels, digitness = np.full((len(glyphs), 10), -20.0), np.zeros(len(glyphs))
        for i, glyph in enumerate(glyphs):
            reading = self._read(255 - glyph)
            if len(reading.text) == 1:
                labels[i, int(reading.text)], digitness[i] = 0.0, reading.confidence
        return labels, digitness

    def _read(self, picture: Grey) -> OcrReading:
        colours = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
        found = self._ocr(colours, use_det=self._finds, use_cls=False, use_rec=True)
        return judge(found.txts or (), found.scores or ())


def judge(texts: Sequence[str], scores: Sequence[float]) -> OcrReading:
    """Lines of any characters as a reading: signs such as $ are dropped, letters beside digits make it unsure."""
    lines = [_KEPT.sub("", text).strip() for text in texts]
    text = "\n".join(line for line in lines if line)
    confidence = float(np.mean(scores)) if scores else 0.0
    if not text:
        return OcrReading("not_a_digit" if texts else "empty", "", confidence)
    letters = any(c.isalpha() for line in texts for c in line)
    return OcrReading("unsure" if letters else "recognised", text, confidence)


def _open(digits_only: bool) -> Any:
    try:
        from rapidocr import RapidOCR
    except ImportError as error:
        raise NoPeer("RapidOCR is not installed: pip install -r bench/requirements.txt") from error
    threads = {
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    ocr = RapidOCR(params={"Global.log_level": "critical", **threads})
    if digits_only:
        recogniser = ocr._load_rec_model()
        recogniser.postprocess_op = _DigitsOnly(recogniser.postprocess_op)
    return ocr


class _DigitsOnly:
    """Its decoder with every output but the digits and the blank forbidden."""

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder
        self._open = np.array([i == 0 or c in _DIGITS for i, c in enumerate(decoder.character)])

    def __call__(self, outputs: NDArray[np.float32], *options: Any, **more: Any) -> Any:
        left = np.where(self._open, outputs, 0)
        return self._decoder(left / left.sum(axis=2, keepdims=True).clip(1e-12), *options, **more)


def _picture(drawing: Drawing) -> Grey:
    """Strokes as dark ink on white; a picture as it is, a bitmap of one digit with more paper around its ink."""
    if not isinstance(drawing, np.ndarray):
        return render_strokes(drawing, HEIGHT, margin=MARGIN)
    pieces = find_image_components(drawing) if max(drawing.shape) <= BITMAP else None
    return drawing if pieces is None else _framed(drawing, union_box(pieces.boxes))


def _framed(picture: Grey, box: NDArray[np.float64]) -> Grey:
    edge = int(np.ceil(MARGIN * box[3]))
    wide = cv2.copyMakeBorder(picture, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
    left, top = np.floor(box[:2]).astype(int)
    right, bottom = np.ceil(box[:2] + box[2:]).astype(int) + 2 * edge
    return np.asarray(wide[top:bottom, left:right], np.uint8)
