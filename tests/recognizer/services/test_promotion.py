"""Who reads: promotions, going back, and what is kept of old versions."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import User
from recognizer.models import ModelVersion, Promotion, TrainingRun
from recognizer.models.model_version import BrokenArtifact, sign
from recognizer.services import model_versions, training_runs
from tests.conftest import register_another

Kind = Promotion.Kind


@pytest.fixture
def shipped(db: None) -> ModelVersion:
    version, active = model_versions.install_shipped()
    assert active
    return version


def promote(version: ModelVersion, kind: Promotion.Kind = Kind.CHOSEN, **more: object) -> Promotion:
    return model_versions.promote_version(
        version=version, instead_of=model_versions.active_version(), kind=kind, **more
    )


def test_a_promotion_is_written_down(shipped: ModelVersion, reviewer: User) -> None:
    other = register_another()
    promotion = promote(other, by=reviewer, reason="reads my sevens")
    assert model_versions.active_version() == other
    assert (promotion.version, promotion.replaced, promotion.by) == (other, shipped, reviewer)


def test_going_back_and_no_further(shipped: ModelVersion) -> None:
    second, third = register_another("second"), register_another("third")
    promote(second)
    promote(third)
    assert model_versions.rollback().version == second
    assert model_versions.rollback().version == shipped
    with pytest.raises(ValidationError, match="no version to go back to"):
        model_versions.rollback()
    assert model_versions.active_version() == shipped


def test_going_back_twice_from_one_version_happens_once(shipped: ModelVersion) -> None:
    second, third = register_another("second"), register_another("third")
    promote(second)
    promote(third)
    model_versions.rollback(seen=third.pk)
    with pytest.raises(ValidationError, match="reads by now"):
        model_versions.rollback(seen=third.pk)
    assert model_versions.active_version() == second


def test_after_going_back_another_promotion_can_be_taken_back(shipped: ModelVersion) -> None:
    second = register_another("second")
    promote(second)
    model_versions.rollback()
    promote(second)
    assert model_versions.rollback().version == shipped


def test_the_artifact_is_opened_only_as_it_was_stored(shipped: ModelVersion) -> None:
    assert sign(shipped.checked_artifact()) == shipped.signature
    shipped.signature = "0" * 64
    with pytest.raises(BrokenArtifact, match="secret"):
        shipped.checked_artifact()
    shipped.artifact = bytes(shipped.artifact) + b"."
    with pytest.raises(BrokenArtifact, match="changed"):
        shipped.checked_artifact()
    shipped.artifact = None
    with pytest.raises(BrokenArtifact, match="pruned"):
        shipped.checked_artifact()


def test_registering_the_shipped_version_again_signs_it_anew(shipped: ModelVersion, settings) -> None:
    settings.SECRET_KEY = "another secret " * 4
    with pytest.raises(BrokenArtifact):
        shipped.checked_artifact()
    model_versions.install_shipped()
    shipped.refresh_from_db()
    assert shipped.checked_artifact()
    assert ModelVersion.objects.count() == 1


def test_a_pruned_version_cannot_read(shipped: ModelVersion) -> None:
    other = register_another(artifact=None, signature="")
    with pytest.raises(ValidationError, match="pruned"):
        promote(other)
    assert model_versions.active_version() == shipped
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.filter(active=True).update(artifact=None)


def test_old_artifacts_go_and_their_cards_stay(shipped: ModelVersion, settings) -> None:
    settings.TRAINING_KEPT_VERSIONS = 1
    old, previous, active, waiting, newest = (register_another(name) for name in "abcde")
    promote(previous)
    promote(active)
    run = training_runs.start_run(trigger=TrainingRun.Trigger.COMMAND, force=True)
    training_runs.take_run(run_id=run.pk)
    training_runs.end_run(run_id=run.pk, state=TrainingRun.State.CANDIDATE, reason="waits")
    TrainingRun.objects.filter(pk=run.pk).update(version=waiting)
    assert model_versions.prune_versions() == 1
    old.refresh_from_db()
    assert old.artifact is None
    assert old.card
    kept = {*ModelVersion.objects.kept().values_list("pk", flat=True)}
    assert kept == {v.pk for v in (shipped, previous, active, waiting, newest)}
    assert model_versions.prune_versions() == 0


def test_the_version_that_others_descend_from_stays(shipped: ModelVersion, settings) -> None:
    settings.TRAINING_KEPT_VERSIONS = 0
    root = register_another("root")
    child = register_another("child", parent=root)
    assert model_versions.prune_versions() == 1
    assert {*ModelVersion.objects.kept()} == {shipped, root}
    assert not ModelVersion.objects.kept().filter(pk=child.pk).exists()


def test_a_version_that_did_not_pass_must_be_forced_with_a_reason(shipped: ModelVersion, reviewer: User) -> None:
    other = register_another()
    with pytest.raises(ValidationError, match="did not pass"):
        training_runs.promote_version(version=other, by=reviewer, reason="because")
    with pytest.raises(ValidationError, match="Say why"):
        training_runs.promote_version(version=other, by=reviewer, force=True, reason=" ")
    promotion = training_runs.promote_version(version=other, by=reviewer, force=True, reason="an emergency")
    assert (promotion.kind, promotion.reason, promotion.by) == (Kind.FORCED, "an emergency", reviewer)


def test_one_that_has_read_before_is_chosen_without_force(shipped: ModelVersion) -> None:
    promote(register_another())
    assert training_runs.promote_version(version=shipped, by=None).kind == Kind.CHOSEN


def test_what_reads_already_is_not_promoted(shipped: ModelVersion) -> None:
    with pytest.raises(ValidationError):
        promote(shipped)
    assert model_versions.active_version() == shipped
