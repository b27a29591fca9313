"""Files of recorded characters, as the data sets are stored."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def folder(tmp_path):
    """Digits by 12 writers and characters by 12 others; each stroke starts at its writer's number."""

    def save(name: str, labels: list[str], first: int, **arrays: np.ndarray) -> None:
        writer = np.repeat(np.arange(first, first + 12), len(labels))
        points = np.array([[w, 10 * i] for w in writer for i in range(3)], np.float32)
        starts = np.arange(0, 3 * len(writer) + 1, 3)
        np.savez(tmp_path / name, label=np.array(labels * 12), writer=writer, points=points, stroke_start=starts,
                 sample_start=np.arange(len(writer) + 1), **arrays)  # fmt: skip

    save("pendigits_strokes.npz", ["4", "7"], 0, test=np.repeat(np.arange(12) > 9, 2))
    save("digilets_strokes.npz", ["A", "O", "3"], 100)
    return tmp_path
