"""Training runs, and the drawings that each of them used."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Case, Count, F, Q, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from recognizer.models.drawing import in_words


class TrainingRunQuerySet(models.QuerySet["TrainingRun"]):
    def running(self) -> TrainingRunQuerySet:
        return self.filter(state=TrainingRun.State.RUNNING)

    def abandoned(self) -> TrainingRunQuerySet:
        """Running runs whose lease has expired."""
        return self.running().filter(lease_until__lt=timezone.now())

    def at_the_trainer(self) -> TrainingRunQuerySet:
        """The run that the training worker is busy with; a command trains in a process of its own."""
        taken = self.running().filter(started_at__isnull=False, lease_until__gte=timezone.now())
        return taken.exclude(trigger=TrainingRun.Trigger.COMMAND)

    def trained(self) -> TrainingRunQuerySet:
        """Runs that made a version."""
        return self.filter(version__isnull=False)

    def that_made(self, artifact: bytes, manifest_hash: str) -> TrainingRun | None:
        """The run that made this version, whose artifact is kept, and judged it by the same drawings."""
        same = self.filter(manifest_hash=manifest_hash, version__artifact__isnull=False)
        return same.light().filter(version__sha256=hashlib.sha256(artifact).hexdigest()).first()

    def light(self) -> TrainingRunQuerySet:
        """With requester and version, without long fields: verdict, losses, artifact."""
        joined = self.select_related("requested_by", "version")
        return joined.defer("verdict", "losses", "version__artifact", "version__card")

    def undecided_first(self) -> TrainingRunQuerySet:
        """First the candidates that wait for a decision; the newest first."""
        waits = Case(When(state=TrainingRun.State.CANDIDATE, then=0), default=1)
        return self.order_by(waits, "-id")


class TrainingRun(models.Model):
    """One attempt to get a better version, also one that was skipped.

    It trains one, or it only compares a `challenger` that came with the program.
    """

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", _("schedule")
        BUTTON = "button", _("button")
        COMMAND = "command", _("command")
        API = "api", _("API")
        UPDATE = "update", _("update of the program")

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        SKIPPED = "skipped", _("skipped")
        REJECTED = "rejected", _("rejected")
        CANDIDATE = "candidate", _("waits for promotion")
        PROMOTED = "promoted", _("promoted")
        FAILED = "failed", _("failed")

    trigger = models.CharField(max_length=10, choices=Trigger)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="training_runs"
    )
    slot = models.CharField(
        max_length=40, null=True, blank=True, unique=True, help_text=_("of the schedule; one run a slot")
    )
    force = models.BooleanField(default=False, help_text=_("also if there is little or nothing new"))
    from_scratch = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    reason = models.CharField(max_length=300, blank=True, help_text=_("why it ended as it did"))
    stage = models.CharField(max_length=60, blank=True)
    progress = models.JSONField(
        default=dict, blank=True, help_text=_("of the stage: epoch, epochs, loss, seconds_left")
    )
    losses = models.JSONField(default=list, blank=True, help_text=_("[stage, epoch, loss], in order"))
    seconds = models.JSONField(default=dict, blank=True, help_text=_("what each stage took"))
    seed = models.PositiveIntegerField(default=1)
    manifest_hash = models.CharField(max_length=64, blank=True)
    base = models.ForeignKey(
        "recognizer.ModelVersion", on_delete=models.SET_NULL, null=True, blank=True, related_name="runs_from"
    )
    challenger = models.ForeignKey(
        "recognizer.ModelVersion",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="comparisons",
        help_text=_("came with the program, and is compared with the base without a training"),
    )
    version = models.OneToOneField(
        "recognizer.ModelVersion", on_delete=models.SET_NULL, null=True, blank=True, related_name="run"
    )
    verdict = models.JSONField(default=dict, blank=True, help_text=_("the gates, with their figures"))
    peak_memory = models.PositiveIntegerField(null=True, blank=True, help_text=_("of the trainer, in MiB"))
    lease_until = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = TrainingRunQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("start_trainingrun", "Can start a training run")]
        constraints = [
            models.UniqueConstraint("state", condition=Q(state="running"), name="one_running_training"),
            models.CheckConstraint(
                condition=Q(state__in=["running", "skipped", "rejected", "candidate", "promoted", "failed"]),
                name="training_state_known",
            ),
            models.CheckConstraint(
                condition=Q(trigger__in=["schedule", "button", "command", "api", "update"]),
                name="training_trigger_known",
            ),
            models.UniqueConstraint(
                fields=["base", "challenger"],
                condition=Q(challenger__isnull=False) & ~Q(state="failed"),
                name="one_comparison_a_pair",
            ),
            models.CheckConstraint(
                condition=Q(state="running", finished_at=None) | ~Q(state="running") & ~Q(finished_at=None),
                name="training_ended_or_running",
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("recognizer:training_run", args=[self.pk])

    @property
    def is_over(self) -> bool:
        return self.state != self.State.RUNNING

    @property
    def duration(self) -> timedelta | None:
        """From its start to its end, or until now."""
        return (self.finished_at or timezone.now()) - self.started_at if self.started_at else None


class TrainingSampleQuerySet(models.QuerySet["TrainingSample"]):
    def trained(self) -> TrainingSampleQuerySet:
        """Samples that a version was trained or validated on."""
        return self.filter(role__in=[TrainingSample.Role.TRAIN, TrainingSample.Role.VALIDATE])

    def compared(self) -> TrainingSampleQuerySet:
        """Samples that both versions have read."""
        return self.exclude(after_state="")

    def fixed(self) -> TrainingSampleQuerySet:
        """Misread before, right after."""
        return self.compared().filter(right_before=False, right_after=True)

    def broken(self) -> TrainingSampleQuerySet:
        """Right before, misread after."""
        return self.compared().filter(right_before=True, right_after=False)

    def both_wrong(self) -> TrainingSampleQuerySet:
        """Misread by both."""
        return self.compared().filter(right_before=False, right_after=False)

    def set_aside(self) -> TrainingSampleQuerySet:
        return self.filter(role=TrainingSample.Role.SET_ASIDE)

    def tally(self) -> dict[str, int]:
        """How many samples have each role, were compared, fixed, broken, and misread by both; one query."""
        roles = {role: Count("pk", filter=Q(role=role)) for role in TrainingSample.Role.values}
        compared = ~Q(after_state="")
        return self.aggregate(
            **roles,
            compared=Count("pk", filter=compared),
            fixed=Count("pk", filter=compared & Q(right_before=False, right_after=True)),
            broken=Count("pk", filter=compared & Q(right_before=True, right_after=False)),
            both_wrong=Count("pk", filter=compared & Q(right_before=False, right_after=False)),
        )

    def reasons(self) -> list[tuple[str, int]]:
        """(reason, count) of the samples that were set aside, the most frequent first."""
        counted = self.set_aside().order_by().values_list("reason").annotate(n=Count("pk"))
        return list(counted.order_by("-n", "reason"))

    def of_drawings(self, ids: Iterable[UUID]) -> TrainingSampleQuerySet:
        """Samples of finished runs, with run and version: first of the active version, then of the newest run."""
        over = self.filter(drawing_id__in=ids).exclude(run__state=TrainingRun.State.RUNNING)
        light = over.select_related("run__version").defer(
            "run__verdict", "run__losses", "run__version__artifact", "run__version__card"
        )
        return light.order_by(F("run__version__active").desc(nulls_last=True), "-run_id")

    def by_active(self) -> TrainingSampleQuerySet:
        """Samples of the run that made the active version."""
        return self.filter(run__version__active=True)


class TrainingSample(models.Model):
    """A reviewed drawing in the manifest of a run. All samples are the ledger of what each version was trained on.

    A sample keeps the id of the drawing and no ink, so that it outlives the drawing.
    """

    class Role(models.TextChoices):
        TRAIN = "train", _("trained on")
        VALIDATE = "validate", _("chose between weights")
        HELD_OUT = "held_out", _("examined; its writer never trains")
        SET_ASIDE = "set_aside", _("set aside")

    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="samples")
    drawing_id = models.UUIDField(db_index=True)
    writer_id = models.BigIntegerField(help_text=_("number of the user, also after they have gone"))
    review_id = models.BigIntegerField(help_text=_("number of the review that accepted the text"))
    text = models.CharField(max_length=1000, blank=True, help_text=_("empty: not a number"))
    role = models.CharField(max_length=10, choices=Role)
    reason = models.CharField(max_length=200, blank=True, help_text=_("why it was set aside"))
    before_state = models.CharField(max_length=12, blank=True, help_text=_("as the older version read it"))
    before = models.TextField(blank=True)
    after_state = models.CharField(max_length=12, blank=True, help_text=_("as the new version read it"))
    after = models.TextField(blank=True)
    right_before = models.BooleanField(default=False)
    right_after = models.BooleanField(default=False)

    objects = TrainingSampleQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index("run", "role", name="sample_role")]
        constraints = [
            models.UniqueConstraint(fields=["run", "drawing_id"], name="one_sample_a_drawing"),
            models.CheckConstraint(
                condition=Q(role__in=["train", "validate", "held_out"], reason="")
                | Q(role="set_aside") & ~Q(reason=""),
                name="sample_set_aside_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.drawing_id} as {self.text or 'not a number'}"

    @property
    def read_before(self) -> str:
        """The reading of the older version, in one line for people."""
        return in_words(self.before_state, self.before)

    @property
    def read_after(self) -> str:
        """The reading of the new version, in one line for people."""
        return in_words(self.after_state, self.after)

    @property
    def change(self) -> str:
        """ "fixed", "broken", or "" where both read alike."""
        if self.right_before == self.right_after:
            return ""
        return "fixed" if self.right_after else "broken"
