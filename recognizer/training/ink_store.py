"""The decoded ink of reviewed drawings, which several steps of a run look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import numpy as np

from recognizer.models import Drawing
from recognizer.serving import engine

MOST_BYTES = 256 * 2**20  # strokes of a drawing take a kilobyte, pixels of a photograph up to 8 MB
_FETCHED = 64  # drawings whose rows and ink are held at a time, besides those that are kept


class InkStore:
    """Decodes each drawing once, as long as the ink of all of them fits into MOST_BYTES; the rest again each time.

    A drawing that was deleted meanwhile is never given out, whether its ink is kept or not.
    """

    def __init__(self) -> None:
        self._kept: dict[UUID, Any] = {}
        self._free = MOST_BYTES

    def decode(self, drawing: Drawing) -> Any:
        """The ink of a drawing as the reader takes it. Raises InkError or ImageError if it is damaged."""
        if drawing.pk in self._kept:
            return self._kept[drawing.pk]
        ink = engine.ink_of(drawing)
        size = ink.nbytes if isinstance(ink, np.ndarray) else sum(stroke.nbytes for stroke in ink)
        if size <= self._free:
            self._kept[drawing.pk] = ink
            self._free -= size
        return ink

    def inks(self, ids: Sequence[UUID]) -> Iterator[tuple[UUID, Any]]:
        """The ink of each drawing, in the order of `ids`, without those that are deleted or damaged."""
        for start in range(0, len(ids), _FETCHED):
            some = ids[start : start + _FETCHED]
            existing = {*Drawing.objects.filter(pk__in=some).values_list("pk", flat=True)}
            fetched = Drawing.objects.in_bulk([pk for pk in some if pk in existing and pk not in self._kept])
            for pk in some:
                if pk in self._kept and pk in existing:
                    yield pk, self._kept[pk]
                elif pk in fetched:
                    try:
                        yield pk, self.decode(fetched[pk])
                    except ValueError:  # damaged, as the first step that decoded it has recorded
                        continue
