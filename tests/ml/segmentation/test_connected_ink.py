"""Connected parts of a mask."""

from __future__ import annotations

import cv2
import numpy as np

from ml.segmentation.connected_ink import connect


def scattered() -> np.ndarray:
    is_ink = cv2.blur(np.random.default_rng(4).integers(0, 256, (70, 90)).astype(np.uint8), (3, 3)) > 150
    return np.where(is_ink, 255, 0).astype(np.uint8)


def test_parts_are_those_of_opencv():
    mask = scattered()
    found = connect(mask)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    assert count > 20
    assert (found.labels == labels).all()
    assert (found.stats[1:] == stats[1:]).all()
    assert not found.stats[0].any()
    assert (found.parts == labels[mask > 0]).all()
    assert (found.pixels == np.flatnonzero(mask)).all()


def test_some_parts_are_kept():
    found = connect(scattered())
    is_kept = np.arange(len(found.stats)) % 2 == 0
    assert ((found.kept(is_kept) == 255) == (is_kept[found.labels] & (found.labels > 0))).all()


def test_only_those_kept_are_left_with_their_measures():
    found = connect(scattered())
    is_kept = np.arange(len(found.stats)) % 3 == 0
    left, again = found.only(is_kept), connect(found.kept(is_kept))
    for name in ("mask", "labels", "stats", "pixels", "parts"):
        assert (getattr(left, name) == getattr(again, name)).all()
    assert found.only(np.ones(len(found.stats), bool)).labels is found.labels


def test_paper_has_no_parts():
    found = connect(np.zeros((5, 6), np.uint8))
    assert len(found.stats) == 1
    assert not len(found.pixels)
    assert not found.kept(np.array([True])).any()
