"""A ring drawn around all strokes goes; what may be a digit stays."""

from __future__ import annotations

import numpy as np

from ml.ink.strokes import Strokes
from ml.segmentation.stroke_rings import without_ring

SEVEN = np.array([[40, 40], [60, 40], [48, 70]], np.float32)


def ring(width: float, height: float) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, 40)[:, None]
    return (np.concatenate([width * np.cos(angle), height * np.sin(angle)], axis=1) + 50).astype(np.float32)


def kept(*strokes: np.ndarray) -> Strokes:
    return without_ring(list(strokes))


def test_a_ring_goes_whenever_it_was_drawn():
    for drawing in ([SEVEN, ring(40, 40)], [ring(40, 40), SEVEN]):
        [left] = without_ring(drawing)
        assert left is SEVEN


def test_a_frame_goes():
    frame = np.array([[0, 0], [100, 2], [101, 100], [1, 99], [2, 4]], np.float32)
    assert len(kept(SEVEN, frame)) == 1


def test_a_zero_with_a_stroke_in_it_stays():
    assert len(kept(ring(25, 40), np.array([[58, 30], [42, 70]], np.float32))) == 2


def test_a_wide_zero_with_a_stroke_that_leans_stays():
    for lean in (-12, 12):
        assert len(kept(ring(38, 40), np.array([[50 + lean, 28], [50 - lean, 72]], np.float32))) == 2


def test_a_ring_around_an_upright_one_goes():
    assert len(kept(ring(38, 40), np.array([[52, 28], [49, 72]], np.float32))) == 1


def test_a_zero_with_a_dot_in_it_stays():
    assert len(kept(ring(30, 40), np.array([[50, 50], [51, 51]], np.float32))) == 2


def test_an_open_curve_stays():
    assert len(kept(ring(40, 40)[:25], SEVEN)) == 2


def test_strokes_that_are_points_stay():
    assert len(kept(np.array([[-0.0, 0], [0, 0]], np.float32), np.zeros((1, 2), np.float32))) == 2


def test_numbers_side_by_side_stay():
    assert len(kept(ring(30, 40), SEVEN + np.array([100, 0], np.float32))) == 2


def test_one_stroke_stays():
    assert len(kept(ring(40, 40))) == 1


def test_a_seven_in_a_ring_is_read(reader):
    reading = reader.read([[4 * ring(40, 40), 4 * SEVEN]])[0]
    assert reading.text == "7"
