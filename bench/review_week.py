"""A simulated week of a site: which misread drawings its reviewers find, and what a training on them gains.

    python -m bench.review_week --data FOLDER [--seed 1] [--train [--all]]

Six writers whom the shipped reader has never seen draw 1,000 digits and numbers, of which it misreads 80. Half of
these are corrected by their writers, who also correct six that were read rightly. A reviewer who knows the truth
decides on what the review queue hands out. Everything goes through the services of the site, on a new database
in a temporary folder. With `--train` a training runs on what was decided, with `--all` after the rest of the queue
was decided too; both versions read the digits of all other writers of the file, who never train.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from ml.data.loaders import load_characters
from ml.inference.reader import SHIPPED, Reader
from ml.ink.strokes import Strokes

if TYPE_CHECKING:
    from accounts.models import User
    from recognizer.models import Drawing

FILE = "unipen_part_strokes.npz"
WRITERS, DRAWINGS, MISREAD, CORRECTED, WRONGLY_CORRECTED = 6, 1000, 80, 40, 6
LOOKS = 150  # verdicts after which is counted what was found
_LEAST_MISREAD = 6  # of a writer who is chosen, so that six writers have enough
_STRINGS = 3  # numbers that are composed of a writer's digits, for each digit


@dataclass(frozen=True, eq=False)
class Written:
    """Ink with its truth and what the shipped reader reads."""

    ink: Strokes
    truth: str
    read: str

    @property
    def is_misread(self) -> bool:
        return self.read != self.truth


def main() -> None:
    """Print what was found, and with `--train` what it gained."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help=f"folder with {FILE}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--train", action="store_true", help="retrain, and compare both versions")
    parser.add_argument("--all", action="store_true", help="decide on all drawings before the training")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="numeral-week-") as folder:
        _start_site(Path(folder))
        rng = np.random.default_rng(options.seed)
        writers, others = _choose_writers(options.data / FILE, rng)
        truths = _live_a_week(writers, rng)
        _review(truths, LOOKS)
        if options.train:
            if options.all:
                _decide_on_all(truths)
            _train(others)


def _start_site(folder: Path) -> None:
    os.environ.update(
        DATA_DIR=str(folder),
        DATABASE_URL=f"sqlite:///{folder / 'db.sqlite3'}",
        REDIS_URL=f"unix://{folder}/nobody.sock",
        SECRET_KEY="only for this week " * 4,
        REVIEW_TWICE="0",
    )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digitsite.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("register_model", verbosity=0)


# ---- The writers


def _choose_writers(file: Path, rng: np.random.Generator) -> tuple[list[list[Written]], list[Written]]:
    """What six writers wrote, and the digits of all others."""
    labels, drawings = load_characters(file)
    with np.load(file) as arrays:
        numbers = arrays["writer"]
    is_digit = np.isin(labels.astype(str), list("0123456789"))
    reader = Reader.open(SHIPPED)
    by_writer = {}
    for writer in np.unique(numbers[is_digit]):
        own = [(str(labels[i]), drawings[i]) for i in np.flatnonzero(is_digit & (numbers == writer))]
        by_writer[writer] = _read(reader, [*own, *(_number(own, rng) for _ in range(_STRINGS * len(own)))])
    able = [w for w, own in by_writer.items() if sum(one.is_misread for one in own) >= _LEAST_MISREAD]
    while True:
        chosen = rng.permutation(able)[:WRITERS]
        misread = sum(one.is_misread for w in chosen for one in by_writer[w])
        if misread >= MISREAD and sum(len(by_writer[w]) for w in chosen) - misread >= DRAWINGS - MISREAD:
            break
    others = [one for w, own in by_writer.items() if w not in chosen for one in own if len(one.truth) == 1]
    return [by_writer[w] for w in chosen], others


def _read(reader: Reader, labeled: list[tuple[str, Strokes]]) -> list[Written]:
    readings = [reading for ink in labeled for reading in reader.read([ink[1]])]
    return [Written(ink, truth, reading.text) for (truth, ink), reading in zip(labeled, readings, strict=True)]


def _number(digits: list[tuple[str, Strokes]], rng: np.random.Generator) -> tuple[str, Strokes]:
    """Two to five of these digits beside each other, of about the same height."""
    chosen = [digits[i] for i in rng.integers(0, len(digits), rng.integers(2, 6))]
    text, ink, right = "", [], 0.0
    for label, strokes in chosen:
        points = np.concatenate(strokes)
        low, (width, height) = points.min(axis=0), np.ptp(points, axis=0)
        scale = 100 * np.exp(rng.normal(0, 0.1)) / max(height, 0.6 * width, 1e-6)
        shift = np.array([right, rng.normal(0, 6) - scale * height])
        ink += [np.asarray((stroke - low) * scale + shift, np.float32) for stroke in strokes]
        right += scale * width + max(10, rng.normal(30, 12))
        text += label
    return text, ink


# ---- The week


