"""RapidOCR, a good general OCR, as a reader: the peer on every benchmark of `ml`.

It is given what a person would see: strokes become dark lines on white, pictures stay as they are, in colour where
they have colours. It reads in four modes: one line in each picture, for single digits, strings and amounts, or
detection of lines, for photographs of lines and pages; with its whole alphabet or with the digits only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.evaluation.labeled_drawings import Drawing
from ml.evaluation.report.rendering import render_strokes
from ml.segmentation.components import union_box
from ml.segmentation.image_components import find_image_components

Grey = NDArray[np.uint8]  # (h, w)
Pixels = NDArray[np.uint8]  # (h, w) grey or (h, w, 3) in colour, red first

HEIGHT = 64  # px of the ink of rendered strokes
MARGIN = 0.5  # paper around the ink in heights of it: the peer's best of .05 to .6, on writers who train
BITMAP = 32  # px a side up to which pictures get that margin too: the peer then reads 97 % of Optdigits, else 94 %
_DROPPED = re.compile(r"[^0-9\s]")
_DIGITS = frozenset("0123456789")


class PeerMissing(RuntimeError):
    """RapidOCR is not installed."""


@dataclass(frozen=True)
class OcrReading:
    """What an evaluation needs of a reading."""

    state: str
    text: str
    confidence: float


class Ocr:
    """RapidOCR with the interface of a reader. `card` is that of the reader beside it, so that both read the same
    writers."""

    def __init__(self, card: Mapping[str, Any], *, detects_lines: bool = False, digits_only: bool = False) -> None:
        """`detects_lines`: pictures are pages, else one line each. Raises PeerMissing."""
        self.card = card
        self._detects_lines = detects_lines
        self._ocr = _open(digits_only)
        modes = [*["finding lines"] * detects_lines, *["digits only"] * digits_only]
        self.version = f"RapidOCR{' (' + ', '.join(modes) + ')' if modes else ''}"

    def read(self, drawings: Sequence[Drawing]) -> list[OcrReading]:
        return [self._read(_picture(drawing)) for drawing in drawings]

    def classify(self, glyphs: Grey) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """As `Reader.classify`: each glyph is read as a line, and the label that was read gets all the
        probability."""
        log_probabilities, is_digit = np.full((len(glyphs), 10), -20.0), np.zeros(len(glyphs))
        for i, glyph in enumerate(glyphs):
            reading = self._read(255 - glyph)
            if len(reading.text) == 1:
                log_probabilities[i, int(reading.text)], is_digit[i] = 0.0, reading.confidence
        return log_probabilities, is_digit

    def _read(self, picture: Pixels) -> OcrReading:
        colours = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR if picture.ndim == 2 else cv2.COLOR_RGB2BGR)
        output = self._ocr(colours, use_det=self._detects_lines, use_cls=False, use_rec=True)
        return reading_of(output.txts or (), output.scores or ())


def reading_of(texts: Sequence[str], scores: Sequence[float]) -> OcrReading:
    """Lines of any characters as a reading: signs such as $ are dropped, letters beside digits make it unsure."""
    lines = [_DROPPED.sub("", text).strip() for text in texts]
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
        raise PeerMissing("RapidOCR is not installed: pip install -r bench/requirements.txt") from error
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
    """The peer's decoder, restricted to digits and the blank."""

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder
        self._allowed = np.array([i == 0 or c in _DIGITS for i, c in enumerate(decoder.character)])

    def __call__(self, outputs: NDArray[np.float32], *options: Any, **more: Any) -> Any:
        allowed = np.where(self._allowed, outputs, 0)
        return self._decoder(allowed / allowed.sum(axis=2, keepdims=True).clip(1e-12), *options, **more)


def _picture(drawing: Drawing) -> Pixels:
    """Strokes as dark ink on white; a picture as it is; a bitmap of one digit with more paper around its ink."""
    if not isinstance(drawing, np.ndarray):
        return render_strokes(drawing, HEIGHT, margin=MARGIN)
    if max(drawing.shape[:2]) > BITMAP:
        return drawing
    grey = np.asarray(drawing if drawing.ndim == 2 else cv2.cvtColor(drawing, cv2.COLOR_RGB2GRAY), np.uint8)
    components = find_image_components(grey)
    return drawing if components is None else _framed(drawing, union_box(components.boxes))


def _framed(picture: Pixels, box: NDArray[np.float64]) -> Pixels:
    """The part of the picture in `box` (x, y, width, height), with MARGIN around it."""
    edge = int(np.ceil(MARGIN * box[3]))
    wide = cv2.copyMakeBorder(picture, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
    left, top = np.floor(box[:2]).astype(int)
    right, bottom = np.ceil(box[:2] + box[2:]).astype(int) + 2 * edge
    return np.asarray(wide[top:bottom, left:right], np.uint8)
