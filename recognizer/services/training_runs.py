"""Every write of a training run: how it starts, lives and ends.

One run trains at a time; a constraint holds that. The trainer holds the run by a lease that it prolongs. A run
whose lease has expired is given up. If its trainer still lives, it can change nothing more: each of its writes is
conditional on the state of the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from recognizer.models import ModelVersion, Promotion, Review, TrainingRun, TrainingSample
from recognizer.services import model_versions

if TYPE_CHECKING:
    from accounts.models import User

State = TrainingRun.State


class RunLost(Exception):
    """The run was given up or ended by somebody else: its trainer must stop, and change nothing."""


@dataclass
class RunFigures:
    """What a run took: seconds of each stage, losses as (stage, epoch, mean loss), peak memory in MiB."""

    seconds: dict[str, float] = field(default_factory=dict)
    losses: list[tuple[str, int, float]] = field(default_factory=list)
    peak_memory: int | None = None

    def as_fields(self) -> dict[str, Any]:
        return {"seconds": self.seconds, "losses": self.losses, "peak_memory": self.peak_memory}


def start_run(
    *,
    trigger: TrainingRun.Trigger,
    requested_by: User | None = None,
    force: bool = False,
    from_scratch: bool = False,
    slot: str | None = None,
) -> TrainingRun:
    """A run that waits for its trainer, or one that was skipped and says why.

    Raises ValidationError while another runs, or if the slot of the schedule was used.
    """
    reap_runs()
    why = "" if force else nothing_new()
    ended = {"state": State.SKIPPED, "reason": why, "finished_at": timezone.now()} if why else {}
    try:
        return _create_run(
            trigger=trigger, requested_by=requested_by, force=force, from_scratch=from_scratch, slot=slot, **ended
        )
    except IntegrityError as error:
        if slot and TrainingRun.objects.filter(slot=slot).exists():
            raise ValidationError(f"There was a run for {slot} already.") from error
        running = TrainingRun.objects.running().first()
        message = f"{running or 'Another run'} is under way. One trains at a time."
        raise ValidationError(message) from error


def _create_run(**fields: Any) -> TrainingRun:
    """A run that may wait for its trainer for a while. Raises IntegrityError while another one runs."""
    with transaction.atomic():
        until = timezone.now() + timedelta(seconds=settings.TRAINING_QUEUE)
        return TrainingRun.objects.create(lease_until=until, **fields)


def start_comparison(*, retry: bool = False) -> TrainingRun | None:
    """A run that compares the newest shipped version with the active one, if that was trained here.

    None where nothing is to be compared, or another run is under way. A pair is compared once; with `retry` again
    if its comparison broke off. A shipped version that was ever active is not compared: people went back from it.
    """
    reap_runs()
    champion = model_versions.active_version()
    shipped = ModelVersion.objects.light().kept().filter(origin=ModelVersion.Origin.SHIPPED).first()
    if champion is None or champion.origin != ModelVersion.Origin.TRAINED:
        return None
    if shipped is None or shipped.promotions.exists():
        return None
    earlier = TrainingRun.objects.filter(base=champion, challenger=shipped)
    if (earlier.exclude(state=State.FAILED) if retry else earlier).exists():
        return None
    try:
        return _create_run(trigger=TrainingRun.Trigger.UPDATE, base=champion, challenger=shipped)
    except IntegrityError:  # another run is under way, or another host was quicker
        return None


def nothing_new() -> str:
    """Why a run is not worth its time; "" if enough drawings were reviewed since the last run that looked."""
    new, last = newly_reviewed()
    if new >= max(1, settings.TRAINING_LEAST_NEW):
        return ""
    since = f" since {last}" if last else ""
    if not new:
        return f"Nothing new was reviewed{since}."
    return f"Only {new} drawings were reviewed{since}; {settings.TRAINING_LEAST_NEW} are worth a run."


def newly_reviewed() -> tuple[int, TrainingRun | None]:
    """How many reviewed drawings no training has looked at, and the last one that looked.

    A shipped version that took over has learned from none of them, so all are new.
    """
    looked = TrainingRun.objects.exclude(state__in=[State.SKIPPED, State.FAILED])
    looked = looked.filter(Q(challenger=None) | Q(state=State.PROMOTED))
    last = looked.first()
    if last is not None and last.challenger_id is not None:
        last = None
    reviews = Review.objects.trainable()
    return (reviews.filter(created_at__gt=last.created_at) if last else reviews).count(), last


def take_run(*, run_id: int) -> TrainingRun:
    """Claim a run for this trainer; only the first message of several succeeds. Raises RunLost."""
    now = timezone.now()
    waiting = TrainingRun.objects.running().filter(pk=run_id, started_at=None)
    if not waiting.update(started_at=now, lease_until=now + timedelta(seconds=settings.TRAINING_LEASE)):
        raise RunLost(f"run {run_id} is not waiting for a trainer.")
    return TrainingRun.objects.get(pk=run_id)


def keep_alive(*, run_id: int) -> None:
    """Prolong the lease. Raises RunLost."""
    _update(run_id, lease_until=timezone.now() + timedelta(seconds=settings.TRAINING_LEASE))


def record_base(*, run_id: int, base: ModelVersion) -> None:
    """Record the version that the run starts from. Raises RunLost."""
    _update(run_id, base=base)


def record_stage(*, run_id: int, stage: str, seconds: Mapping[str, float]) -> None:
    """Record that a stage begins, and the seconds of the stages before. Raises RunLost."""
    _update(run_id, stage=stage, progress={}, seconds=dict(seconds))


def record_progress(*, run_id: int, progress: Mapping[str, Any], losses: Sequence[tuple[str, int, float]]) -> None:
    """Record a step of the stage, the fields of `ml.progress.Progress`, and all losses so far. Raises RunLost."""
    _update(run_id, progress=dict(progress), losses=list(losses))


def freeze_manifest(*, run_id: int, samples: Iterable[TrainingSample], manifest_hash: str) -> None:
    """Store the drawings of the run before anything is learned from them. Raises RunLost."""
    TrainingSample.objects.bulk_create(samples)
    _update(run_id, manifest_hash=manifest_hash)


def record_readings(*, samples: Iterable[TrainingSample]) -> None:
    """Store what both versions read in the drawings of a run."""
    fields = ["before_state", "before", "right_before", "after_state", "after", "right_after"]
    TrainingSample.objects.bulk_update(samples, fields, batch_size=200)


def end_run(*, run_id: int, state: TrainingRun.State, reason: str, figures: RunFigures | None = None) -> None:
    """End a run, and say why. Raises RunLost."""
    _end(run_id, state, reason, figures)


def _end(run_id: int, state: TrainingRun.State, reason: str, figures: RunFigures | None, **fields: Any) -> None:
    _update(
        run_id,
        state=state,
        reason=reason[:300],
        finished_at=timezone.now(),
        stage="",
        progress={},
        **(figures.as_fields() if figures else {}),
        **fields,
    )


def _update(run_id: int, **fields: Any) -> None:
    """Change the row of a run while it runs. Raises RunLost."""
    if not TrainingRun.objects.running().filter(pk=run_id).update(**fields):
        raise RunLost(f"run {run_id} was given up.")


def reap_runs() -> int:
    """Give up runs whose lease has expired; returns how many."""
    now = timezone.now()
    never_taken = TrainingRun.objects.abandoned().filter(started_at=None)
    count = never_taken.update(
        state=State.FAILED, finished_at=now, reason="No trainer took it. Is the training worker running?"
    )
    return count + TrainingRun.objects.abandoned().update(
        state=State.FAILED, finished_at=now, reason="The trainer stopped in the middle of it."
    )


def settle_run(
    *, run_id: int, artifact: bytes, verdict: Mapping[str, Any], figures: RunFigures | None = None
) -> State:
    """Store the version of a run and decide about it: promoted, waiting for a decision, or rejected.

    Raises RunLost; then nothing is stored or promoted. If another version was promoted meanwhile, this one waits.
    Raises `ml.inference.artifact.ArtifactError`.
    """
    # Opening takes a moment in native code: on SQLite every other writer would wait for it inside the transaction.
    card = model_versions.card_of(artifact)
    with transaction.atomic():
        run = TrainingRun.objects.select_for_update().get(pk=run_id)
        version, _ = model_versions.register_version(
            artifact=artifact, card=card, origin=ModelVersion.Origin.TRAINED, parent=run.base
        )
        _take_from_earlier(version, run)
        state, reason = _decision(verdict)
        # The end of the run comes first: a lost run must not promote.
        _end(run_id, state, reason, figures, version=version, verdict=dict(verdict))
        if state == State.CANDIDATE and settings.TRAINING_PROMOTES and verdict["passed"]:
            state = _promote(run, version)
    return state


def _take_from_earlier(version: ModelVersion, run: TrainingRun) -> None:
    """A version that several runs made belongs to the run that judged it last."""
    earlier = TrainingRun.objects.filter(version=version).exclude(pk=run.pk)
    why = f"{run} made the same version again, and judged it anew.".capitalize()
    earlier.filter(state=State.CANDIDATE).update(state=State.REJECTED, reason=why)
    earlier.update(version=None)


def _decision(verdict: Mapping[str, Any]) -> tuple[TrainingRun.State, str]:
    if verdict["passed"]:
        return State.CANDIDATE, "It passed all gates and waits for a trainer to promote it."
    failed = [gate for gate in verdict["gates"] if not gate["passed"]]
    return State.REJECTED, f"Not better: {failed[0]['sentence']}" if failed else "It did not pass the gates."


def _promote(run: TrainingRun, version: ModelVersion) -> TrainingRun.State:
    try:
        with transaction.atomic():
            model_versions.promote_version(version=version, instead_of=run.base, kind=Promotion.Kind.AUTOMATIC)
    except ValidationError:
        why = "It passed all gates, but another version was promoted meanwhile. A trainer must decide."
        TrainingRun.objects.filter(pk=run.pk).update(reason=why)
        return State.CANDIDATE
    TrainingRun.objects.filter(pk=run.pk).update(state=State.PROMOTED, reason="It passed all gates.")
    return State.PROMOTED


def promote_candidate(
    *, run: TrainingRun, by: User | None, reason: str = "", seen: int | None = None
) -> Promotion:
    """Promote the version of a run; against the gates only with a reason. See `promote_version`."""
    if run.version is None:
        raise ValidationError(f"{run} has no version that could be promoted.")
    return promote_version(version=run.version, by=by, reason=reason, force=True, seen=seen)


@transaction.atomic
def promote_version(
    *, version: ModelVersion, by: User | None, reason: str = "", force: bool = False, seen: int | None = None
) -> Promotion:
    """Make a version the active one because a person decides so.

    A version that neither passed the gates against the active version nor was active before must be forced, with a
    reason; else this raises ValidationError. `seen` is the number of the version that this person knows as active;
    ValidationError is raised if another one is active.
    """
    run = TrainingRun.objects.select_for_update().filter(version=version).first()
    active = model_versions.active_version()
    model_versions.refuse_unseen(active, seen)
    proven = is_proven(version, run, active)
    if not proven and not force:
        raise ValidationError(
            f"{version} did not pass all gates against {active}. To promote it all the same, force it and say why."
        )
    kind = Promotion.Kind.CHOSEN if proven else Promotion.Kind.FORCED
    promotion = model_versions.promote_version(version=version, instead_of=active, kind=kind, by=by, reason=reason)
    who = f" by {promotion.by}" if promotion.by else ""
    story = f"Promoted{who}: {promotion.get_kind_display()}. {promotion.reason}".strip()[:300]
    TrainingRun.objects.filter(version=version).update(state=State.PROMOTED, reason=story)
    return promotion


def is_proven(version: ModelVersion, run: TrainingRun | None, active: ModelVersion | None) -> bool:
    """Whether the version was active before, or passed all gates against the version that is active now."""
    if run is not None and run.verdict.get("passed", False) and run.base_id == (active and active.pk):
        return True
    return version.promotions.exists()


def dismiss_candidate(*, run: TrainingRun, by: User, reason: str) -> None:
    """Decide that a waiting version will not be promoted. Raises ValidationError if it does not wait."""
    why = f"Dismissed by {by}: {reason}".rstrip(": ")[:300]
    waiting = TrainingRun.objects.filter(pk=run.pk, state=State.CANDIDATE)
    if not waiting.update(state=State.REJECTED, reason=why):
        raise ValidationError(f"{run} does not wait for a decision.")
