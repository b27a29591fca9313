"""What workers find out about drawings for the review queue (docs/reader.md, "What is reviewed first").

Writers never wait for it. All writes are in `recognizer.services.review_queue`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID
from weakref import WeakKeyDictionary

import numpy as np
from django.conf import settings
from django.db.models import Max, QuerySet

from ml.curation.forced_alignment import align_text
from ml.curation.label_noise import ReferenceDigits
from ml.curation.near_duplicates import NearDuplicates
from ml.curation.novelty import unusual_drawing
from ml.ink.images import encode_png
from ml.ink.strokes import InkError, parse_strokes
from recognizer.models import Drawing, Prediction, Review, ReviewItem, ShadowReading
from recognizer.models.review_item import READ_AS
from recognizer.services import review_queue
from recognizer.services.review_queue import Find
from recognizer.serving import engine

if TYPE_CHECKING:
    from ml.inference.reader import InspectedDrawing, Reader

logger = logging.getLogger(__name__)

LISTED = 2000  # drawings that one task puts into the queue
LATE = 2000  # readings that may have been stored after one with a higher number; the hourly sweep finds the others
SCORED = 200  # drawings that one task looks at: about two seconds without photographs
SCORING_SECONDS = 8.0  # a task stops after this time; what is left is looked at the next time
COMPARED = 1000  # drawings of the writers of a portion, the newest, among which its near-duplicates are looked for
SHOWN_GLYPHS = 100  # of one drawing

_known_digits: WeakKeyDictionary[Reader, ReferenceDigits] = WeakKeyDictionary()  # embeddings of one reader each


# ---- Which drawings are in the queue


def list_recent() -> int:
    """Make items of drawings that were read lately; returns how many. Only of writers who let drawings train."""
    newest = ReviewItem.objects.aggregate(newest=Max("prediction"))["newest"] or 0
    recent = Prediction.objects.filter(pk__gt=newest - LATE).values("drawing")
    return _list(_unlisted().filter(pk__in=recent), LISTED)


def list_missed() -> int:
    """The same of all drawings, such as those of a writer who has just agreed."""
    review_queue.unfold()
    return _list(_unlisted())


def _unlisted() -> QuerySet[Drawing]:
    return Drawing.objects.filter(state=Drawing.State.READ, user__may_train=True, review_item=None)


def _list(drawings: QuerySet[Drawing], most: int | None = None) -> int:
    ids = list(drawings.order_by("-created_at").values_list("pk", flat=True)[:most])
    count = 0
    for start in range(0, len(ids), review_queue.BATCH):
        some = Drawing.objects.filter(pk__in=ids[start : start + review_queue.BATCH])
        light = some.defer("strokes", "image", "thumbnail").with_predictions().with_verdicts()
        count += review_queue.put_many(drawings=list(light))
    return count


# ---- What is found in them


@dataclass(frozen=True, eq=False)
class _Look:
    """A drawing that is looked at, with its ink and what the reader sees in it."""

    drawing: Drawing
    ink: Any
    seen: InspectedDrawing

    @property
    def claim(self) -> str | None:
        """The text that the digits are compared with: that of the verdict, or what the writer says."""
        review, correction = self.drawing.review, self.drawing.correction
        if review is not None:
            return review.text if review.is_label and self.drawing.user.may_train else None
        return None if correction is None else correction.text

    @property
    def labels(self) -> list[int | None]:
        """Those that were read at the time, if as many digits are seen now."""
        stored = [digit.label for digit in self.drawing.latest.digits.all()] if self.drawing.latest else []
        now = [glyph.label for glyph in self.seen.glyphs]
        return stored if len(stored) == len(now) else now


def score(current: engine.Engine) -> int:
    """Look at drawings that no worker has looked at since they changed, the worthiest first; returns how many."""
    unscored = ReviewItem.objects.filter(scored_at=None).order_by("-worth", "pk")
    ids = list(unscored.values_list("pk", flat=True)[:SCORED])
    works = Drawing.objects.only("pk", "work").in_bulk(ids)
    count, end = 0, time.monotonic() + SCORING_SECONDS
    for portion in engine.portions([works[pk] for pk in ids if pk in works]):
        count += _score_portion(current, [drawing.pk for drawing in portion])
        if time.monotonic() > end:
            break
    return count


def _score_portion(current: engine.Engine, ids: Sequence[UUID]) -> int:
    wanted = Drawing.objects.defer("thumbnail").select_related("user").with_predictions().with_verdicts()
    drawings = list(wanted.filter(pk__in=ids))
    looks = _look_at(current, drawings)
    known = known_digits(current.reader)
    contradicted = _contradicted(current.reader, known, looks)
    earlier = _near_duplicates(drawings)
    disputed = {*ShadowReading.objects.filter(drawing__in=ids, agrees=False).values_list("drawing", flat=True)}
    # A drawing in which nothing can be found is not looked at again and again.
    finds = {drawing.pk: Find(seen=drawing.seen) for drawing in drawings}
    for look in looks:
        pk = look.drawing.pk
        finds[pk] = Find(
            seen=look.drawing.seen,
            unusual=unusual_drawing(look.seen.embeddings, look.labels, known),
            doubtful=pk in contradicted,
            disputed=pk in disputed,
            returns=pk in contradicted and not _is_confirmed(look.drawing.review),
            glyphs=_side_by_side(look.seen),
            like=earlier.get(pk),
        )
    return review_queue.record_finds(finds=finds)


def known_digits(reader: Reader) -> ReferenceDigits:
    """The digits that drawings are compared with, as this reader sees them; the first time it takes seconds."""
    if reader not in _known_digits:
        _known_digits[reader] = ReferenceDigits.gather(reader, settings.TRAINING_DATA)
    return _known_digits[reader]


def _look_at(current: engine.Engine, drawings: Sequence[Drawing]) -> list[_Look]:
    """Each drawing that is not damaged, as the reader sees it."""
    inks = {}
    for drawing in drawings:
        try:
            inks[drawing] = engine.ink_of(drawing)
        except ValueError as error:  # InkError, ImageError
            logger.warning("%s is damaged: %s", drawing, error)
    try:
        seen = current.inspect([*inks.values()])
    except Exception:  # the reader should raise nothing here; if it does, the queue must not wait for it
        logger.exception("Looking at %d drawings failed", len(inks))
        return []
    return [_Look(drawing, ink, sight) for (drawing, ink), sight in zip(inks.items(), seen, strict=True)]


def _contradicted(reader: Reader, known: ReferenceDigits, looks: Sequence[_Look]) -> set[UUID]:
    """Drawings with a digit that looks just like known digits of another label than is claimed."""
    aligned = {}
    for look in looks:
        if look.claim is None or "".join(look.claim.split()) == "".join(look.seen.reading.text.split()):
            continue  # the reader agrees
        digits = align_text(reader, look.ink, look.claim)
        if digits is not None:
            aligned[look.drawing.pk] = digits
    if not aligned:
        return set()
    glyphs = np.concatenate([digits.glyphs for digits in aligned.values()])
    labels = np.concatenate([digits.labels for digits in aligned.values()])
    wrong = iter(known.contradict(reader, glyphs, labels).tolist())
    return {pk for pk, digits in aligned.items() if any([*islice(wrong, len(digits.labels))])}


def _is_confirmed(review: Review | None) -> bool:
    """Whether the verdict was given twice in a row: known digits have been overruled."""
    before = review.replaces if review else None
    return review is not None and before is not None and before.is_label and review.agrees_with(before.text)


def _near_duplicates(drawings: Sequence[Drawing]) -> dict[UUID, UUID]:
    """The first nearly equal drawing by the same writer that was read the same, of each that has one."""
    wanted = {drawing.pk for drawing in drawings}
    items = ReviewItem.objects.exclude(state=ReviewItem.State.FOLDED).filter(
        drawing__source=Drawing.Source.CANVAS,
        writer__in={drawing.user_id for drawing in drawings},
        read_as__in={drawing.latest.text[:READ_AS] for drawing in drawings if drawing.latest},
    )
    rows = items.order_by("-drawing__created_at", "-pk").values_list("writer", "read_as", "pk", "drawing__strokes")
    near_duplicates, earlier = NearDuplicates[UUID](), {}
    for writer, read_as, pk, strokes in reversed(rows[:COMPARED]):
        try:
            first = near_duplicates.add((writer, read_as), parse_strokes(strokes), pk)
        except InkError:  # damaged, as was logged when the drawing was looked at
            continue
        if first is not None and pk in wanted:
            earlier[pk] = first
    return earlier


def _side_by_side(seen: InspectedDrawing) -> bytes | None:
    """A PNG of the glyphs of the digits, from left to right."""
    glyphs = [read.glyph for read in seen.glyphs[:SHOWN_GLYPHS]]
    return encode_png(np.hstack(glyphs)) if glyphs else None
