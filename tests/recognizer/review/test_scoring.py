"""What a scoring finds, with the shipped reader and synthetic ink."""

from __future__ import annotations

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from ml.inference.reader import SHIPPED, Reader
from ml.synthesis.handwriting import write_digit
from recognizer import tasks
from recognizer.models import Drawing, ModelVersion, Review, ReviewItem
from recognizer.review import scoring
from recognizer.services import predictions, reviews, shadow_readings
from recognizer.services.reviews import Decision
from recognizer.serving import engine
from tests.conftest import reading_of

State, Reason = ReviewItem.State, ReviewItem.Reason


@pytest.fixture(scope="module")
def shipped() -> Reader:
    return Reader.open(SHIPPED)


@pytest.fixture
def current(version: ModelVersion, shipped: Reader, monkeypatch: pytest.MonkeyPatch) -> engine.Engine:
    current = engine.Engine(version.pk, str(version), shipped)
    monkeypatch.setattr(engine, "current", lambda: current)
    return current


@pytest.fixture
def writer(db: None) -> User:
    """Lets drawings train."""
    return User.objects.create_user("writer", may_train=True)


def ink(label: int, seed: int, style: str | None = None) -> list:
    digit = write_digit(label, rng=np.random.default_rng(seed), style=style)
    return [np.round(100 * stroke, 1).tolist() for stroke in digit]


def draw(user: User, current: engine.Engine, strokes: list, reading=None) -> Drawing:
    """A drawing that was read, by the shipped reader or as `reading` says."""
    drawing = predictions.submit_strokes(user=user, strokes=strokes)
    [read] = [reading] if reading else current.read([engine.ink_of(drawing)])
    predictions.store(readings=[(drawing.pk, read)], version_id=current.version_id)
    return Drawing.objects.get(pk=drawing.pk)


def item_of(drawing: Drawing) -> ReviewItem:
    return ReviewItem.objects.get(pk=drawing.pk)


def test_drawings_of_writers_who_let_them_train_come_into_the_queue(
    current: engine.Engine, writer: User, owner: User
) -> None:
    mine, _other = draw(writer, current, ink(7, 1)), draw(owner, current, ink(7, 2))
    assert "1 listed, 1 scored" in tasks.score_review_items()
    item = ReviewItem.objects.get()
    assert (item.pk, item.state, item.writer_id) == (mine.pk, State.WAITING, writer.pk)
    assert item.scored_at is not None
    assert item.unusual is not None
    assert item.unusual < 0.5
    assert bytes(item.glyphs or b"").startswith(b"\x89PNG")


def test_a_second_time_changes_nothing(current: engine.Engine, writer: User) -> None:
    draw(writer, current, ink(7, 1))
    tasks.score_review_items()
    before = list(ReviewItem.objects.values())
    assert "0 listed, 0 scored" in tasks.score_review_items()
    assert list(ReviewItem.objects.values()) == before


def test_the_hourly_sweep_finds_drawings_of_writers_who_agreed_later(current: engine.Engine, writer: User) -> None:
    old = draw(writer, current, ink(7, 1))
    ReviewItem.objects.all().delete()
    assert scoring.list_missed() == 1
    assert item_of(old).scored_at is None


def test_corrected_drawings_come_first_and_confirmed_ones_last(current: engine.Engine, writer: User) -> None:
    plain, corrected, confirmed = (draw(writer, current, ink(7, i), reading_of("7")) for i in range(3))
    unsure = draw(writer, current, ink(7, 4), reading_of("7", "unsure", 0.5))
    reviews.correct_drawing(drawing=corrected, user=writer, text="1")
    reviews.correct_drawing(drawing=confirmed, user=writer, text="7")
    tasks.score_review_items()
    order = list(ReviewItem.objects.order_by("-worth").values_list("pk", flat=True))
    assert order[:2] == [corrected.pk, unsure.pk]
    assert {*order[2:]} == {plain.pk, confirmed.pk}


def test_nearly_equal_drawings_of_a_writer_fold_under_the_first(
    current: engine.Engine, writer: User, stranger: User
) -> None:
    first, again, later = (draw(writer, current, ink(3, 5)) for _ in range(3))
    User.objects.filter(pk=stranger.pk).update(may_train=True)
    of_another = draw(stranger, current, ink(3, 5))
    tasks.score_review_items()
    for copy in (again, later):
        assert (item_of(copy).state, item_of(copy).like_id) == (State.FOLDED, first.pk)
    assert {item_of(first).state, item_of(of_another).state} == {State.WAITING}


def test_what_is_folded_under_a_deleted_drawing_comes_back(current: engine.Engine, writer: User) -> None:
    first, again = (draw(writer, current, ink(3, 5)) for _ in range(2))
    tasks.score_review_items()
    first.delete()
    scoring.list_missed()
    tasks.score_review_items()
    assert item_of(again).state == State.WAITING


def test_a_writers_day_has_a_limit(current: engine.Engine, writer: User, settings) -> None:
    settings.REVIEW_A_DAY = 2
    for seed in range(4):
        draw(writer, current, ink(2 * seed, seed))
    tasks.score_review_items()
    assert ReviewItem.objects.filter(state=State.WAITING).count() == 2
    assert not ReviewItem.objects.filter(scored_at=None).exists()


