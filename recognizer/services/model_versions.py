"""Every write of model versions: register, promote, roll back, record trouble, prune."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from recognizer.models import ModelVersion, Promotion, ShadowReading
from recognizer.models.model_version import sign

if TYPE_CHECKING:
    from accounts.models import User

_ALARM = timedelta(minutes=3)  # a worker that can't open a version reports it more often than this


def card_of(artifact: bytes) -> dict[str, Any]:
    """The card of an artifact, after the reader could open it. Raises `ml.inference.artifact.ArtifactError`."""
    from ml.inference.reader import Reader

    return Reader.open(artifact).card


def register_version(
    *,
    artifact: bytes,
    origin: ModelVersion.Origin,
    parent: ModelVersion | None = None,
    card: dict[str, Any] | None = None,
) -> tuple[ModelVersion, bool]:
    """Store and sign an artifact once; returns its row and whether the row is new.

    `card` is what `card_of` gave. Callers inside a transaction pass it, because opening the artifact takes a
    moment. Raises `ml.inference.artifact.ArtifactError`.
    """
    sha256 = hashlib.sha256(artifact).hexdigest()
    stored = {"artifact": artifact, "signature": sign(artifact), "card": card or card_of(artifact)}
    version, new = ModelVersion.objects.get_or_create(
        sha256=sha256, defaults={**stored, "origin": origin, "parent": parent}
    )
    if not new:  # the same bytes, signed with any secret, pruned or not
        ModelVersion.objects.filter(pk=version.pk).update(**stored)
        version.refresh_from_db()
    return version, new


@transaction.atomic
def promote_version(
    *,
    version: ModelVersion,
    instead_of: ModelVersion | None,
    kind: Promotion.Kind,
    by: User | None = None,
    reason: str = "",
) -> Promotion:
    """Make `version` the active one.

    Raises ValidationError if `instead_of` is no longer active, the artifact is gone, or a promotion against the
    gates gives no reason.
    """
    if kind == Promotion.Kind.FORCED and not reason.strip():
        raise ValidationError("Say why: this version did not pass all gates against the one that reads.")
    if instead_of is not None and instead_of.pk == version.pk:
        raise ValidationError(f"{version} reads already.")
    _retire(instead_of)
    if not ModelVersion.objects.kept().filter(pk=version.pk, active=False).update(active=True):
        raise ValidationError(f"{version} cannot read: its artifact was pruned.")
    return Promotion.objects.create(version=version, replaced=instead_of, kind=kind, by=by, reason=reason[:300])


def _retire(version: ModelVersion | None) -> None:
    """Deactivate a version. The second of two promotions at once finds another version active, and fails."""
    if version is None:
        if ModelVersion.objects.filter(active=True).exists():
            raise ValidationError("Another version is active. Look again, then decide.")
        return
    if not ModelVersion.objects.filter(pk=version.pk, active=True).update(active=False):
        raise ValidationError(f"{version} is no longer the active version. Look again, then decide.")


def rollback(*, by: User | None = None, reason: str = "", seen: int | None = None) -> Promotion:
    """Go back to the version that the active one replaced.

    `seen` is the number of the version that the caller knows as active: a second click then changes nothing.
    Raises ValidationError if there is no version to go back to, or another one is active.
    """
    active = active_version()
    refuse_unseen(active, seen)
    before = previous_version()
    if active is None or before is None:
        raise ValidationError("There is no version to go back to.")
    return promote_version(version=before, instead_of=active, kind=Promotion.Kind.ROLLBACK, by=by, reason=reason)


def refuse_unseen(active: ModelVersion | None, seen: int | None) -> None:
    """Raise ValidationError unless version number `seen` is still the active one. None is not checked."""
    if seen is not None and (active is None or active.pk != seen):
        raise ValidationError(f"{active or 'No version'} reads by now. Look again, then decide.")


def active_version() -> ModelVersion | None:
    """The active version, without its artifact."""
    return ModelVersion.objects.light().filter(active=True).first()


def previous_version() -> ModelVersion | None:
    """The version that a rollback would make active: the one that the active version replaced by promotion."""
    active = active_version()
    taken_over = Promotion.objects.filter(version=active).exclude(kind=Promotion.Kind.ROLLBACK)
    last = taken_over.filter(replaced__artifact__isnull=False).order_by("-id").first()
    if active is None or last is None or last.replaced_id is None or last.replaced_id == active.pk:
        return None
    return ModelVersion.objects.light().get(pk=last.replaced_id)


def install_shipped() -> tuple[ModelVersion, bool]:
    """Register the version that the program ships; returns it and whether it is active now.

    It becomes active if no version is, or once if an older shipped version is active, but never instead of a
    version that was trained here: with that it is compared (`training_runs.start_comparison`). If somebody rolls
    back from it, the next start does not promote it again.
    """
    from ml.inference.reader import SHIPPED

    version, _ = register_version(artifact=SHIPPED.read_bytes(), origin=ModelVersion.Origin.SHIPPED)
    active = active_version()
    older = active is not None and active.origin == ModelVersion.Origin.SHIPPED and active.pk < version.pk
    if active is None or (older and not version.promotions.exists()):
        try:
            promote_version(version=version, instead_of=active, kind=Promotion.Kind.INSTALLED)
        except ValidationError:  # another host was quicker
            active = active_version()
        else:
            return version, True
    return version, active is not None and active.pk == version.pk


def record_trouble(*, version_id: int, why: str) -> None:
    """Record for the status page that a worker could not open this version."""
    ModelVersion.objects.filter(pk=version_id).update(trouble=why[:300], trouble_at=timezone.now())


def clear_trouble(*, version_id: int) -> None:
    """Record that a worker could open this version. Other workers that can't have _ALARM to say so again."""
    quiet = ModelVersion.objects.filter(pk=version_id, trouble_at__lt=timezone.now() - _ALARM)
    quiet.update(trouble="", trouble_at=None)


@transaction.atomic
def prune_versions() -> int:
    """Drop old artifacts, and keep their cards; returns how many.

    The artifacts of these versions stay: active, previous, shipped, waiting for promotion, the first ancestors
    (gates compare with them), and the newest TRAINING_KEPT_VERSIONS of the others.
    """
    keep = {version.pk for version in (active_version(), previous_version()) if version is not None}
    stay = Q(run__state="candidate") | Q(parent=None, children__isnull=False)
    keep |= {*ModelVersion.objects.filter(stay).values_list("pk", flat=True)}
    trained = ModelVersion.objects.kept().filter(origin=ModelVersion.Origin.TRAINED).exclude(pk__in=keep)
    old = list(trained.order_by("-id").values_list("pk", flat=True)[settings.TRAINING_KEPT_VERSIONS :])
    ShadowReading.objects.filter(model_version__in=old).delete()
    return ModelVersion.objects.filter(pk__in=old, active=False).update(artifact=None, signature="")
