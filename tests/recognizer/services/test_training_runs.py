"""Runs: when one starts, that there is one at a time, and that a trainer which comes too late changes nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connections
from django.utils import timezone

from accounts.models import User
from recognizer import tasks
from recognizer.models import Drawing, ModelVersion, Promotion, TrainingRun
from recognizer.services import model_versions, training_runs
from recognizer.serving import doorbell
from tests.conftest import another_artifact, drawings_read, register_another
from tests.recognizer.course import decide

State, Trigger, Kind = TrainingRun.State, TrainingRun.Trigger, Promotion.Kind
PASSED = {"passed": True, "gates": [{"name": "golden", "passed": True, "sentence": "No golden case changes."}]}
FAILED = {"passed": False, "gates": [{"name": "golden", "passed": False, "sentence": "Two golden cases change."}]}


@pytest.fixture(autouse=True)
def _nobody_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorbell, "call_trainer", lambda run_id: True)


def review_all(reviewer: User) -> None:
    for drawing in Drawing.objects.with_verdicts():
        if drawing.correction and not drawing.review:
            decide(drawing.correction.drawing, reviewer, drawing.correction.text)


@pytest.fixture
def reviewed(owner: User, reviewer: User, version: ModelVersion, settings) -> None:
    """Three reviewed drawings of an owner who agrees, which are enough."""
    settings.TRAINING_LEAST_NEW = 3
    User.objects.filter(pk=owner.pk).update(may_train=True)
    drawings_read(owner, version, 3, correction="7")
    review_all(reviewer)


def start(**how: object) -> TrainingRun:
    return training_runs.start_run(trigger=Trigger.BUTTON, **how)


def lapse(run: TrainingRun) -> None:
    TrainingRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_it_starts_when_enough_was_reviewed(reviewed: None) -> None:
    run = start()
    assert (run.state, run.reason) == (State.RUNNING, "")
    assert training_runs.take_run(run_id=run.pk).started_at


def test_it_is_skipped_when_nothing_is_new_and_says_so(reviewed: None) -> None:
    first = start()
    training_runs.take_run(run_id=first.pk)
    training_runs.end_run(run_id=first.pk, state=State.REJECTED, reason="not better")
    skipped = start()
    assert skipped.state == State.SKIPPED
    assert skipped.reason == f"Nothing new was reviewed since run {first.pk}."
    assert skipped.finished_at
    assert start(force=True).state == State.RUNNING


def test_a_failed_run_does_not_use_up_what_was_reviewed(reviewed: None) -> None:
    run = start()
    training_runs.end_run(run_id=run.pk, state=State.FAILED, reason="the disk is full")
    assert start().state == State.RUNNING


def test_too_little_is_named(reviewed: None, settings) -> None:
    settings.TRAINING_LEAST_NEW = 4
    assert start().reason == "Only 3 drawings were reviewed; 4 are worth a run."


def test_without_consent_nothing_counts(reviewed: None, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(may_train=False)
    assert start().reason == "Nothing new was reviewed."


def test_one_at_a_time(reviewed: None) -> None:
    run = start()
    with pytest.raises(ValidationError, match=f"run {run.pk} is under way"):
        start(force=True)
    assert TrainingRun.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_that_start_together_one_runs(settings) -> None:
    def attempt(_: int) -> bool:
        try:
            start(force=True)
        except ValidationError:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1
    assert TrainingRun.objects.running().count() == 1


def test_two_beats_make_one_run(reviewed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    said = [tasks.retrain_on_schedule() for _ in range(5)]
    run = TrainingRun.objects.get()
    assert said[0] == f"{run}: started"
    assert all("already" in line for line in said[1:])


def test_two_beats_make_one_skipped_run(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    for _ in range(2):
        tasks.retrain_on_schedule()
    assert TrainingRun.objects.get().state == State.SKIPPED


def test_a_message_that_comes_twice_finds_the_run_taken(reviewed: None) -> None:
    run = start()
    training_runs.take_run(run_id=run.pk)
    with pytest.raises(training_runs.RunLost):
        training_runs.take_run(run_id=run.pk)


def test_a_run_that_dies_is_given_up_and_the_next_can_start(reviewed: None) -> None:
    run = start()
    training_runs.take_run(run_id=run.pk)
    lapse(run)
    tasks.look_after_training()
    run.refresh_from_db()
    assert (run.state, run.reason) == (State.FAILED, "The trainer stopped in the middle of it.")
    assert start().state == State.RUNNING


def test_a_run_that_no_trainer_takes_says_so(reviewed: None) -> None:
    run = start()
    lapse(run)
    training_runs.reap_runs()
    run.refresh_from_db()
    assert "Is the training worker running?" in run.reason


def test_a_run_that_waits_is_called_for_again(reviewed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[int] = []
    monkeypatch.setattr(doorbell, "call_trainer", called.append)
    run = start()
    tasks.look_after_training()
    training_runs.take_run(run_id=run.pk)
    tasks.look_after_training()
    assert called == [run.pk]


def test_a_lease_is_prolonged(reviewed: None) -> None:
    run = start()
    training_runs.take_run(run_id=run.pk)
    lapse(run)
    training_runs.keep_alive(run_id=run.pk)
    assert training_runs.reap_runs() == 0


def test_a_trainer_that_comes_too_late_changes_nothing(reviewed: None, version: ModelVersion) -> None:
    run = start()
    training_runs.take_run(run_id=run.pk)
    TrainingRun.objects.filter(pk=run.pk).update(base=version)
    lapse(run)
    training_runs.reap_runs()
    for late in (
        lambda: training_runs.keep_alive(run_id=run.pk),
        lambda: training_runs.record_stage(run_id=run.pk, stage="training", seconds={}),
        lambda: training_runs.settle_run(run_id=run.pk, artifact=another_artifact(), verdict=PASSED),
    ):
        with pytest.raises(training_runs.RunLost):
            late()
    assert model_versions.active_version() == version
    assert not Promotion.objects.exists()
    assert ModelVersion.objects.count() == 1


def settle(base: ModelVersion, verdict: dict, name: str = "better") -> TrainingRun:
    run = start(force=True)
    training_runs.take_run(run_id=run.pk)
    training_runs.record_base(run_id=run.pk, base=base)
    training_runs.settle_run(run_id=run.pk, artifact=another_artifact(name), verdict=verdict)
    run.refresh_from_db()
    return run


def test_what_passes_takes_over_by_itself(version: ModelVersion) -> None:
    run = settle(version, PASSED)
    assert run.state == State.PROMOTED
    assert model_versions.active_version() == run.version
    assert run.version.parent == version
    assert Promotion.objects.get().kind == Kind.AUTOMATIC


def test_what_fails_a_gate_never_does(version: ModelVersion) -> None:
    run = settle(version, FAILED)
    assert (run.state, run.reason) == (State.REJECTED, "Not better: Two golden cases change.")
    assert model_versions.active_version() == version


def test_where_people_decide_it_waits_for_them(version: ModelVersion, reviewer: User, settings) -> None:
    settings.TRAINING_PROMOTES = False
    run = settle(version, PASSED)
    assert run.state == State.CANDIDATE
    assert model_versions.active_version() == version
    promotion = training_runs.promote_candidate(run=run, by=reviewer)
    assert promotion.kind == Kind.CHOSEN
    assert model_versions.active_version() == run.version


def test_one_that_passed_against_another_version_than_reads_needs_a_reason(
    version: ModelVersion, reviewer: User, settings
) -> None:
    settings.TRAINING_PROMOTES = False
    second, third = settle(version, PASSED, "second"), settle(version, PASSED, "third")
    training_runs.promote_candidate(run=third, by=reviewer)
    with pytest.raises(ValidationError, match="Say why"):
        training_runs.promote_candidate(run=second, by=reviewer)
    assert training_runs.promote_candidate(run=second, by=reviewer, reason="an experiment").kind == Kind.FORCED


def test_who_saw_another_version_reading_does_not_decide(version: ModelVersion, reviewer: User, settings) -> None:
    settings.TRAINING_PROMOTES = False
    second, third = settle(version, PASSED, "second"), settle(version, PASSED, "third")
    training_runs.promote_candidate(run=third, by=reviewer, seen=version.pk)
    with pytest.raises(ValidationError, match="reads by now"):
        training_runs.promote_candidate(run=second, by=reviewer, reason="an experiment", seen=version.pk)
    assert model_versions.active_version() == third.version


def test_it_waits_when_another_was_promoted_meanwhile(version: ModelVersion) -> None:
    other = register_another("meanwhile")
    run = start(force=True)
    training_runs.take_run(run_id=run.pk)
    training_runs.record_base(run_id=run.pk, base=version)
    model_versions.promote_version(version=other, instead_of=version, kind=Kind.CHOSEN)
    training_runs.settle_run(run_id=run.pk, artifact=another_artifact("better"), verdict=PASSED)
    run.refresh_from_db()
    assert run.state == State.CANDIDATE
    assert "meanwhile" in run.reason
    assert model_versions.active_version() == other


def test_a_candidate_can_be_dismissed_once(version: ModelVersion, reviewer: User, settings) -> None:
    settings.TRAINING_PROMOTES = False
    run = settle(version, PASSED)
    training_runs.dismiss_candidate(run=run, by=reviewer, reason="strange sevens")
    run.refresh_from_db()
    assert (run.state, run.reason) == (State.REJECTED, "Dismissed by reviewer: strange sevens")
    with pytest.raises(ValidationError):
        training_runs.dismiss_candidate(run=run, by=reviewer, reason="")
