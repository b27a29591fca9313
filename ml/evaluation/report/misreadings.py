"""Misread drawings to look at, the most confident first, and which digits are taken for which."""

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

MOST = 60  # misreadings of a benchmark that are shown
_PAGE_SIZE = (640, 640)  # largest width and height of a picture, px
_SIZE = (200, 96)  # the same for benchmarks that are no pages
_STROKES_HEIGHT = 72  # px of the ink
_QUALITY = 55  # of WebP: a digit takes 700 bytes


@dataclass(frozen=True)
class Misreading:
    """A misread drawing: its number in the benchmark, from 0, its picture as a data URI with width and height, its
    true text, and the answer."""

    index: int
    picture: str
    size: tuple[int, int]
    truth: str
    answer: Answer


def worst_misreadings(result: BenchmarkResult, most: int = MOST) -> list[Misreading]:
    """At most `most` misread drawings of a benchmark, the most confidently misread first."""
    wrong = [i for i, errors in enumerate(result.errors_by_drawing) if errors]
    wrong.sort(key=lambda i: -result.answers[i].confidence)
    misreadings = []
    for i in wrong[:most]:
        image = _thumbnail(result.drawings[i], result.benchmark.kind)
        file = io.BytesIO()
        image.save(file, "WEBP", quality=_QUALITY, method=4)
        uri = "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()
        misreadings.append(Misreading(i, uri, image.size, result.texts[i], result.answers[i]))
    return misreadings


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
