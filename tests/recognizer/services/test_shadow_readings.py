"""A version that waits reads what people draw, and nobody notices."""

from __future__ import annotations

import pytest

from accounts.models import User
from recognizer import tasks
from recognizer.models import Drawing, ModelVersion, ShadowReading, TrainingRun
from recognizer.services import predictions, shadow_readings, training_runs
from recognizer.serving import engine
from tests.conftest import ONE, FakeReader, another_artifact, reading_of


@pytest.fixture
def waiting(version: ModelVersion, monkeypatch: pytest.MonkeyPatch, settings) -> ModelVersion:
    """A version that passed all gates; it reads 1 where the active one reads 7."""
    settings.TRAINING_PROMOTES = False
    run = training_runs.start_run(trigger=TrainingRun.Trigger.COMMAND, force=True)
    training_runs.take_run(run_id=run.pk)
    training_runs.settle_run(run_id=run.pk, artifact=another_artifact(), verdict={"passed": True, "gates": []})
    fake = FakeReader()
    fake.says = reading_of("1")
    monkeypatch.setattr(engine, "cached_engine", lambda pk: engine.Engine(pk, "candidate", fake))
    return ModelVersion.objects.get(run=run)


def drawn(owner: User, version: ModelVersion, text: str = "7") -> Drawing:
    drawing = predictions.submit_strokes(user=owner, strokes=ONE)
    predictions.store(readings=[(drawing.pk, reading_of(text))], version_id=version.pk)
    return drawing


def test_it_reads_what_was_drawn_since_and_says_where_it_differs(
    waiting: ModelVersion, version: ModelVersion, owner: User
) -> None:
    seven, one = drawn(owner, version, "7"), drawn(owner, version, "1")
    assert tasks.read_shadow() == f"2 read by {waiting}"
    agrees = dict(ShadowReading.objects.values_list("drawing_id", "agrees"))
    assert agrees == {seven.pk: False, one.pk: True}


def test_each_drawing_once(waiting: ModelVersion, version: ModelVersion, owner: User) -> None:
    drawn(owner, version)
    tasks.read_shadow()
    assert tasks.read_shadow() == f"0 read by {waiting}"
    assert ShadowReading.objects.count() == 1


def test_what_takes_long_is_kept_and_the_rest_comes_next_time(
    waiting: ModelVersion, version: ModelVersion, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        drawn(owner, version)
    monkeypatch.setattr(engine, "PORTION", 1)
    monkeypatch.setattr(tasks, "SHADOW_SECONDS", 0.0)
    assert [tasks.read_shadow() for _ in range(4)] == [f"{n} read by {waiting}" for n in (1, 1, 1, 0)]


def test_the_writer_sees_nothing_of_it(waiting: ModelVersion, version: ModelVersion, owner: User) -> None:
    drawing = drawn(owner, version)
    tasks.read_shadow()
    seen = Drawing.objects.with_predictions().get(pk=drawing.pk)
    assert seen.latest is not None
    assert (seen.latest.text, seen.latest.model_version_id) == ("7", version.pk)


def test_what_is_not_read_yet_is_left_to_the_active_version(waiting: ModelVersion, drawing: Drawing) -> None:
    tasks.read_shadow()
    drawing.refresh_from_db()
    assert drawing.state == Drawing.State.WAITING
    assert not ShadowReading.objects.exists()


def test_a_damaged_drawing_is_passed_over_and_stays_as_it_is(
    waiting: ModelVersion, version: ModelVersion, owner: User
) -> None:
    drawing = drawn(owner, version)
    Drawing.objects.filter(pk=drawing.pk).update(strokes=[["?"]])
    assert tasks.read_shadow() == f"0 read by {waiting}"
    drawing.refresh_from_db()
    assert drawing.state == Drawing.State.READ


def test_a_drawing_that_is_deleted_meanwhile_does_no_harm(
    waiting: ModelVersion, version: ModelVersion, owner: User
) -> None:
    drawing = drawn(owner, version)
    found = shadow_readings.unread(version=waiting, limit=5)
    predictions.delete_drawing(drawing=drawing)
    assert shadow_readings.store_shadow(version=waiting, readings=[(d, reading_of("1")) for d in found]) == 0


def test_without_a_version_that_waits_nothing_is_read(version: ModelVersion, owner: User) -> None:
    drawn(owner, version)
    assert tasks.read_shadow() == "no version waits"


def test_one_that_was_promoted_or_dismissed_reads_no_more(
    waiting: ModelVersion, version: ModelVersion, owner: User, reviewer: User
) -> None:
    drawn(owner, version)
    training_runs.dismiss_candidate(run=waiting.run, by=reviewer, reason="no")
    assert tasks.read_shadow() == "no version waits"
