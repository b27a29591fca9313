"""What went wrong, to look at: the misread drawings of a set, those first that the reader was surest of."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.evaluation.benchmarks import Drawing
from ml.evaluation.evaluate import Answer, BenchmarkResult
from ml.evaluation.report.rendering import Grey, render_strokes

Counts = NDArray[np.int64]

MOST = 60
_SIZES = {"page": (640, 640)}  # width, height that a picture may have
_SIZE = (200, 96)
_QUALITY = 55  # of WebP: a digit takes 700 bytes


@dataclass(frozen=True)
class Case:
    """`picture` is a data URI; `index` counts the drawings of the set from 0."""

    index: int
    picture: str
    size: tuple[int, int]
    truth: str
    answer: Answer


def worst(result: BenchmarkResult, most: int = MOST) -> list[Case]:
    """At most so many misread drawings of a set, the most confidently misread first."""
    wrong = [i for i, errors in enumerate(result.wrong) if errors]
    wrong.sort(key=lambda i: -result.answers[i].confidence)
    return [_case(result, i) for i in wrong[:most]]


def _case(result: BenchmarkResult, index: int) -> Case:
    picture = _thumbnail(result.drawings[index], result.benchmark.kind)
    size = (picture.shape[1], picture.shape[0])
    return Case(index, _uri(picture), size, result.texts[index], result.answers[index])


def _thumbnail(drawing: Drawing, kind: str) -> Grey:
    picture = drawing if isinstance(drawing, np.ndarray) else render_strokes(drawing, 72)
    picture = 255 - picture if kind == "glyph" else picture
    width, height = _SIZES.get(kind, _SIZE)
    scale = min(width / picture.shape[1], height / picture.shape[0])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(picture, size, interpolation=way), np.uint8)


def _uri(picture: Grey) -> str:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "WEBP", quality=_QUALITY, method=4)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()


def confused(results: Sequence[BenchmarkResult]) -> tuple[Counts, Counts]:
    """Of drawings of one digit through the whole reader: counts (10, 12) of what each was read as, and of those
    how many were unsure (10,). Column 10 is several digits, column 11 nothing."""
    counts, unsure = np.zeros((10, 12), np.int64), np.zeros(10, np.int64)
    for truth, answer in _digits(results):
        column = 11 if not answer.text else int(answer.text) if len(answer.text) == 1 else 10
        counts[truth, column] += 1
        unsure[truth] += answer.state == "unsure"
    return counts, unsure


def _digits(results: Sequence[BenchmarkResult]) -> Iterator[tuple[int, Answer]]:
    for result in results:
        for text, answer in zip(result.texts, result.answers, strict=True):
            if len(text) == 1 and text.isdigit():
                yield int(text), answer
