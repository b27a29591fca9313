"""What a run learns from: reviewed drawings of writers who agree, each with its role or the reason for its
exclusion.

Each step takes all items and returns all items: an item that it sets aside stays in the list with the reason.
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
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings

from ml.curation.forced_alignment import align_text
from ml.curation.label_noise import ReferenceDigits
from ml.curation.near_duplicates import NearDuplicates
from ml.data.corpus import LabeledInk
from ml.inference.reader import Reader
from ml.progress import Progress, ProgressCallback
from recognizer.models import Review, TrainingSample
from recognizer.training.ink_store import InkStore
from recognizer.training.writer_roles import is_held_out, is_validating

Role = TrainingSample.Role

_VALIDATED = 5  # where the writers' groups give no validation drawings, every fifth drawing validates
_GRID = 64  # steps along the longer side; two drawings whose points fall on the same steps are equal


@dataclass(frozen=True, eq=False)
class DatasetItem:
    """A reviewed drawing without its ink, which `InkStore` holds. `role` is "" until a step decides it."""

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


def build_dataset(
    reader: Reader, data: Path | None, inks: InkStore, report: ProgressCallback = lambda progress: None
) -> Dataset:
    """All reviewed drawings that may train, in the order of their reviews, each with its role.

    `data` is the folder of the data sets, if there is one; `report` is called before each step.
    """
    items = gather_reviewed(inks)
    steps: list[tuple[str, Callable[[Dataset], Dataset]]] = [
        ("counting by writer and day", within_caps),
        ("looking for duplicates", lambda items: without_duplicates(items, inks)),
        ("finding the digits", lambda items: with_digits(items, reader, inks)),
        ("comparing labels", lambda items: without_contradicted(items, reader, data)),
    ]
    for number, (name, step) in enumerate(steps):
        report(Progress(name, number, len(steps)))
        items = step(items)
    return with_roles(items)


def held_out_dataset(inks: InkStore) -> Dataset:
    """The reviewed drawings of held-out writers, to compare versions of which none is trained on the others.

    Unlike `build_dataset` it asks no version whether a drawing is fit to be examined.
    """
    items = [item for item in gather_reviewed(inks) if is_held_out(item.writer_id)]
    return with_roles(without_duplicates(within_caps(items), inks))


def gather_reviewed(inks: InkStore) -> Dataset:
    """Drawings with a verdict that says what they are, if their writers let them train; damaged ones set aside."""
    reviews = Review.objects.trainable().select_related("drawing").order_by("pk")
    items = []
    for review in reviews.iterator(chunk_size=200):
        drawing = review.drawing
        item = DatasetItem(drawing.pk, drawing.user_id, review.pk, review.text, drawing.created_at.date())
        try:
            inks.decode(drawing)
        except ValueError as error:  # InkError, ImageError
            item = item.set_aside(f"It is damaged: {error}"[:200])
        items.append(item)
    return items


def open_items(items: Iterable[DatasetItem]) -> Iterator[DatasetItem]:
    """The items that no step has set aside."""
    return (item for item in items if not item.role)


def _with_ink(items: Dataset, inks: InkStore, look: Callable[[DatasetItem, Any], DatasetItem]) -> Dataset:
    """All items; `look` replaces each open one, from the item and its ink."""
    by_drawing = {item.drawing_id: item for item in open_items(items)}
    seen = {pk: look(by_drawing[pk], ink) for pk, ink in inks.inks([*by_drawing])}
    return [item if item.role else seen.get(item.drawing_id) or item.set_aside("It is gone.") for item in items]


def within_caps(items: Dataset) -> Dataset:
    """The first few reviewed drawings of a writer's day, and the newest few of a writer.

    So no writer outvotes the others.

    The settings TRAINING_A_DAY and TRAINING_A_USER are the limits; 0 is no limit.
    """
    per_day = _capped(items, settings.TRAINING_A_DAY, "a day", lambda item: (item.writer_id, item.day))
    newest_first = _capped(per_day[::-1], settings.TRAINING_A_USER, "in all", lambda item: item.writer_id)
    return newest_first[::-1]


def _capped(items: Dataset, most: int, when: str, key: Callable[[DatasetItem], object]) -> Dataset:
    if not most:
        return items
    counts: Counter[object] = Counter()
    capped = []
    for item in items:
        if not item.role:
            counts[key(item)] += 1
            if counts[key(item)] > most:
                item = item.set_aside(f"No more than {most} drawings of one writer {when} train.")
        capped.append(item)
    return capped


def without_duplicates(items: Dataset, inks: InkStore) -> Dataset:
    """The first of several drawings with the same ink, and of nearly the same drawings of one writer and text."""
    digests: set[str] = set()
    near_duplicates = NearDuplicates[UUID]()

    def look(item: DatasetItem, ink: Any) -> DatasetItem:
        digest = ink_digest(ink)
        if digest in digests:
            return item.set_aside("The same drawing is there already.")
        digests.add(digest)
        if isinstance(ink, np.ndarray):
            return item
        if near_duplicates.add((item.writer_id, item.text), ink, item.drawing_id):
            return item.set_aside("Nearly the same drawing by the same writer is there already.")
        return item

    return _with_ink(items, inks, look)


def ink_digest(ink: Any) -> str:
    """SHA-256 of a drawing. That of strokes does not depend on their place on the canvas and their size."""
    if isinstance(ink, np.ndarray):
        return hashlib.sha256(repr(ink.shape).encode() + ink.tobytes()).hexdigest()
    points = np.concatenate(ink)
    low, side = points.min(axis=0), max(float(np.ptp(points, axis=0).max()), 1e-9)
    steps = [np.rint((stroke - low) / side * _GRID).astype(np.int16) for stroke in ink]
    return hashlib.sha256(b"|".join(step.tobytes() for step in steps)).hexdigest()


def with_digits(items: Dataset, reader: Reader, inks: InkStore) -> Dataset:
    """With the ink of each digit of the text, by forced alignment."""

    def look(item: DatasetItem, ink: Any) -> DatasetItem:
        aligned = align_text(reader, ink, item.text)
        if aligned is None:
            return item.set_aside("Its ink could not be divided into the digits of its text.")
        return replace(item, aligned=aligned)

    return _with_ink(items, inks, look)


def without_contradicted(items: Dataset, reader: Reader, data: Path | None) -> Dataset:
    """Without drawings with a digit that looks just like reference digits of another label."""
    aligned = {item.drawing_id: item.aligned for item in open_items(items) if item.aligned is not None}
    if not aligned or not settings.TRAINING_CHECKS_LABELS:
        return items
    glyphs = np.concatenate([digits.glyphs for digits in aligned.values()])
    labels = np.concatenate([digits.labels for digits in aligned.values()])
    contradicted = iter(ReferenceDigits.gather(reader, data).contradict(reader, glyphs, labels).tolist())
    wrong = {pk for pk, digits in aligned.items() if any([*islice(contradicted, len(digits.labels))])}
    reason = "A digit of it looks just like others of another label."
    return [item.set_aside(reason) if item.drawing_id in wrong else item for item in items]


def with_roles(items: Dataset) -> Dataset:
    """Each open item gets its role from the group of its writer (`recognizer.training.writer_roles`).

    Where the validating group has no drawing, or all of them, every fifth drawing validates instead.
    """
    learnable = [item for item in open_items(items) if not is_held_out(item.writer_id)]
    validating = {item.drawing_id for item in learnable if is_validating(item.writer_id)}
    if not 0 < len(validating) < len(learnable):
        validating = {item.drawing_id for item in learnable[1::_VALIDATED]}

    def role(item: DatasetItem) -> str:
        if is_held_out(item.writer_id):
            return Role.HELD_OUT
        return Role.VALIDATE if item.drawing_id in validating else Role.TRAIN

    return [item if item.role else replace(item, role=role(item)) for item in items]


def hash_of(items: Sequence[DatasetItem], **facts: Any) -> str:
    """SHA-256 of a manifest: drawings, texts, roles, reasons, and the facts of the run."""
    rows = [[str(i.drawing_id), i.writer_id, i.review_id, i.text, i.role, i.reason] for i in items]
    return hashlib.sha256(json.dumps([rows, facts], sort_keys=True).encode()).hexdigest()


def counts(items: Iterable[DatasetItem]) -> dict[str, int]:
    """How many items have each role."""
    by_role = Counter(str(item.role) for item in items)
    return {str(role): by_role[role] for role in Role}


def reasons(items: Iterable[DatasetItem]) -> dict[str, int]:
    """How many items were set aside for each reason, the most frequent first."""
    return dict(Counter(item.reason for item in items if item.reason).most_common())
