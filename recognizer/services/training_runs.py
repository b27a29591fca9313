"""Every write of a training run: how it starts, lives, and ends.

One runs at a time, by a constraint. Its trainer holds it by a lease that it prolongs; a run of which nobody hears
is given up, and its trainer, should it still live, finds its hands tied: all it writes is fenced by the state.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from recognizer.models import ModelVersion, Promotion, Review, TrainingRun
from recognizer.services import model_versions

if TYPE_CHECKING:
    from accounts.models import User

State = TrainingRun.State


class RunLost(Exception):
    """The run was given up or ended by somebody else: its trainer must stop, and change nothing."""


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
    now = timezone.now()
    ended = {"state": State.SKIPPED, "reason": why, "finished_at": now} if why else {}
    try:
        with transaction.atomic():
            return TrainingRun.objects.create(
                trigger=trigger,
                requested_by=requested_by,
                force=force,
                from_scratch=from_scratch,
                slot=slot,
                lease_until=now + timedelta(seconds=settings.TRAINING_QUEUE),
                **ended,
            )
    except IntegrityError as error:
        raise ValidationError(_already(slot)) from error


def _already(slot: str | None) -> str:
    if slot and TrainingRun.objects.filter(slot=slot).exists():
        return f"There was a run for {slot} already."
    running = TrainingRun.objects.running().first()
    return f"{running or 'Another run'} is under way. One trains at a time."


def nothing_new() -> str:
    """Why a run is not worth its time; "" if enough was reviewed since the last one that looked."""
    new, last = newly_reviewed()
    if new >= max(1, settings.TRAINING_LEAST_NEW):
        return ""
    since = f" since {last}" if last else ""
    if not new:
        return f"Nothing new was reviewed{since}."
    return f"Only {new} drawings were reviewed{since}; {settings.TRAINING_LEAST_NEW} are worth a run."


def newly_reviewed() -> tuple[int, TrainingRun | None]:
    """How many reviewed drawings no run has looked at, and the last run that looked."""
    last = TrainingRun.objects.exclude(state__in=[State.SKIPPED, State.FAILED]).first()
    reviews = Review.objects.trainable()
    return (reviews.filter(created_at__gt=last.created_at) if last else reviews).count(), last


def take_run(*, run_id: int) -> TrainingRun:
    """Claim a run for this trainer, once however often the message comes. Raises RunLost."""
    now = timezone.now()
    waiting = TrainingRun.objects.running().filter(pk=run_id, started_at=None)
    if not waiting.update(started_at=now, lease_until=now + timedelta(seconds=settings.TRAINING_LEASE)):
        raise RunLost(f"run {run_id} is not waiting for a trainer.")
    return TrainingRun.objects.get(pk=run_id)


def keep_alive(*, run_id: int) -> None:
    """Prolong the lease. Raises RunLost."""
    until = timezone.now() + timedelta(seconds=settings.TRAINING_LEASE)
    note(run_id=run_id, lease_until=until)


def note(*, run_id: int, **fields: Any) -> None:
    """Write down how far a run is. Raises RunLost if it is not this trainer's any more."""
    if not TrainingRun.objects.running().filter(pk=run_id).update(**fields):
        raise RunLost(f"run {run_id} was given up.")


def end_run(*, run_id: int, state: TrainingRun.State, reason: str, **fields: Any) -> None:
    """End a run, and say why. Raises RunLost."""
    note(run_id=run_id, state=state, reason=reason[:300], finished_at=timezone.now(), progress={}, **fields)


def reap_runs() -> int:
    """Give up runs that nobody prolongs; returns how many."""
    now = timezone.now()
    unheard = TrainingRun.objects.abandoned()
    never = unheard.filter(started_at=None).update(
        state=State.FAILED, finished_at=now, reason="No trainer took it. Is the training worker running?"
    )
    return never + TrainingRun.objects.abandoned().update(
        state=State.FAILED, finished_at=now, reason="The trainer stopped in the middle of it."
    )


@transaction.atomic
def settle_run(*, run_id: int, artifact: bytes, verdict: Mapping[str, Any], **fields: Any) -> State:
    """Store a trained version, and decide what becomes of it: promoted, waiting for a trainer's word, or rejected.

    Raises RunLost; then nothing is stored or promoted. If another version was promoted meanwhile, this one waits.
    """
    run = TrainingRun.objects.select_for_update().get(pk=run_id)
    version, _new = model_versions.register_version(
        artifact=artifact, origin=ModelVersion.Origin.TRAINED, parent=run.base
    )
    _take_from_earlier(version, run)
    state, reason = _outcome(verdict)
    fields |= {"version": version, "verdict": dict(verdict)}
    end_run(run_id=run_id, state=state, reason=reason, **fields)  # first the fence, then the promotion
    if state == State.CANDIDATE and settings.TRAINING_PROMOTES and verdict["passed"]:
        state = _promote(run, version)
    return state


def _take_from_earlier(version: ModelVersion, run: TrainingRun) -> None:
    """The same version, made again: it belongs to the run that judged it last."""
    earlier = TrainingRun.objects.filter(version=version).exclude(pk=run.pk)
    why = f"{run} made the same version again, and judged it anew.".capitalize()
    earlier.filter(state=State.CANDIDATE).update(state=State.REJECTED, reason=why)
    earlier.update(version=None)


def _outcome(verdict: Mapping[str, Any]) -> tuple[TrainingRun.State, str]:
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
    """Promote what a run brought forth; against the gates only with a reason. See `promote_version`."""
    if run.version is None:
        raise ValidationError(f"{run} has no version that could be promoted.")
    return promote_version(version=run.version, by=by, reason=reason, force=True, seen=seen)


@transaction.atomic
def promote_version(
    *, version: ModelVersion, by: User | None, reason: str = "", force: bool = False, seen: int | None = None
) -> Promotion:
    """Let a version read because a person says so.

    One that neither passed the gates against the active version nor has read before must be forced, with a reason;
    else ValidationError. It is raised as well if `seen`, the number of the version that this person knows as
    active, is not.
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
    TrainingRun.objects.filter(version=version).update(state=State.PROMOTED, reason=_promoted(promotion))
    return promotion


def is_proven(version: ModelVersion, run: TrainingRun | None, active: ModelVersion | None) -> bool:
    """Whether it has read before, or passed all gates against the version that reads today."""
    if run is not None and run.verdict.get("passed", False) and run.base_id == (active and active.pk):
        return True
    return version.promotions.exists()


def _promoted(promotion: Promotion) -> str:
    who = f" by {promotion.by}" if promotion.by else ""
    return f"Promoted{who}: {promotion.get_kind_display()}. {promotion.reason}".strip()[:300]


def dismiss_candidate(*, run: TrainingRun, by: User, reason: str) -> None:
    """Say of a version that waits that it will not be promoted. Raises ValidationError if it does not wait."""
    why = f"Dismissed by {by}: {reason}".rstrip(": ")[:300]
    waiting = TrainingRun.objects.filter(pk=run.pk, state=State.CANDIDATE)
    if not waiting.update(state=State.REJECTED, reason=why):
        raise ValidationError(f"{run} does not wait for a decision.")
