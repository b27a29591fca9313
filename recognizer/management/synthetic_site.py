"""A site with many synthetic drawings: users, readings, corrections, review items and verdicts, in bulk.

The rows are what the services would have written in the course of months. They are written past the services,
because one at a time they would take days.
"""

from __future__ import annotations

import random
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import models, transaction
from django.utils import timezone

from recognizer.management import bulk_rows
from recognizer.management.synthetic_ink import WrittenNumber, write_pool
from recognizer.models import Correction, Digit, Drawing, Prediction, Review, ReviewItem
from recognizer.models.review_worth import Facts, worth_of
from recognizer.services import model_versions

if TYPE_CHECKING:
    from accounts.models import User

Reason, State, Verdict = ReviewItem.Reason, ReviewItem.State, Review.Verdict

PREFIX = "synthetic-"  # of the names of its users
POOL = 3000  # different numbers; their drawings are copies
BATCH = 10_000  # drawings of one transaction
REVIEWERS = 8
CONSENT = 0.9  # share of users who let their drawings train
WITHDRAWN = 0.02  # share of users who did, so that their drawings came into the queue, and do not any more
CORRECTED = 0.05  # share of drawings, and so on
CORRECTED_WRONGLY = 0.05  # of corrections
DOUBTFUL, DISPUTED, UNUSUAL, FOLDED, SAMPLED = 0.002, 0.003, 0.01, 0.03, 0.02
SAMPLE_REVIEWED = 0.8
SLIP, UNREADABLE, IN_BULK = 0.02, 0.01, 0.3  # of verdicts
AGAIN, SECOND, THIRD = 0.04, 0.01, 0.005  # verdicts after another one, and drawings that wait for one
REASON_PULL = 4.0  # how much more often reviewers look at a drawing for a reason than for none
REASONED = 0.1  # share of drawings with a reason, as the pool and the shares above make them

COLUMNS: dict[type[models.Model], tuple[str, ...]] = {
    Drawing: ("id", "user_id", "source", "strokes", "state", "failure", "work", "attempts", "created_at"),
    Prediction: ("id", "drawing_id", "model_version_id", "state", "text", "alternative", "confidence",
                 "created_at"),
    Digit: ("prediction_id", "position", "line", "label", "confidence", "probabilities", "x", "y", "width",
            "height"),
    Correction: ("drawing_id", "user_id", "text", "created_at"),
    ReviewItem: ("drawing_id", "prediction_id", "writer_id", "day", "read_as", "confidence", "reason", "worth",
                 "state", "like_id", "lot", "sampled_at", "unusual", "doubtful", "disputed", "glyphs", "scored_at",
                 "touched_at"),
    Review: ("id", "drawing_id", "verdict", "text", "reviewer_id", "prediction_id", "shown_for", "look", "before",
             "step", "bulk", "replaces_id", "created_at", "replaced_at"),
}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """How much is to be made."""

    drawings: int
    users: int
    reviewed: int  # about so many drawings get a verdict
    days: int
    seed: int = 1


def is_synthetic_only() -> bool:
    """Whether nobody has an account but the users that `fill` makes."""
    return not get_user_model().objects.exclude(username__startswith=PREFIX).exists()


def fill(plan: Plan, pool: Sequence[WrittenNumber] = ()) -> Iterator[int]:
    """Make everything; yields how many drawings are made so far. The shipped reader reads the pool, unless given.

    Each batch is committed, so that what was made stays if it is broken off.
    """
    from ml.inference.reader import SHIPPED, Reader

    version, _ = model_versions.install_shipped()
    if not pool:
        size = min(POOL, plan.drawings)
        pool = write_pool(Reader.open(SHIPPED), size, np.random.default_rng(plan.seed))
    site = _Site(plan, pool, _users(plan), version.pk)
    made = 0
    while made < plan.drawings:
        count = min(BATCH, plan.drawings - made)
        with transaction.atomic():
            site.write(count)
        made += count
        yield made
    bulk_rows.reset_ids(Prediction, Review)
    bulk_rows.analyze()


@dataclass(frozen=True)
class _Users:
    writers: list[User]
    queued: set[int]  # ids of writers whose drawings came into the queue
    reviewers: list[User]


