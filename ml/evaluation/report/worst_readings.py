"""The worst readings of a benchmark to look at, and which digits are taken for which."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.evaluation.evaluate import Answer, BenchmarkResult
from ml.evaluation.labeled_drawings import Drawing
from ml.evaluation.report.rendering import render_strokes

MOST = 60  # drawings of a benchmark that are shown
_PAGE_SIZE = (640, 640)  # largest width and height of a picture, px
_SIZE = (200, 96)  # the same for benchmarks that are no pages
_STROKES_HEIGHT = 72  # px of the ink
_QUALITY = 55  # of WebP: a digit takes 700 bytes


@dataclass(frozen=True)
class WorstReading:
    """A drawing to look at: its number in the benchmark, from 0, its picture as a data URI with width and height,
    its true text, the answer, and whether that is wrong."""

    index: int
    picture: str
    size: tuple[int, int]
    truth: str
    answer: Answer
    is_wrong: bool


def worst_readings(result: BenchmarkResult, most: int = MOST) -> list[WorstReading]:
    """At most `most` drawings of a benchmark: first misread ones, the most confidently misread before others, then
    those that are read right, the nearest to a mistake before others."""
    wrong = np.array(result.errors_by_drawing) > 0
    confidence = np.array([answer.confidence for answer in result.answers])
    # A sign is nearest to a mistake where its score is high, a digit where the reader is least sure of it.
    margin = -result.scores if result.benchmark.kind == "no_digit" else confidence
    order = np.lexsort((np.where(wrong, -confidence, margin), ~wrong))
    readings = []
    for i in order[:most].tolist():
        image = _thumbnail(result.drawings[i], result.benchmark.kind)
        file = io.BytesIO()
        image.save(file, "WEBP", quality=_QUALITY, method=4)
        uri = "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()
        readings.append(WorstReading(i, uri, image.size, result.texts[i], result.answers[i], bool(wrong[i])))
    return readings


def _thumbnail(drawing: Drawing, kind: str) -> Image.Image:
    """A grey picture, of a colour picture in colour, with dark ink on white paper."""
    picture = drawing if isinstance(drawing, np.ndarray) else render_strokes(drawing, _STROKES_HEIGHT)
    picture = 255 - picture if kind == "glyph" else picture
    width, height = _PAGE_SIZE if kind == "page" else _SIZE
    scale = min(width / picture.shape[1], height / picture.shape[0])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    return Image.fromarray(np.asarray(cv2.resize(picture, size, interpolation=interpolation), np.uint8))


def confusion_counts(results: Sequence[BenchmarkResult]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of the drawings of one digit: (10, 12) counts by true digit and by what was read, and (10,) counts of those
    that are unsure. Column 10 is several digits, column 11 nothing."""
    counts, unsure = np.zeros((10, 12), np.int64), np.zeros(10, np.int64)
    for result in results:
        for text, answer in zip(result.texts, result.answers, strict=True):
            if len(text) == 1 and text.isdigit():
                column = 11 if not answer.text else int(answer.text) if len(answer.text) == 1 else 10
                counts[int(text), column] += 1
                unsure[int(text)] += answer.state == "unsure"
    return counts, unsure
