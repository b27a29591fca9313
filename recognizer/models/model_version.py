"""Model versions, and the promotions that made each of them active."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from django.conf import settings
from django.db import models
from django.db.models import ExpressionWrapper, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from recognizer.models.training_run import TrainingSample

_SALT = "recognizer.artifact"


class BrokenArtifact(ValueError):
    """The artifact was pruned, or is not the one that this site has stored."""


def sign(artifact: bytes) -> str:
    """HMAC-SHA-256 of an artifact with the site's secret, 64 hexadecimal digits."""
    return next(_signatures(artifact))


def _signatures(artifact: bytes) -> Iterator[str]:
    """With the present secret, then with those that it replaced."""
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield salted_hmac(_SALT, artifact, secret=secret, algorithm="sha256").hexdigest()


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def light(self) -> ModelVersionQuerySet:
        """Without the artifacts, which have a megabyte each."""
        return self.defer("artifact")

    def kept(self) -> ModelVersionQuerySet:
        """Versions whose artifact was not pruned."""
        return self.filter(artifact__isnull=False)

    def with_story(self) -> ModelVersionQuerySet:
        """Without long fields; with run and promotions, and annotated with three facts; two queries.

        `drawings` is how many drawings it learned from, `gates` are the gates that judged it as JSON, `can_read`
        is whether its artifact is kept.
        """
        learned = TrainingSample.objects.trained().filter(run__version=OuterRef("pk")).order_by()
        drawings = learned.values("run").annotate(n=models.Count("pk")).values("n")
        long = ["artifact", "card", "run__verdict", "run__losses"]
        return (
            self.select_related("run")
            .defer(*long)
            .annotate(
                drawings=Coalesce(Subquery(drawings), 0),
                gates=F("run__verdict__gates"),
                can_read=ExpressionWrapper(Q(artifact__isnull=False), models.BooleanField()),
            )
            .prefetch_related(models.Prefetch("promotions", Promotion.objects.select_related("by")))
        )


class ModelVersion(models.Model):
    """One trained artifact. It is stored in the database, so that every worker on every host has it."""

    class Origin(models.TextChoices):
        SHIPPED = "shipped", _("came with the program")
        TRAINED = "trained", _("trained here")

    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    signature = models.CharField(
        max_length=64, blank=True, editable=False, help_text=_("HMAC of the artifact with the site's secret")
    )
    artifact = models.BinaryField(null=True, help_text=_("empty: pruned, only the card is kept"))
    card = models.JSONField(
        default=dict, help_text=_("What the artifact says of itself: data, figures, thresholds.")
    )
    origin = models.CharField(max_length=10, choices=Origin)
    parent = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="children",
        help_text=_("the version that training started from"),
    )
    active = models.BooleanField(default=False)
    trouble = models.CharField(max_length=300, blank=True, help_text=_("why a worker could not open it"))
    trouble_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("promote_modelversion", "Can promote a model version, and go back")]
        constraints = [
            models.UniqueConstraint("active", condition=Q(active=True), name="one_active_version"),
            models.CheckConstraint(condition=Q(origin__in=["shipped", "trained"]), name="version_origin_known"),
            models.CheckConstraint(
                condition=Q(active=False) | Q(artifact__isnull=False), name="active_version_has_artifact"
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.pk} ({self.sha256[:8]})"

    def checked_artifact(self) -> bytes:
        """The artifact, if its SHA-256 and its HMAC match. Raises BrokenArtifact."""
        if self.artifact is None:
            raise BrokenArtifact(f"The artifact of {self} was pruned; only its card is kept.")
        artifact = bytes(self.artifact)
        if hashlib.sha256(artifact).hexdigest() != self.sha256:
            raise BrokenArtifact(f"The artifact of {self} has changed since it was stored.")
        if not any(constant_time_compare(self.signature, signature) for signature in _signatures(artifact)):
            raise BrokenArtifact(f"The artifact of {self} was not signed with the secret of this site.")
        return artifact


class Promotion(models.Model):
    """One version became active instead of another. Rollbacks follow this log, and nobody edits it."""

    class Kind(models.TextChoices):
        INSTALLED = "installed", _("installed with the program")
        AUTOMATIC = "automatic", _("passed all gates")
        CHOSEN = "chosen", _("chosen by a person")
        FORCED = "forced", _("forced against the gates")
        ROLLBACK = "rollback", _("went back")

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="promotions")
    replaced = models.ForeignKey(
        ModelVersion, on_delete=models.SET_NULL, null=True, blank=True, related_name="replacements"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="promotions"
    )
    reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["installed", "automatic", "chosen", "forced", "rollback"]),
                name="promotion_kind_known",
            ),
            models.CheckConstraint(condition=~Q(kind="forced") | ~Q(reason=""), name="forced_promotion_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.get_kind_display()}"
