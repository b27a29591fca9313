"""The cast: the shipped reader, a seeded generator, and pictures drawn from strokes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ml.inference.artifact import pack, unpack
from ml.inference.exemplars import Exemplars
from ml.inference.reader import SHIPPED, Reader
from ml.ink.strokes import Strokes
from ml.synthesis.handwriting import STYLES, Handwriting

PLAIN_HAND = Handwriting(
    tuple(STYLES[label][0] for label in range(10)), slant=0.05, width=1.0, wobble=0.015, gap=0.3
)


@pytest.fixture(scope="session")
def reader() -> Reader:
    return Reader.open(SHIPPED)


def shipped_with_exemplars(exemplars: Exemplars | None) -> bytes:
    """The shipped artifact with other exemplars, or without any."""
    shipped = unpack(SHIPPED.read_bytes())
    return pack(shipped.model, shipped.card, shipped.weights, exemplars, shipped.trajectory, shipped.line)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20)


def drawn(strokes: Strokes, size: tuple[int, int] = (600, 300), pen: int = 5) -> NDArray[np.uint8]:
    """Grey pixels (h, w), black ink on white, of strokes in pixels."""
    page = np.full(size[::-1], 255, np.uint8)
    lines = [np.rint(stroke * 16).astype(np.int32) for stroke in strokes]
    return np.asarray(cv2.polylines(page, lines, False, 0, pen, cv2.LINE_AA, 4), np.uint8)
