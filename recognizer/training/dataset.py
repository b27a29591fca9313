"""What a run learns from: reviewed drawings whose writers agree, each with its role, or why it was set aside.

Each step takes all samples and returns all of them: what it sets aside stays, and says why.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from django.conf import settings

from recognizer.models import Drawing, Review, TrainingSample
from recognizer.serving import engine

if TYPE_CHECKING:
    from ml.data.corpus import LabeledInk
    from ml.inference.reader import Reader

Role = TrainingSample.Role

_BUCKETS = 5  # of users:
_EXAMINES, _CHOOSES = 0, 1  # those of the first never train, those of the second choose between weights
_VALIDATED = 5  # or one drawing in so many does
_ALIKE = 0.995  # cosine of two glyphs of one writer, above which they count as one
_TOGETHER = 64  # drawings of which the ink is held at a time: that of a photograph takes megabytes
_SIDE = 64  # steps along the longer side within which two drawings are the same


@dataclass(frozen=True, eq=False)
class DatasetItem:
    """A reviewed drawing, without its ink, which `inked` fetches; `role` is "" until it has one."""

    drawing_id: UUID
    writer_id: int
    review_id: int
    text: str
    day: date
    role: str = ""
    reason: str = ""
    aligned: LabeledInk | None = None

    def set_aside(self, reason: str) -> DatasetItem:
        return replace(self, role=Role.SET_ASIDE, reason=reason)


Dataset = list[DatasetItem]


def build_dataset(reader: Reader, data: Path | None, told: Callable[[str], None] = lambda stage: None) -> Dataset:
    """All reviewed drawings that may train, in the order of their reviews, each with its role.

    `told` is called with the name of each step.
    """
    samples = gather_reviewed()
    steps: list[tuple[str, Callable[[Dataset], Dataset]]] = [
        ("counting by writer and day", within_caps),
        ("looking for doubles", once_each),
        ("finding the digits", lambda some: with_digits(some, reader)),
        ("comparing labels", lambda some: believed(some, reader, data)),
    ]
    for name, step in steps:
        told(name)
        samples = step(samples)
    return with_roles(samples)


def gather_reviewed() -> Dataset:
    """Those that a reviewer agreed on and whose writers let them train; what is damaged is set aside."""
    reviews = Review.objects.trainable().select_related("drawing", "correction").order_by("pk")
    return [_sample(review) for review in reviews.iterator(chunk_size=200)]


def _sample(review: Review) -> DatasetItem:
    drawing: Drawing = review.drawing
    day, text = review.correction.created_at.date(), review.correction.text
    sample = DatasetItem(drawing.pk, drawing.user_id, review.pk, text, day)
    try:
        engine.ink_of(drawing)
    except ValueError as error:  # InkError, PictureError
        return sample.set_aside(f"It is damaged: {error}"[:200])
    return sample


def inked(samples: Sequence[DatasetItem]) -> Iterator[tuple[DatasetItem, Any]]:
    """Each with its ink as the reader takes it; without those that are damaged, or deleted by now."""
    for start in range(0, len(samples), _TOGETHER):
        some = samples[start : start + _TOGETHER]
        drawings = Drawing.objects.in_bulk([sample.drawing_id for sample in some])
        for sample in some:
            if (ink := _ink(drawings.get(sample.drawing_id))) is not None:
                yield sample, ink


def _ink(drawing: Drawing | None) -> Any:
    try:
        return None if drawing is None else engine.ink_of(drawing)
    except ValueError:  # as when it was gathered
        return None


def _looked_at(samples: Dataset, look: Callable[[DatasetItem, Any], DatasetItem]) -> Dataset:
    """What `look` makes of each sample that is open, and of its ink."""
    seen = {sample.drawing_id: look(sample, ink) for sample, ink in inked([*open_ones(samples)])}
    return [s if s.role else seen.get(s.drawing_id) or s.set_aside("It is gone.") for s in samples]


def open_ones(samples: Iterable[DatasetItem]) -> Iterator[DatasetItem]:
    """Those that no step has set aside."""
    return (sample for sample in samples if not sample.role)


def within_caps(samples: Dataset) -> Dataset:
    """The first few of a writer's day, and the newest few of a writer, lest one outvotes all. 0 is no limit."""
    a_day: Counter[tuple[int, date]] = Counter()
    found = [
        _counted(sample, a_day, (sample.writer_id, sample.day), settings.TRAINING_A_DAY, "a day")
        for sample in samples
    ]
    in_all: Counter[int] = Counter()
    newest = [
        _counted(sample, in_all, sample.writer_id, settings.TRAINING_A_USER, "in all")
        for sample in reversed(found)
    ]
    return newest[::-1]


def _counted(sample: DatasetItem, counts: Counter[Any], key: Any, most: int, when: str) -> DatasetItem:
    if sample.role or not most:
        return sample
    counts[key] += 1
    return (
        sample
        if counts[key] <= most
        else sample.set_aside(f"No more than {most} drawings of one writer {when} train.")
    )


def once_each(samples: Dataset) -> Dataset:
    """Of the same ink, and of nearly the same by one writer, the first."""
    seen: set[str] = set()
    glyphs: dict[tuple[int, str], list[Any]] = {}
    return _looked_at(samples, lambda sample, ink: _first(sample, ink, seen, glyphs))