def _users(plan: Plan) -> _Users:
    """Users who can't sign in until they get a password. Those of an earlier call are taken again."""
    chance = random.Random(plan.seed)  # noqa: S311  (no secret)
    draws = [chance.random() for _ in range(plan.users)]
    closed = make_password(None)
    user_model = get_user_model()
    writers = [
        user_model(username=f"{PREFIX}{number}", password=closed, may_train=draw < CONSENT)
        for number, draw in enumerate(draws, start=1)
    ]
    reviewers = [user_model(username=f"{PREFIX}reviewer-{n + 1}", password=closed) for n in range(REVIEWERS)]
    user_model.objects.bulk_create([*writers, *reviewers], batch_size=500, ignore_conflicts=True)
    found = user_model.objects.in_bulk([user.username for user in [*writers, *reviewers]], field_name="username")
    Group.objects.get(name="reviewers").user_set.add(*(found[user.username] for user in reviewers))
    writers = [found[user.username] for user in writers]
    queued = {user.pk for user, draw in zip(writers, draws, strict=True) if draw < CONSENT + WITHDRAWN}
    return _Users(writers, queued, [found[user.username] for user in reviewers])


@dataclass(frozen=True)
class _Read:
    """A drawing that was read."""

    pk: uuid.UUID
    writer: User
    at: datetime
    number: WrittenNumber
    prediction: int
    confidence: float
    corrected_to: str | None


