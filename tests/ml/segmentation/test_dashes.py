"""Dashed lines, taken out of masks."""

from __future__ import annotations

import cv2
import numpy as np

from ml.segmentation.dashes import part_dashes


def dashed(n: int) -> np.ndarray:
    mask = np.zeros((100, 400), np.uint8)
    for left in range(10, 10 + 16 * n, 16):
        mask[60:63, left : left + 8] = 255
    return mask


def one() -> np.ndarray:
    return cv2.line(np.zeros((100, 400), np.uint8), (60, 10), (50, 50), 255, 5)


def without_dashes(mask: np.ndarray) -> np.ndarray:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    return part_dashes(mask, labels, stats)[0]


def test_a_level_and_an_upright_row_go():
    assert not without_dashes(dashed(20)).any()
    assert not without_dashes(np.ascontiguousarray(dashed(20).T)).any()


def test_writing_above_a_row_stays():
    assert (without_dashes(np.maximum(dashed(20), one())) == one()).all()


def test_few_dashes_and_scattered_ones_stay():
    few = dashed(6)
    assert without_dashes(few) is few
    scattered = np.zeros((400, 400), np.uint8)
    for left in range(10, 380, 80):
        for top in range(10, 380, 80):
            scattered[top : top + 3, left : left + 8] = 255
    assert (without_dashes(scattered) == scattered).all()


def test_dashes_are_joined_to_a_line():
    mask = dashed(20)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    _, joined, length = part_dashes(mask, labels, stats)
    assert length == 8
    assert joined[61, 10:320].all()
    assert not joined[:55].any()
