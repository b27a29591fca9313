"""How a run ends when something is wrong with it: in a plain state, with a reason, and with nothing changed."""

from __future__ import annotations

import errno
import time
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from accounts.models import User
from ml.evaluation import regression_sets
from ml.inference.reader import SHIPPED, Reader
from ml.synthesis.handwriting import write_digit
from recognizer.models import Drawing, ModelVersion, Promotion, TrainingRun, TrainingSample
from recognizer.services import model_versions, predictions, reviews, training_runs
from recognizer.training import dataset, pipeline, writer_roles
from tests.conftest import another_artifact, register_another
from tests.recognizer.course import decide, run_of

State = TrainingRun.State


@pytest.fixture
def shipped(db: None, settings) -> ModelVersion:
    settings.TRAINING_CHECKS_LABELS = False  # which takes seconds, and is tested elsewhere
    version, active = model_versions.install_shipped()
    assert active
    return version


@pytest.fixture
def reviewed(owner: User, reviewer: User) -> list[Drawing]:
    """Ten drawings that may train."""
    User.objects.filter(pk=owner.pk).update(may_train=True)
    rng = np.random.default_rng(4)
    drawings = []
    for label in range(10):
        strokes = [np.round(100 * stroke, 2).tolist() for stroke in write_digit(label, rng=rng)]
        drawing = predictions.submit_strokes(user=owner, strokes=strokes)
        correction = reviews.correct_drawing(drawing=drawing, user=owner, text=str(label))
        decide(correction.drawing, reviewer, correction.text)
        drawings.append(drawing)
    return drawings