def decide(drawing: Drawing, reviewer: User, text: str) -> Review:
    seen = Drawing.objects.get(pk=drawing.pk).seen
    return reviews.decide(drawing_id=drawing.pk, reviewer=reviewer, decision=Decision.of(text), seen=seen)


def test_a_verdict_that_known_digits_contradict_comes_back_once(
    current: engine.Engine, writer: User, reviewer: User
) -> None:
    one = draw(writer, current, ink(0, 1))
    tasks.score_review_items()
    decide(one, reviewer, "1")
    tasks.score_review_items()
    item = item_of(one)
    assert (item.state, item.reason, item.doubtful) == (State.WAITING, Reason.DOUBTFUL, True)
    decide(one, reviewer, "1")
    tasks.score_review_items()
    assert item_of(one).state == State.DECIDED
    decide(one, reviewer, "4")  # another wrong one
    tasks.score_review_items()
    assert item_of(one).state == State.WAITING


def test_a_verdict_that_nothing_contradicts_stays(current: engine.Engine, writer: User, reviewer: User) -> None:
    drawing = draw(writer, current, ink(0, 1))
    tasks.score_review_items()
    decide(drawing, reviewer, "0")
    tasks.score_review_items()
    item = item_of(drawing)
    assert (item.state, item.doubtful) == (State.DECIDED, False)
    assert item.scored_at is not None


def test_a_damaged_drawing_stops_nothing(current: engine.Engine, writer: User) -> None:
    damaged, whole = draw(writer, current, ink(7, 1)), draw(writer, current, ink(8, 2))
    Drawing.objects.filter(pk=damaged.pk).update(strokes=[[["x", 1]]])
    assert "2 scored" in tasks.score_review_items()
    assert item_of(damaged).scored_at is not None
    assert item_of(damaged).glyphs is None
    assert item_of(whole).glyphs is not None


def test_a_reader_that_fails_stops_nothing(current: engine.Engine, writer: User, monkeypatch) -> None:
    draw(writer, current, ink(7, 1))

    def fail(self, inks, profiles=None):
        raise RuntimeError("the network fell over")

    monkeypatch.setattr(engine.Engine, "inspect", fail)
    assert "1 scored" in tasks.score_review_items()
    assert "0 scored" in tasks.score_review_items()


def test_what_another_version_reads_otherwise_is_looked_at(current: engine.Engine, writer: User) -> None:
    """Whether it was read before the drawing came into the queue, or after."""
    early, late, same = (draw(writer, current, ink(7, i), reading_of("7")) for i in range(3))
    version = ModelVersion.objects.create(sha256="1" * 64, artifact=b"", origin="trained")

    def shadow(drawing: Drawing, text: str) -> None:
        fresh = Drawing.objects.with_predictions().get(pk=drawing.pk)
        shadow_readings.store_shadow(version=version, readings=[(fresh, reading_of(text))])

    shadow(early, "1")
    tasks.score_review_items()
    shadow(late, "1")
    shadow(same, "7")
    assert [item_of(drawing).reason for drawing in (early, late)] == [Reason.CANDIDATE] * 2
    assert item_of(same).reason != Reason.CANDIDATE


def test_a_verdict_in_between_is_not_overwritten(
    current: engine.Engine, writer: User, reviewer: User, monkeypatch
) -> None:
    drawing = draw(writer, current, ink(7, 1))
    scoring.list_recent()
    inspect = engine.Engine.inspect

    def decided_meanwhile(self, inks, profiles=None):
        decide(drawing, reviewer, "7")
        return inspect(self, inks, profiles)

    monkeypatch.setattr(engine.Engine, "inspect", decided_meanwhile)
    scoring.score(current)
    item = item_of(drawing)
    assert (item.state, item.scored_at) == (State.DECIDED, None)


def test_the_queries_do_not_grow_with_the_drawings(current: engine.Engine, writer: User) -> None:
    scoring.known_digits(current.reader)
    counts = []
    for many in (3, 20):
        for seed in range(many):
            draw(writer, current, ink(seed % 10, 100 * many + seed))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            tasks.score_review_items()
        counts.append(len(queries))
    assert counts[0] == counts[1] < 40


def test_misread_drawings_of_a_week_come_before_those_that_were_read_rightly(
    current: engine.Engine, writer: User
) -> None:
    """One in ten readings is wrong: its ink is that of another digit, or the reader was unsure."""
    wrong = set()
    for seed in range(60):
        label = seed % 10
        if seed % 10:
            draw(writer, current, ink(label, seed), reading_of(str(label), confidence=0.95))
            continue
        state, confidence = ("unsure", 0.6) if seed % 20 else ("recognised", 0.95)
        wrong.add(draw(writer, current, ink(3, seed), reading_of("7", state, confidence)).pk)
    tasks.score_review_items()
    first = ReviewItem.objects.order_by("-worth").values_list("pk", flat=True)[: len(wrong)]
    assert {*first} == wrong
