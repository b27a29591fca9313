"""Model versions: how one comes in and how one becomes active."""

from __future__ import annotations

import hashlib

from django.core.exceptions import ValidationError
from django.db import transaction

from recognizer.models import ModelVersion


def register_version(*, artifact: bytes, origin: ModelVersion.Origin) -> tuple[ModelVersion, bool]:
    """Store an artifact, once; returns its row and whether it is new. Raises `ml.artifact.ArtifactError`."""
    from ml.reader import Reader

    sha256 = hashlib.sha256(artifact).hexdigest()
    card = Reader.open(artifact).card  # opened before it is believed
    return ModelVersion.objects.get_or_create(
        sha256=sha256, defaults={"artifact": artifact, "card": card, "origin": origin}
    )


@transaction.atomic
def activate_version(*, version: ModelVersion, instead_of: ModelVersion | None) -> None:
    """Make `version` the active one. Raises ValidationError if `instead_of` is no longer active."""
    if instead_of is not None:
        replaced = ModelVersion.objects.filter(pk=instead_of.pk, active=True).update(active=False)
        if not replaced:
            raise ValidationError(f"{instead_of} is no longer the active version. Look again, then decide.")
    ModelVersion.objects.filter(pk=version.pk).update(active=True)


def install_shipped() -> tuple[ModelVersion, bool]:
    """Register the version that the program ships; returns it and whether it is active now.

    It takes over from nothing and from an older shipped one, never from one that was trained here.
    """
    from ml.reader import SHIPPED

    version, _new = register_version(artifact=SHIPPED.read_bytes(), origin=ModelVersion.Origin.SHIPPED)
    active = ModelVersion.objects.filter(active=True).defer("artifact").first()
    if active is None or (active.origin == ModelVersion.Origin.SHIPPED and active.pk < version.pk):
        activate_version(version=version, instead_of=active)
        return version, True
    return version, active.pk == version.pk
