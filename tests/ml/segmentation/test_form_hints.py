"""Which masks may hold lines of a form."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ml.segmentation.form_hints import may_hold_form

ROW = (40, 110, 180, 250, 320)


def may_hold(mask: np.ndarray) -> bool:
    return may_hold_form(mask, cv2.connectedComponentsWithStats(mask, connectivity=8)[2])


def sevens() -> np.ndarray:
    mask = np.zeros((200, 400), np.uint8)
    for left in ROW:
        cv2.polylines(mask, [np.array([[left, 70], [left + 35, 70], [left + 12, 130]])], False, 255, 6)
    return mask


def test_digits_hold_none():
    assert not may_hold(sevens())
    assert not may_hold(np.zeros((50, 60), np.uint8))
    zeros = np.zeros((200, 400), np.uint8)
    for left in ROW:
        cv2.ellipse(zeros, (left + 20, 100), (20, 32), 0, 0, 360, 255, 5)
    assert not may_hold(zeros)


@pytest.mark.parametrize(
    "line",
    [
        [[30, 150], [370, 150]],  # below the digits
        [[30, 150], [75, 150]],  # below one of them
        [[20, 30], [20, 170]],  # taller than they are
        [[390, 0], [390, 60]],  # cut off by the edge
        [[30, 60], [85, 60], [85, 140], [30, 140], [30, 60]],  # a box around the first
    ],
)
def test_lines_beside_digits_are_seen(line):
    assert may_hold(cv2.polylines(sevens(), [np.array(line)], False, 255, 3))


def test_empty_boxes_and_dashes_are_seen():
    boxes, dashed = np.zeros((2, 200, 400), np.uint8)
    for left in ROW:
        cv2.rectangle(boxes, (left, 60), (left + 50, 130), 255, 3)
    assert may_hold(boxes)
    for left in range(20, 380, 20):
        dashed[100:103, left : left + 10] = 255
    assert may_hold(dashed)