@dataclass
class _Site:
    """Makes rows, and keeps what later ones depend on."""

    plan: Plan
    pool: Sequence[WrittenNumber]
    users: _Users
    version: int
    now: datetime = field(default_factory=timezone.now)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.plan.seed)  # noqa: S311  (no secret)
        # A few users draw much, most a little: the share falls with the rank, as of words in a text.
        self.activity = list(accumulate(1 / (rank + 20) for rank in range(len(self.users.writers))))
        self.prediction, self.review = bulk_rows.next_id(Prediction), bulk_rows.next_id(Review)
        self.a_day: Counter[tuple[int, Any]] = Counter()
        self.last: dict[int, uuid.UUID] = {}  # the drawing that a copy would be folded under
        self.rows: dict[type[models.Model], list[tuple[Any, ...]]] = defaultdict(list)

    def write(self, count: int) -> None:
        """Make and insert so many drawings with all that belongs to them."""
        writers = self.chance.choices(self.users.writers, cum_weights=self.activity, k=count)
        numbers = self.chance.choices(self.pool, k=count)
        for writer, number in zip(writers, numbers, strict=True):
            self._make(writer, number)
        for model, columns in COLUMNS.items():
            bulk_rows.insert_rows(model, columns, self.rows.pop(model, []))

    def _make(self, writer: User, number: WrittenNumber) -> None:
        chance = self.chance
        at = self.now - timedelta(days=self.plan.days * chance.random())
        read = _Read(
            uuid.UUID(int=chance.getrandbits(128), version=4),
            writer,
            at,
            number,
            self.prediction,
            number.reading.confidence ** chance.lognormvariate(0, 0.7),  # copies are not all equally sure
            self._correction(number),
        )
        self.prediction += 1
        self._add_reading(read)
        if read.corrected_to is not None or writer.pk in self.users.queued:
            self._add_item(read)

    def _correction(self, number: WrittenNumber) -> str | None:
        if self.chance.random() >= CORRECTED:
            return None
        return self._misread() if self.chance.random() < CORRECTED_WRONGLY else number.text

    def _misread(self) -> str:
        return str(self.chance.randrange(10))

    def _add_reading(self, read: _Read) -> None:
        reading, rows = read.number.reading, self.rows
        soon = read.at + timedelta(seconds=1)
        rows[Drawing].append(
            (read.pk, read.writer.pk, "canvas", read.number.strokes, "read", "", read.number.work, 1, read.at)
        )
        rows[Prediction].append(
            (read.prediction, read.pk, self.version, reading.state, reading.text, reading.alternative or "",
             read.confidence, soon)
        )  # fmt: skip
        rows[Digit].extend((read.prediction, *digit) for digit in read.number.digits)
        if read.corrected_to is not None:
            rows[Correction].append((read.pk, read.writer.pk, read.corrected_to, soon))

    def _add_item(self, read: _Read) -> None:
        chance, reading = self.chance, read.number.reading
        unusual = chance.uniform(0.5, 1) if chance.random() < UNUSUAL else chance.uniform(0, 0.4)
        doubtful, disputed = chance.random() < DOUBTFUL, chance.random() < DISPUTED
        facts = Facts(
            state=reading.state,
            text=reading.text,
            confidence=read.confidence,
            corrected_to=read.corrected_to,
            doubtful=doubtful,
            disputed=disputed,
            unusual=unusual,
        )
        reason, worth = worth_of(facts)
        lot = chance.random()
        sampled_at = self.now if lot < SAMPLED and read.writer.may_train else None
        state, like = self._state(read, reason, sampled=sampled_at is not None)
        if state in {State.DECIDED, State.SECOND, State.THIRD}:
            self._add_verdicts(read, state, reason or ("random" if sampled_at else "wall"))
        self.rows[ReviewItem].append(
            (read.pk, read.prediction, read.writer.pk, read.at.date(), reading.text[:100], read.confidence,
             str(reason), worth, str(state), like, lot, sampled_at, unusual, doubtful, disputed,
             read.number.glyphs, self.now, read.at)
        )  # fmt: skip

    def _state(self, read: _Read, reason: str, *, sampled: bool) -> tuple[str, uuid.UUID | None]:
        chance = self.chance
        share = self.plan.reviewed / self.plan.drawings
        # So that the mean stays near the share.
        pull = REASON_PULL if reason else (1 - REASON_PULL * REASONED) / (1 - REASONED)
        if chance.random() < (SAMPLE_REVIEWED if sampled else min(0.9, share * pull)):
            draw = chance.random()
            return State.THIRD if draw < THIRD else State.SECOND if draw < THIRD + SECOND else State.DECIDED, None
        if sampled:
            return State.WAITING, None
        like = self.last.get(id(read.number))
        if like is not None and reason != Reason.CORRECTED and chance.random() < FOLDED:
            return State.FOLDED, like
        self.last[id(read.number)] = read.pk
        day = (read.writer.pk, read.at.date())
        self.a_day[day] += 1
        full = settings.REVIEW_A_DAY and self.a_day[day] > settings.REVIEW_A_DAY
        return State.CAPPED if full else State.WAITING, None

    def _add_verdicts(self, read: _Read, state: str, shown_for: str) -> None:
        """The verdict in force; before it, of some drawings, another reviewer's."""
        disagree, again = state == State.THIRD, self.chance.random() < AGAIN
        first, second = self.chance.sample(self.users.reviewers, 2)
        if disagree or (again and state == State.DECIDED):
            wrong = self._misread() if disagree else None
            replaced = self._add_verdict(read, first, shown_for, 1, said=wrong, replaced=True)
            self._add_verdict(read, second, shown_for, 2, replaces=replaced)
        else:
            self._add_verdict(read, first, shown_for, 1)

    def _add_verdict(
        self, read: _Read, reviewer: User, shown_for: str, look: int, *,
        said: str | None = None, replaces: int | None = None, replaced: bool = False,
    ) -> int:  # fmt: skip
        chance = self.chance
        slip = self._misread() if chance.random() < SLIP else read.number.text
        text = slip if said is None else said
        verdict = Verdict.NUMBER if text else Verdict.NO_NUMBER
        if chance.random() < UNREADABLE:
            verdict, text = Verdict.UNREADABLE, ""
        at = read.at + (self.now - read.at) * (0.4 * look * chance.random())
        before = State.SECOND if look == 2 else State.WAITING
        self.rows[Review].append(
            (self.review, read.pk, str(verdict), text, reviewer.pk, read.prediction, shown_for, look, str(before),
             uuid.UUID(int=chance.getrandbits(128), version=4), look == 1 and chance.random() < IN_BULK, replaces,
             at, self.now if replaced else None)
        )  # fmt: skip
        self.review += 1
        return self.review - 1
