"""Find drawings that are nearly the same, such as a digit that somebody draws again and again."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ml.ink.glyph import strokes_to_glyph
from ml.ink.strokes import Strokes

Floats = NDArray[np.float32]
Name = TypeVar("Name")

_ALIKE = 0.995  # two drawings whose glyphs have a higher cosine count as one


class NearDuplicates(Generic[Name]):
    """Remembers drawings by name, and knows those that are nearly the same as one that came before.

    Only drawings under the same key are compared, such as those of one writer and text: the digits of two people
    may look the same.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[list[Name], list[Floats]]] = {}

    def add(self, key: Hashable, strokes: Strokes, name: Name) -> Name | None:
        """The name of the first drawing that is nearly the same; None for a new one, which is remembered."""
        names, glyphs = self._known.setdefault(key, ([], []))
        glyph = _unit_glyph(strokes)
        if glyphs:
            alike = np.flatnonzero(np.stack(glyphs) @ glyph > _ALIKE)
            if len(alike):
                return names[int(alike[0])]
        names.append(name)
        glyphs.append(glyph)
        return None


def _unit_glyph(strokes: Strokes) -> Floats:
    """(784,) the glyph of all strokes as a vector of length 1."""
    pixels = strokes_to_glyph(strokes).astype(np.float32).ravel()
    return np.asarray(pixels / max(float(np.linalg.norm(pixels)), 1e-9), np.float32)
