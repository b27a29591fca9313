"""Paper on which nothing is written."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ml.segmentation.binarization import binarize, extract_ink, is_texture
from ml.synthesis.handwriting import write_number
from tests.ml.conftest import PLAIN_HAND, drawn

SIZE = (900, 600)


def grain(rng, size: int, depth: float) -> np.ndarray:
    """Even spots of `size` pixels (h, w), their brightness with the standard deviation `depth`."""
    spots = rng.normal(0, 1, (SIZE[1] // size, SIZE[0] // size)).astype(np.float32)
    spots = cv2.resize(spots, SIZE, interpolation=cv2.INTER_CUBIC)
    return spots / spots.std() * depth


def stained(rng) -> np.ndarray:
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    paper = np.full(SIZE[::-1], 0.0)
    for across, down, radius in ((200, 150, 40), (600, 380, 25), (700, 120, 60)):
        paper -= 18 * np.exp(-((np.hypot(x - across, y - down) / radius) ** 4))
    return paper + rng.normal(0, 2, paper.shape)


def holed(rng) -> np.ndarray:
    paper = rng.normal(0, 2, SIZE[::-1])
    for down in (150, 450):
        cv2.circle(paper, (45, down), 14, -150, -1, cv2.LINE_AA)
    return paper


def folded(rng) -> np.ndarray:
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    away = x - 400 - 0.2 * y
    return 14 * np.sign(away) * np.exp(-np.abs(away) / 12) + rng.normal(0, 2, x.shape)


@pytest.mark.parametrize("made", [
    lambda rng: grain(rng, 2, 5), lambda rng: grain(rng, 60, 12) + grain(rng, 15, 4), stained, holed, folded,
])  # fmt: skip
def test_on_paper_without_writing_nothing_is_recognised(reader, rng, made):
    paper = (205 + made(rng)).clip(0, 255)
    blank = cv2.GaussianBlur(paper, (0, 0), 0.8).astype(np.uint8)
    reading = reader.read([blank])[0]
    assert reading.state in {"empty", "not_a_digit"}
    strokes = write_number("2749", rng=rng, handwriting=PLAIN_HAND, canvas=(600, 300))
    ink = drawn([stroke + np.array([150, 150], np.float32) for stroke in strokes], SIZE, 7)
    written = np.minimum(blank, cv2.GaussianBlur(ink, (0, 0), 0.8) // 2 + 110)
    assert reader.read([np.where(ink < 255, written, blank)])[0].text == "2749"


def test_writing_is_no_texture(rng):
    ink = extract_ink(
        drawn(write_number("2749", rng=rng, handwriting=PLAIN_HAND, canvas=(800, 400)), (800, 400), pen=6)
    )
    found = binarize(ink)
    assert found is not None
    assert not is_texture(ink, found.mask)
    faint = extract_ink(
        (200 + drawn(write_number("27", rng=rng, canvas=(800, 400)), (800, 400)) * 0.1).astype(np.uint8)
    )
    pencil = binarize(faint)
    assert pencil is not None
    assert not is_texture(faint, pencil.mask)
    soft = as_soft(ink)
    assert is_texture(soft, np.where(soft > soft.max() / 2, 255, 0).astype(np.uint8))


def as_soft(ink: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(ink, (0, 0), 15)
