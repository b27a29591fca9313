"""How long the review desk takes on a large database, in this process: queue, verdicts, wall and counts.

    manage.py make_drawings --drawings 1000000
    python -m bench.review_desk [--repeats 100] [--hostile skipped|day|withdrawn] [--plans]

Runs on the database of DATABASE_URL or DATA_DIR, which must hold synthetic users only, and takes everything back
at the end. Prints milliseconds and the number of queries of each step. `--hostile` first makes what a queue bears
badly: "skipped": the reviewer has skipped the 5,000 worthiest drawings; "day": one writer has 100,000 drawings of
one day; "withdrawn": the writers of the 300,000 worthiest drawings have withdrawn their consent, and nothing was
taken out of the queue yet. `--plans` prints how the database looks for them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digitsite.settings")
os.environ.setdefault("HTTPS", "off")

import django

django.setup()  # before models are imported

# ruff: noqa: E402
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Count, F, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from recognizer.management.synthetic_site import PREFIX, is_synthetic_only
from recognizer.models import Correction, Drawing, Review, ReviewItem, SkippedItem
from recognizer.services import review_queue, reviews

if TYPE_CHECKING:
    from uuid import UUID

State = ReviewItem.State
TARGETS = {"next item": 20, "verdict": 30, "wall": 150, "counts": 150}  # ms, at one million drawings
PAGE = 60  # drawings of a wall
SKIPPED, OF_ONE_DAY, WITHDRAWN = 5_000, 100_000, 300_000


class Desk:
    """What reviewers do, one method a step. A step that needs something first returns what is measured."""

    def __init__(self) -> None:
        self.reviewer = User.objects.get(username=f"{PREFIX}reviewer-1")
        self.held: list[UUID] = []

    def claim(self, count: int, held: int) -> list[ReviewItem]:
        items = review_queue.claim(reviewer=self.reviewer, count=count, held=self.held[-held:] if held else [])
        self.held += [item.pk for item in items]
        return items

    def next_items(self, count: int, held: int) -> Callable[[], Any]:
        """What is claimed without any that was forgotten."""
        review_queue.release(reviewer=self.reviewer, ids=self.held)
        self.held = []
        if held:
            self.claim(held, 0)
        return lambda: self.claim(count, held)

    def decide(self) -> Callable[[], Any]:
        (item,) = self.claim(1, 0) if not self.held else [self.shown(self.held[0])]
        self.held = [pk for pk in self.held if pk != item.pk]
        decision = reviews.Decision.of(item.read_as.split()[0] if item.read_as else "")
        return lambda: reviews.decide(
            drawing_id=item.pk,
            reviewer=self.reviewer,
            decision=decision,
            seen=item.drawing.seen,
            step=uuid.uuid4(),
        )

    def decide_bulk(self) -> Callable[[], Any]:
        page = list(self.wall("7"))
        seen = {item.pk: item.drawing.seen for item in page}
        decision = reviews.Decision.of("7")
        return lambda: reviews.decide_many(reviewer=self.reviewer, decision=decision, seen=seen)

    def shown(self, pk: UUID) -> ReviewItem:
        return ReviewItem.objects.with_drawings().get(pk=pk)

    def undo(self) -> None:
        with suppress(ValidationError):  # no more to undo
            reviews.undo(reviewer=self.reviewer)

    def wall(self, read_as: str) -> QuerySet[ReviewItem]:
        items = ReviewItem.objects.shown().filter(read_as=read_as).defer("glyphs")
        return items.order_by("confidence", "pk").with_drawings()[:PAGE]

    def counts(self) -> QuerySet[ReviewItem, tuple[str, int]]:
        wanted = ReviewItem.objects.shown().wanted().order_by().values_list("reason")
        return wanted.annotate(n=Count("*"))

    def header(self) -> int:
        return ReviewItem.objects.shown().wanted().order_by()[:100].count()

    def lottery(self) -> None:
        review_queue._draw_lots()

    def correct(self) -> Callable[[], Any]:
        item = self.some(1)[0]
        return lambda: reviews.correct_drawing(drawing=item.drawing, user=item.writer, text="7")

    def correct_in_a_full_day(self) -> Callable[[], Any]:
        """Of the writer and day with the most drawings."""
        days = ReviewItem.objects.order_by().values("writer", "day").annotate(n=Count("pk")).order_by("-n")
        if not hasattr(self, "fullest"):
            self.fullest = days[0]
        own = ReviewItem.objects.filter(writer=self.fullest["writer"], day=self.fullest["day"])
        item = own.order_by("pk").select_related("drawing", "writer")[0]
        return lambda: reviews.correct_drawing(drawing=item.drawing, user=item.writer, text="7")

    def score(self) -> Callable[[], Any]:
        items = list(ReviewItem.objects.filter(pk__in=[i.pk for i in self.some(200)]).with_drawings())
        finds = {
            item.pk: review_queue.Find(seen=item.drawing.seen, unusual=0.2, glyphs=b"0" * 400) for item in items
        }
        return lambda: review_queue.record_finds(finds=finds)

    def some(self, count: int) -> list[ReviewItem]:
        start = uuid.uuid4()
        return list(
            ReviewItem.objects.filter(pk__gte=start).order_by("pk").select_related("drawing", "writer")[:count]
        )


def steps(desk: Desk) -> Iterator[tuple[str, str, int, Callable[[], Any], bool]]:
    """Name, target, share of the repeats, the step, and whether calling it prepares another one."""
    yield "next item", "next item", 1, lambda: desk.next_items(1, 0), True
    yield "next 3, 3 held", "next item", 1, lambda: desk.next_items(3, 3), True
    yield "next, forgotten one", "next item", 1, lambda: desk.claim(1, 0), False
    yield "heartbeat, 3 held", "next item", 1, lambda: desk.claim(0, 3), False
    yield "verdict", "verdict", 1, desk.decide, True
    yield "undo", "verdict", 1, desk.undo, False
    yield "60 verdicts at once", "", 5, desk.decide_bulk, True
    yield "undo of 60", "", 5, desk.undo, False
    yield "wall of 7", "wall", 2, lambda: list(desk.wall("7")), False
    yield "wall of 12", "wall", 2, lambda: list(desk.wall("12")), False
    yield "counts by reason", "counts", 5, lambda: list(desk.counts()), False
    yield "header", "counts", 2, desk.header, False
    yield "lottery", "next item", 1, desk.lottery, False
    yield "correction", "verdict", 1, desk.correct, True
    yield "correction, full day", "verdict", 5, desk.correct_in_a_full_day, True
    yield "200 scored", "", 10, desk.score, True


def measure(desk: Desk, repeats: int) -> None:
    """Print a line for each step."""
    print(f"{'':22} {'p50':>9} {'p95':>9} {'worst':>9} {'own p50':>9}  queries  target")
    for name, target, share, step, prepares in steps(desk):
        times: list[float] = []
        own: list[float] = []  # processor time of this process, which does not depend on what else runs
        for _ in range(max(3, repeats // share)):
            call = step() if prepares else step
            start, own_start = time.perf_counter(), time.process_time()
            call()
            times.append(1000 * (time.perf_counter() - start))
            own.append(1000 * (time.process_time() - own_start))
        call = step() if prepares else step
        with CaptureQueriesContext(connection) as queries:
            call()
        p95 = statistics.quantiles(times, n=20)[-1]
        limit = f"{TARGETS[target]} ms" if target else ""
        late = " !" if target and p95 > TARGETS[target] else ""
        asked = [q for q in queries if "SAVEPOINT" not in q["sql"]]
        print(
            f"{name:22} {statistics.median(times):6.1f} ms {p95:6.1f} ms {max(times):6.1f} ms"
            f" {statistics.median(own):6.1f} ms  {len(asked):7}  {limit}{late}",
            flush=True,
        )


def plans(desk: Desk) -> None:
    """Print how the database finds what the steps ask for."""
    open_to = ReviewItem.objects.open_to(desk.reviewer)
    lots = ReviewItem.objects.filter(sampled_at=None, writer__may_train=True).order_by("lot")
    asked: dict[str, QuerySet[Any, Any]] = {
        "next item": open_to.order_by("-worth", "pk").values_list("pk")[:1],
        "sample": open_to.filter(state=State.WAITING, sampled_at__isnull=False).order_by("sampled_at")[:1],
        "lots": lots.values_list("pk")[:20],
        "wall": ReviewItem.objects.shown().filter(read_as="7").order_by("confidence", "pk")[:PAGE],
        "counts": desk.counts(),
        "last step": Review.objects.that_count().by(desk.reviewer).in_force()[:1],
    }
    for name, queryset in asked.items():
        print(f"\n{name}\n{explained(queryset)}")


def explained(queryset: QuerySet[Any, Any]) -> str:
    """The plan, made with bound parameters as the site makes it: SQLite may plan otherwise for literal values."""
    if connection.vendor == "postgresql":
        return str(queryset.explain(analyze=True))
    sql, parameters = queryset.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
        return "\n".join(row[3] for row in cursor.fetchall())


def skip_many(desk: Desk) -> None:
    """The reviewer has skipped the worthiest."""
    first = ReviewItem.objects.open_to(desk.reviewer).order_by("-worth", "pk")[:SKIPPED]
    skips = [SkippedItem(item_id=pk, reviewer=desk.reviewer) for pk in first.values_list("pk", flat=True)]
    SkippedItem.objects.bulk_create(skips, batch_size=500)


def fill_a_day(desk: Desk) -> None:
    """One writer has drawn most of what there is, today."""
    busy = User.objects.filter(may_train=True, review_items__isnull=False).first()
    drawings = list(ReviewItem.objects.order_by("pk").values_list("pk", flat=True)[:OF_ONE_DAY])
    for start in range(0, len(drawings), 500):
        own = ReviewItem.objects.filter(pk__in=drawings[start : start + 500])
        own.update(writer=busy, day=timezone.now().date())


def withdraw_many(desk: Desk) -> None:
    """The writers of what is at the front of the queue do not consent any more; nothing was taken out of it."""
    writers, items = [], 0
    by_writer = ReviewItem.objects.order_by().values_list("writer").annotate(n=Count("pk")).order_by("-n")
    for writer, count in by_writer:
        if items >= WITHDRAWN:
            break
        writers.append(writer)
        items += count
    User.objects.filter(pk__in=writers).update(may_train=False)
    theirs = ReviewItem.objects.filter(writer__in=writers).exclude(reason=ReviewItem.Reason.CORRECTED)
    theirs.update(worth=F("worth") + 1, state=State.WAITING)


HOSTILE = {"skipped": skip_many, "day": fill_a_day, "withdrawn": withdraw_many}


@contextmanager
def taken_back() -> Iterator[None]:
    """Undo every change of the body."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--hostile", choices=HOSTILE)
    parser.add_argument("--plans", action="store_true")
    options = parser.parse_args()
    if not is_synthetic_only():
        sys.exit("This database has users. Fill another one: manage.py make_drawings")
    print(f"{connection.vendor}: {Drawing.objects.count()} drawings, {ReviewItem.objects.count()} items,"
          f" {Review.objects.count()} verdicts, {Correction.objects.count()} corrections")  # fmt: skip
    with taken_back():
        desk = Desk()
        if options.hostile:
            HOSTILE[options.hostile](desk)
        measure(desk, options.repeats)
        if options.plans:
            plans(desk)


if __name__ == "__main__":
    main()
