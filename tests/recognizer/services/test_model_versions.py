"""Registering versions and making one active."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from ml.inference.artifact import ArtifactError
from ml.inference.reader import SHIPPED
from recognizer.models import ModelVersion, Promotion
from recognizer.services import model_versions


def test_the_shipped_version_becomes_active_once(db: None) -> None:
    for _ in range(2):
        call_command("register_model", verbosity=0)
    version = ModelVersion.objects.get()
    assert version.active
    assert bytes(version.artifact) == SHIPPED.read_bytes()
    assert version.card


def test_a_newer_shipped_version_replaces_an_older_one(version: ModelVersion) -> None:
    newer, active = model_versions.install_shipped()
    assert active
    assert ModelVersion.objects.get(active=True) == newer


def test_who_went_back_from_it_is_not_overruled_by_the_next_start(version: ModelVersion) -> None:
    model_versions.install_shipped()
    model_versions.rollback()
    newer, active = model_versions.install_shipped()
    assert not active
    assert model_versions.active_version() == version != newer


def test_a_version_that_was_trained_here_stays(version: ModelVersion) -> None:
    ModelVersion.objects.update(origin="trained")
    _, active = model_versions.install_shipped()
    assert not active
    assert ModelVersion.objects.get(active=True) == version


def test_an_artifact_that_cannot_be_opened_is_not_registered(db: None) -> None:
    with pytest.raises(ArtifactError):
        model_versions.register_version(artifact=b"no zip", origin=ModelVersion.Origin.TRAINED)
    assert not ModelVersion.objects.exists()


def test_who_looked_too_early_does_not_promote(version: ModelVersion) -> None:
    others = [ModelVersion.objects.create(sha256=c * 64, artifact=b"", origin="trained") for c in "12"]
    model_versions.promote_version(version=others[0], instead_of=version, kind=Promotion.Kind.CHOSEN)
    with pytest.raises(ValidationError):
        model_versions.promote_version(version=others[1], instead_of=version, kind=Promotion.Kind.CHOSEN)
    assert ModelVersion.objects.get(active=True) == others[0]
