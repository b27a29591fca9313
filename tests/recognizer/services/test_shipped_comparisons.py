"""What a shipped version has to pass on a site whose active version was trained there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connections

from recognizer import tasks
from recognizer.models import ModelVersion, Promotion, TrainingRun
from recognizer.services import model_versions, training_runs
from recognizer.serving import doorbell
from tests.conftest import register_another, register_own
from tests.recognizer.course import run_of

State, Trigger, Kind = TrainingRun.State, TrainingRun.Trigger, Promotion.Kind


@pytest.fixture
def own(db: None) -> ModelVersion:
    return register_own()


@pytest.fixture(autouse=True)
def called(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The runs for which a trainer was called."""
    runs: list[int] = []
    monkeypatch.setattr(doorbell, "call_trainer", lambda run_id: bool(runs.append(run_id)))
    return runs


def register() -> str:
    out = StringIO()
    call_command("register_model", stdout=out)
    return out.getvalue()


def end(run: TrainingRun, state: str = State.REJECTED) -> None:
    training_runs.end_run(run_id=run.pk, state=State(state), reason="as told")


def test_a_fresh_site_compares_nothing(db: None) -> None:
    assert "is active" in register()
    assert not TrainingRun.objects.exists()


def test_a_site_on_an_older_shipped_version_takes_the_new_one_at_once(db: None) -> None:
    old = register_another("old", origin="shipped")
    model_versions.promote_version(version=old, instead_of=None, kind=Kind.INSTALLED)
    assert "is active" in register()
    assert model_versions.active_version() != old
    assert not TrainingRun.objects.exists()


def test_a_version_that_was_trained_here_reads_on_until_both_are_compared(own: ModelVersion, called) -> None:
    said = register()
    run = TrainingRun.objects.get()
    assert (run.trigger, run.state, run.base) == (Trigger.UPDATE, State.RUNNING, own)
    assert run.challenger == ModelVersion.objects.get(active=False, parent=None, promotions=None)
    assert f"{run} compares it with {own}" in said
    assert model_versions.active_version() == own
    tasks.look_after_training()
    assert called == [run.pk]


def test_a_pair_is_compared_once(own: ModelVersion) -> None:
    register()
    register()
    end(TrainingRun.objects.get())
    assert "another version is active" in register()
    tasks.look_after_training()
    assert TrainingRun.objects.count() == 1


def test_another_version_of_this_site_is_another_pair(own: ModelVersion) -> None:
    register()
    end(TrainingRun.objects.get())
    newer = register_another("newer", parent=own)
    model_versions.promote_version(version=newer, instead_of=own, kind=Kind.AUTOMATIC)
    assert training_runs.start_comparison().base == newer


def test_only_the_newest_shipped_version_is_compared(own: ModelVersion) -> None:
    register_another("skipped release", origin="shipped")
    register()
    assert TrainingRun.objects.get().challenger == ModelVersion.objects.first()


def test_what_broke_off_is_tried_again_at_the_next_start_only(own: ModelVersion) -> None:
    register()
    end(TrainingRun.objects.get(), State.FAILED)
    tasks.look_after_training()
    assert TrainingRun.objects.count() == 1
    register()
    assert [run.state for run in TrainingRun.objects.all()] == [State.RUNNING, State.FAILED]


def test_a_training_that_is_under_way_comes_first(own: ModelVersion) -> None:
    training = training_runs.start_run(trigger=Trigger.BUTTON, force=True)
    assert "another version is active" in register()
    end(training)
    tasks.look_after_training()
    assert TrainingRun.objects.running().get().trigger == Trigger.UPDATE


@pytest.mark.django_db(transaction=True)
def test_of_two_hosts_at_once_one_starts_it(own: ModelVersion) -> None:
    model_versions.install_shipped()

    def start(_: int) -> TrainingRun | None:
        try:
            return training_runs.start_comparison(retry=True)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        started = [run for run in pool.map(start, range(2)) if run]
    assert started == [TrainingRun.objects.get()]


def test_a_host_that_comes_second_finds_the_shipped_version_active(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = register_another("old", origin="shipped")
    model_versions.promote_version(version=old, instead_of=None, kind=Kind.INSTALLED)
    promote = model_versions.promote_version

    def both(**how: object) -> Promotion:
        promote(**how)  # the other host
        return promote(**how)

    monkeypatch.setattr(model_versions, "promote_version", both)
    version, active = model_versions.install_shipped()
    assert active
    assert model_versions.active_version() == version


def test_who_went_back_from_it_is_not_asked_again(own: ModelVersion) -> None:
    shipped, _ = model_versions.install_shipped()
    model_versions.promote_version(version=shipped, instead_of=own, kind=Kind.AUTOMATIC)
    model_versions.rollback()
    assert training_runs.start_comparison(retry=True) is None
    assert model_versions.active_version() == own


def test_a_shipped_version_that_took_over_has_seen_nothing_that_was_reviewed(own: ModelVersion) -> None:
    training = run_of(State.PROMOTED, version=own)
    assert training_runs.newly_reviewed()[1] == training
    shipped, _ = model_versions.install_shipped()
    run_of(State.REJECTED, base=own, challenger=shipped, trigger=Trigger.UPDATE)
    assert training_runs.newly_reviewed()[1] == training
    TrainingRun.objects.filter(challenger=shipped).update(state=State.PROMOTED)
    assert training_runs.newly_reviewed()[1] is None
    later = run_of(State.REJECTED)
    assert training_runs.newly_reviewed()[1] == later