def _live_a_week(writers: list[list[Written]], rng: np.random.Generator) -> dict[UUID, str]:
    """Store the drawings as they come, their readings and corrections; the true text of each."""
    from accounts.models import User
    from recognizer.services import predictions, reviews
    from recognizer.serving import engine

    pool = [(number, one) for number, own in enumerate(writers) for one in own]
    misread = [i for i in rng.permutation(len(pool)) if pool[i][1].is_misread][:MISREAD]
    right = [i for i in rng.permutation(len(pool)) if not pool[i][1].is_misread][: DRAWINGS - MISREAD]
    corrected = {i: pool[i][1].truth for i in misread[:CORRECTED]}
    corrected.update((i, "1234") for i in right[:WRONGLY_CORRECTED])
    ids = _user_ids(len(writers))
    users = [User.objects.create_user(f"writer-{pk}", pk=pk, may_train=True) for pk in ids]
    truths: dict[UUID, str] = {}
    current = engine.current()
    for i in rng.permutation([*misread, *right]):
        number, one = pool[i]
        strokes = [np.round(stroke, 2).tolist() for stroke in one.ink]
        drawing = predictions.submit_strokes(user=users[number], strokes=strokes)
        readings = current.read([engine.ink_of(drawing)])
        predictions.store(readings=[(drawing.pk, readings[0])], version_id=current.version_id)
        _date(drawing, len(truths))
        if i in corrected:
            reviews.correct_drawing(drawing=drawing, user=users[number], text=corrected[i])
        truths[drawing.pk] = one.truth
    return truths


def _user_ids(n: int) -> list[int]:
    """Of `n` users of whom one is held out and one validates: that follows from the id."""
    from recognizer.training.writer_roles import is_held_out, is_validating

    held = next(pk for pk in count(1000) if is_held_out(pk))
    validating = next(pk for pk in count(1000) if is_validating(pk))
    training = (pk for pk in count(1000) if not is_held_out(pk) and not is_validating(pk))
    return [held, validating, *(next(training) for _ in range(n - 2))]


def _date(drawing: Drawing, place: int) -> None:
    """Spread the drawings over the seven days before now, the first ones first."""
    from django.utils import timezone

    from recognizer.models import Drawing

    when = timezone.now() - timedelta(days=7 * (1 - place / DRAWINGS))
    Drawing.objects.filter(pk=drawing.pk).update(created_at=when)


# ---- The review


def _review(truths: dict[UUID, str], looks: int) -> None:
    """Score, and decide on what the queue hands out; print how many misread drawings were found."""
    from accounts.models import User
    from recognizer import tasks
    from recognizer.models import Drawing, ReviewItem

    while ReviewItem.objects.count() < DRAWINGS or ReviewItem.objects.filter(scored_at=None).exists():
        tasks.score_review_items()
    reviewer = User.objects.create_superuser("reviewer", password=None)
    latest = {d.pk: d.latest.text for d in Drawing.objects.with_predictions().defer("strokes") if d.latest}
    misread = {pk for pk, text in truths.items() if latest[pk] != text}
    found = len(misread & {*_decide(reviewer, truths, looks)})
    newest = len(misread & {*Drawing.objects.order_by("-created_at").values_list("pk", flat=True)[:looks]})
    waiting = dict(Counter(ReviewItem.objects.values_list("state", flat=True)))
    print(f"{len(misread)} of {DRAWINGS} misread; {looks} looks find {found}, newest first {newest}; {waiting}")


def _decide(reviewer: User, truths: dict[UUID, str], most: int) -> list[UUID]:
    """The drawings on which the reviewer decided."""
    from recognizer import tasks
    from recognizer.services import review_queue, reviews

    decided: list[UUID] = []
    while len(decided) < most:
        items = review_queue.claim(reviewer=reviewer, count=min(5, most - len(decided)))
        if not items:
            break
        for item in items:
            decision = reviews.Decision.of(truths[item.pk])
            seen = item.drawing.seen
            reviews.decide(drawing_id=item.pk, reviewer=reviewer, decision=decision, seen=seen)
            decided.append(item.pk)
        tasks.score_review_items()  # as it runs every half minute
    return decided


# ---- What it gains


def _decide_on_all(truths: dict[UUID, str]) -> None:
    from accounts.models import User

    decided = len(_decide(User.objects.get(username="reviewer"), truths, DRAWINGS))
    print(f"{LOOKS + decided} decided", flush=True)


def _train(others: list[Written]) -> None:
    from recognizer.models import TrainingRun
    from recognizer.services import training_runs
    from recognizer.serving import engine
    from recognizer.training import pipeline

    run = training_runs.start_run(trigger=TrainingRun.Trigger.COMMAND, force=True)
    run = pipeline.train_run(run.pk)
    print(f"{run}: {run.state}, {run.reason}, {run.seconds} s")
    for gate in run.verdict.get("gates", []):
        print(f"  {gate['name']}: {'passed' if gate['passed'] else 'failed'}")
    readers = {"before": Reader.open(SHIPPED)}
    if run.version_id:
        readers["after"] = engine.open_version(run.version_id).reader
    for when, reader in readers.items():
        wrong = sum(one.is_misread for one in _read(reader, [(one.truth, one.ink) for one in others]))
        print(f"{when}: {wrong} of {len(others)} digits of writers who never trained are misread")


if __name__ == "__main__":
    main()
