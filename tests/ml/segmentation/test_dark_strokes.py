"""Strokes along lines, told by how dark they are."""

from __future__ import annotations

import cv2
import numpy as np

from ml.segmentation.dark_strokes import restore_dark_strokes

PEN = 6.0


def ink_of_line() -> np.ndarray:
    return cv2.line(np.zeros((100, 300), np.uint8), (0, 50), (299, 50), 100, 5)


def stem(ink: int) -> np.ndarray:
    return cv2.line(np.zeros((100, 300), np.uint8), (190, 53), (170, 95), ink, 6)


def bar(ink: int) -> np.ndarray:
    """The top of a 7 whose stem is below it."""
    return cv2.line(np.zeros((100, 300), np.uint8), (130, 50), (190, 50), ink, 5)


def restored(pen_ink: int, ink: np.ndarray) -> np.ndarray:
    cleaned = np.where(stem(pen_ink) > 0, 255, 0).astype(np.uint8)
    return restore_dark_strokes(np.where(ink > 0, 255, 0).astype(np.uint8), cleaned, ink, PEN)


def test_a_dark_bar_on_a_light_line_comes_back():
    left = restored(200, np.maximum(np.maximum(ink_of_line(), stem(200)), bar(200)))
    assert (left[:, 130:190] > 0)[48:53].mean() > 0.9
    assert not left[:, :120].any()
    assert not left[:, 205:].any()


def test_a_line_as_dark_as_the_pen_stays_away():
    ink = np.maximum(np.maximum(ink_of_line(), stem(110)), bar(110))
    assert (restored(110, ink) == (stem(110) > 0) * 255).all()


def test_dark_ink_that_no_stroke_goes_on_to_and_spots_stay_away():
    ink = np.maximum(ink_of_line(), stem(200))
    ink[48:53, 20:60] = 200
    ink[50:53, 185:189] = 200
    assert (restored(200, ink) == (stem(200) > 0) * 255).all()


def test_without_strokes_or_without_lines_nothing_changes():
    ink, nothing = ink_of_line(), np.zeros((100, 300), np.uint8)
    mask = np.where(ink > 0, 255, 0).astype(np.uint8)
    assert restore_dark_strokes(mask, nothing, ink, PEN) is nothing
    assert restore_dark_strokes(mask, mask, ink, PEN) is mask