def _first(sample: DatasetItem, ink: Any, seen: set[str], glyphs: dict[tuple[int, str], list[Any]]) -> DatasetItem:
    mark = digest(ink)
    if mark in seen:
        return sample.set_aside("The same drawing is there already.")
    seen.add(mark)
    mine = _direction(ink)
    others = glyphs.setdefault((sample.writer_id, sample.text), [])
    if mine is not None and others and float((np.stack(others) @ mine).max()) > _ALIKE:
        return sample.set_aside("Nearly the same drawing by the same writer is there already.")
    if mine is not None:
        others.append(mine)
    return sample


def digest(ink: Any) -> str:
    """SHA-256 of a drawing, the same wherever on the canvas it lies and however large; of a picture as it is."""
    if isinstance(ink, np.ndarray):
        return hashlib.sha256(repr(ink.shape).encode() + ink.tobytes()).hexdigest()
    points = np.concatenate(ink)
    low, side = points.min(axis=0), max(float(np.ptp(points, axis=0).max()), 1e-9)
    steps = [np.rint((stroke - low) / side * _SIDE).astype(np.int16) for stroke in ink]
    return hashlib.sha256(b"|".join(step.tobytes() for step in steps)).hexdigest()


def _direction(ink: Any) -> Any:
    """The glyph of all strokes as a vector of length 1; None of a picture."""
    from ml.ink.glyph import strokes_to_glyph

    if isinstance(ink, np.ndarray):
        return None
    pixels = strokes_to_glyph(ink).astype(np.float32).ravel()
    return pixels / max(float(np.linalg.norm(pixels)), 1e-9)


def with_digits(samples: Dataset, reader: Reader) -> Dataset:
    """With the ink of each digit of the text."""
    return _looked_at(samples, lambda sample, ink: _aligned(sample, ink, reader))


def _aligned(sample: DatasetItem, ink: Any, reader: Reader) -> DatasetItem:
    from ml.curation.forced_alignment import align_text

    found = align_text(reader, ink, sample.text)
    if found is None:
        return sample.set_aside("Its ink could not be parted into the digits of its text.")
    return replace(sample, aligned=found)


def believed(samples: Dataset, reader: Reader, data: Path | None) -> Dataset:
    """Without those of which a digit looks just like known digits of another label."""
    from ml.curation.label_noise import ReferenceDigits

    chosen = [sample for sample in open_ones(samples) if sample.aligned is not None]
    if not chosen or not settings.TRAINING_CHECKS_LABELS:
        return samples
    parts = [sample.aligned for sample in chosen if sample.aligned]
    wrong = ReferenceDigits.gather(reader, data).contradict(
        reader, np.concatenate([part.glyphs for part in parts]), np.concatenate([part.labels for part in parts])
    )
    left = iter(wrong.tolist())
    contradicted = {
        s.drawing_id for s, part in zip(chosen, parts, strict=True) if any([*islice(left, len(part.labels))])
    }
    return [
        s.set_aside("A digit of it looks just like others of another label.")
        if s.drawing_id in contradicted
        else s
        for s in samples
    ]


def with_roles(samples: Dataset) -> Dataset:
    """Writers of one bucket of five never train, in any run; those of another choose between weights.

    Where nobody is in that other bucket, or everybody, a few drawings choose instead.
    """
    rest = [sample for sample in open_ones(samples) if not is_held_out(sample.writer_id)]
    chosen = {sample.drawing_id for sample in rest if _bucket(sample.writer_id) == _CHOOSES}
    if not 0 < len(chosen) < len(rest):
        chosen = {sample.drawing_id for sample in rest[1::_VALIDATED]}
    return [sample if sample.role else replace(sample, role=_role(sample, chosen)) for sample in samples]


def _role(sample: DatasetItem, chosen: set[UUID]) -> str:
    if is_held_out(sample.writer_id):
        return Role.HELD_OUT
    return Role.VALIDATE if sample.drawing_id in chosen else Role.TRAIN


def is_held_out(writer_id: int) -> bool:
    """Whether this writer only ever examines."""
    return _bucket(writer_id) == _EXAMINES


def _bucket(writer_id: int) -> int:
    """The same for ever, whoever else writes here."""
    return int.from_bytes(hashlib.sha256(f"writer {writer_id}".encode()).digest()[:4]) % _BUCKETS


def hash_of(samples: Sequence[DatasetItem], **facts: Any) -> str:
    """SHA-256 of a manifest: drawings, texts, roles, reasons, and the facts of the run."""
    rows = [[str(s.drawing_id), s.writer_id, s.review_id, s.text, s.role, s.reason] for s in samples]
    return hashlib.sha256(json.dumps([rows, facts], sort_keys=True).encode()).hexdigest()


def counts(samples: Iterable[DatasetItem]) -> dict[str, int]:
    """How many have each role."""
    found = Counter(str(sample.role) for sample in samples)
    return {str(role): found[role] for role in Role}


def reasons(samples: Iterable[DatasetItem]) -> dict[str, int]:
    """Why how many were set aside."""
    return dict(Counter(sample.reason for sample in samples if sample.reason).most_common())