@pytest.fixture(autouse=True)
def _owner_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has which number: these tests are not about who is held out."""
    monkeypatch.setattr(writer_roles, "_group", lambda writer_id: 2)


def run_with(monkeypatch: pytest.MonkeyPatch, trained: Any) -> TrainingRun:
    monkeypatch.setattr(pipeline, "_train", trained)
    run = training_runs.start_run(trigger=TrainingRun.Trigger.COMMAND, force=True)
    return pipeline.train_run(run.pk)


def test_a_full_disk_is_named_and_nothing_changes(
    shipped: ModelVersion, reviewed: list[Drawing], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> bytes:
        raise OSError(errno.ENOSPC, "No space left on device")

    run = run_with(monkeypatch, full)
    assert (run.state, run.reason) == (State.FAILED, "It broke off: No space left on device.")
    assert model_versions.active_version() == shipped
    assert training_runs.start_run(trigger=TrainingRun.Trigger.COMMAND, force=True).state == State.RUNNING


def test_what_it_was_to_learn_from_is_written_down_first(
    shipped: ModelVersion, reviewed: list[Drawing], monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen: list[int] = []

    def look(*_: Any) -> bytes:
        frozen.append(TrainingSample.objects.count())
        raise RuntimeError("enough")

    run = run_with(monkeypatch, look)
    assert frozen == [10]
    assert len(run.manifest_hash) == 64
    assert {*run.samples.values_list("role", flat=True)} == {"train", "validate"}


def test_where_nothing_was_better_nothing_takes_over(
    shipped: ModelVersion, reviewed: list[Drawing], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_with(monkeypatch, lambda run, progress, champion, items: champion)
    assert run.state == State.REJECTED
    assert run.version is None
    assert model_versions.active_version() == shipped


def test_what_brings_forth_the_same_version_again_says_so(
    shipped: ModelVersion, reviewed: list[Drawing], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = register_another()

    def made(run: TrainingRun, *_: Any) -> bytes:
        run_of(State.REJECTED, version=known, manifest_hash=run.manifest_hash)
        return bytes(known.artifact)

    run = run_with(monkeypatch, made)
    first = TrainingRun.objects.get(version=known)
    assert run.state == State.REJECTED
    assert run.reason == f"Nothing changed: it made {known} of {first} again."


def test_what_is_made_again_is_judged_anew_where_other_drawings_judge(
    shipped: ModelVersion, reviewed: list[Drawing], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = register_another(parent=shipped)
    first = run_of(State.CANDIDATE, version=known, manifest_hash="of other drawings")
    monkeypatch.setattr(pipeline.Comparison, "verdict", lambda *_, **__: {"passed": False, "gates": []})
    run = run_with(monkeypatch, lambda *_: bytes(known.artifact))
    first.refresh_from_db()
    assert (run.version, first.version) == (known, None)
    assert first.state == State.REJECTED
    assert first.reason == f"Run {run.pk} made the same version again, and judged it anew."


def test_losses_are_counted_from_the_version_that_all_began_with(shipped: ModelVersion) -> None:
    second = register_another("second", parent=shipped)
    third = register_another("third", parent=second)
    began = pipeline._ancestor_of(third)
    assert began
    assert began.version == Reader.open(SHIPPED).version
    assert pipeline._ancestor_of(shipped) is None


@pytest.mark.slow
def test_a_version_is_judged_beside_the_one_that_all_began_with_too(
    shipped: ModelVersion, reviewed: list[Drawing], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = regression_sets.regression_sets(sizes=regression_sets.SetSizes(digits=1, numbers=1, photos=1, junk=1))
    monkeypatch.setattr(regression_sets, "regression_sets", lambda data: few)
    second = register_another("second", parent=shipped)
    model_versions.promote_version(version=second, instead_of=shipped, kind=Promotion.Kind.CHOSEN)
    run = run_with(monkeypatch, lambda *_: another_artifact("third"))
    [drift] = [gate for gate in run.verdict["gates"] if gate["name"] == "drift"]
    assert drift["passed"]
    assert drift["figures"]["first"] == Reader.open(SHIPPED).version
    assert (run.base, run.version.parent) == (second, second)


def test_a_drawing_that_is_deleted_meanwhile_is_set_aside(
    shipped: ModelVersion, reviewed: list[Drawing], monkeypatch: pytest.MonkeyPatch
) -> None:
    within_caps = dataset.within_caps

    gone = reviewed[0].pk

    def deleting(samples: dataset.Dataset) -> dataset.Dataset:
        Drawing.objects.filter(pk=gone).delete()
        return within_caps(samples)

    monkeypatch.setattr(dataset, "within_caps", deleting)
    run = run_with(monkeypatch, lambda run, progress, champion, items: champion)
    aside = run.samples.exclude(reason="")
    assert [*aside.values_list("drawing_id", "reason")] == [(gone, "It is gone.")]


def test_a_database_that_is_busy_does_not_end_the_lease(monkeypatch: pytest.MonkeyPatch, settings) -> None:
    settings.TRAINING_LEASE = 0.04
    pulses: list[int] = []

    def keep_alive(*, run_id: int) -> None:
        pulses.append(run_id)
        raise OperationalError("database is locked")

    monkeypatch.setattr(training_runs, "keep_alive", keep_alive)
    with pipeline._lease(7):
        deadline = time.monotonic() + 30
        while len(pulses) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert pulses[:3] == [7, 7, 7]


def test_a_trainer_that_was_given_up_stops(
    shipped: ModelVersion, reviewed: list[Drawing], monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_late(run: TrainingRun, progress: Any, champion: bytes, items: Any) -> bytes:
        TrainingRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        training_runs.reap_runs()
        return champion + b"."

    with pytest.raises(training_runs.RunLost):
        run_with(monkeypatch, too_late)
    assert TrainingRun.objects.get().reason == "The trainer stopped in the middle of it."
    assert ModelVersion.objects.count() == 1


def test_a_damaged_champion_is_named(
    shipped: ModelVersion, reviewed: list[Drawing], monkeypatch: pytest.MonkeyPatch
) -> None:
    ModelVersion.objects.update(signature="0" * 64)
    run = run_with(monkeypatch, lambda *_: b"")
    assert run.state == State.FAILED
    assert "was not signed" in run.reason


def test_a_corrupt_drawing_is_set_aside_and_the_rest_trains(
    shipped: ModelVersion, reviewed: list[Drawing], monkeypatch: pytest.MonkeyPatch
) -> None:
    Drawing.objects.filter(pk=reviewed[0].pk).update(strokes=[[["?", 1]]])
    run = run_with(monkeypatch, lambda run, progress, champion, items: champion)
    assert run.samples.get(drawing_id=reviewed[0].pk).reason.startswith("It is damaged")
    assert run.samples.filter(role="set_aside").count() == 1


def test_without_anything_to_learn_from_it_is_skipped(shipped: ModelVersion) -> None:
    run = training_runs.start_run(trigger=TrainingRun.Trigger.COMMAND, force=True)
    ended = pipeline.train_run(run.pk)
    assert ended.state == State.SKIPPED
    assert ended.reason.startswith("Too little of what was reviewed can train")


def test_without_an_active_version_it_says_what_to_do(db: None) -> None:
    run = training_runs.start_run(trigger=TrainingRun.Trigger.COMMAND, force=True)
    assert "register_model" in pipeline.train_run(run.pk).reason


def test_a_dry_run_writes_nothing(shipped: ModelVersion, reviewed: list[Drawing], capsys) -> None:
    call_command("retrain", "--dry-run", "--json")
    assert '"train": 8' in capsys.readouterr().out
    assert not TrainingRun.objects.exists()


def test_the_command_fails_where_the_run_failed(
    shipped: ModelVersion, reviewed: list[Drawing], monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    def broken(*_: Any) -> bytes:
        raise RuntimeError("no")

    monkeypatch.setattr(pipeline, "_train", broken)
    with pytest.raises(SystemExit):
        call_command("retrain", "--force", "--json")
    assert '"state": "failed"' in capsys.readouterr().out
