"""What workers and beat run: thin, repeatable, and harmless when run twice."""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Callable
from typing import Any

from celery import shared_task
from celery.signals import task_prerun, worker_ready
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import close_old_connections
from django.utils import timezone
from knox.models import AuthToken

from ml.ink.image_format import ImageError
from ml.ink.strokes import InkError
from recognizer.models import DataExport, Drawing, ModelVersion, TrainingRun
from recognizer.models.model_version import BrokenArtifact
from recognizer.presentation import explanation_text
from recognizer.services import data_exports, model_versions, predictions, shadow_readings, training_runs
from recognizer.serving import doorbell, engine, personalization

logger = logging.getLogger(__name__)

TRAINING_SECONDS = 6 * 3600  # no run takes that long, not even one from scratch
SHADOWED = 200  # drawings that a waiting version reads in one go, in a second or so if nobody sends photographs,
SHADOW_SECONDS = 8.0  # and what it leaves after these it reads the next time
TURN_SECONDS = 0.5  # what a ring is worth; then live previews get their turn
CLAIM_SECONDS = 0.1  # what a claim is worth; whoever sent something meanwhile gets a turn in the next


@worker_ready.connect
def ring_at_boot(**_: Any) -> None:
    """Whatever waited while no worker was there is read now."""
    doorbell.ring()


@task_prerun.connect
def drop_broken_connections(**_: Any) -> None:
    """The worker keeps its database connection from task to task, so it has to notice one that broke."""
    close_old_connections()


@shared_task
def read_waiting() -> str:
    """Read what waits, in batches, until nothing does."""
    doorbell.answered()
    current, count, end = engine.current(), 0, time.monotonic() + TURN_SECONDS
    while Drawing.objects.waiting().exists():
        for claim in (
            predictions.claim,
            predictions.claim_suspect,
        ):  # one after the other: a crash is blamed on its batch
            count += _read_for_a_while(current, claim())
        if time.monotonic() > end:
            doorbell.ring()
            break
    return f"{count} read"


def _read_for_a_while(current: engine.Engine, drawings: list[Drawing]) -> int:
    """Read claimed drawings, some at a time; what is left after CLAIM_SECONDS goes back untried."""
    portions, count, end = engine.portions(drawings), 0, time.monotonic() + CLAIM_SECONDS
    while portions:
        count += _read(current, portions.pop(0))
        if time.monotonic() > end:
            predictions.release(ids=[drawing.pk for portion in portions for drawing in portion], tried=False)
            break
    return count


def _read(current: engine.Engine, drawings: list[Drawing]) -> int:
    """Read claimed drawings and tell who waits; returns how many got their reading."""
    inks = {drawing.pk: ink for drawing in drawings if (ink := _ink_or_fail(drawing)) is not None}
    users = [drawing.user_id for drawing in drawings if drawing.pk in inks]
    try:
        readings = current.read(list(inks.values()), personalization.profiles(current, users))
    except Exception:  # the reader promises none; an unknown one must not keep the others waiting for their lease
        logger.exception("Reading %d drawings failed", len(inks))
        predictions.release(ids=inks)
        return 0
    stored = predictions.store(readings=list(zip(inks, readings, strict=True)), version_id=current.version_id)
    doorbell.reply(drawing.pk for drawing in drawings)
    return len(stored)


def _ink_or_fail(drawing: Drawing) -> Any:
    return _ink(drawing, lambda why: predictions.fail(drawing_id=drawing.pk, why=why))


def _ink(drawing: Drawing, told: Callable[[str], None] = lambda why: None) -> Any:
    """The ink of a drawing; None, and `told` why, if it is damaged."""
    try:
        return engine.ink_of(drawing)
    except ValueError as error:  # InkError, PictureError
        logger.warning("%s is damaged: %s", drawing, error)
        told(str(error))
        return None


@shared_task
def read_live(name: str, request: dict[str, Any]) -> str:
    """Read ink that comes in the message, with the number of its user, and goes back in the reply.

    Nothing is stored.
    """
    from ml.decoding.reading import reading_as_json

    current = engine.current()
    ink = engine.ink_from(request) if request else []
    [read] = current.read([ink], personalization.profiles(current, [request.get("user")]))
    doorbell.answer(name, {**reading_as_json(read), "model_version": current.name})
    return read.state


@shared_task
def explain(name: str, request: dict[str, Any]) -> str:
    """Say why a digit was read as it was; `request` names drawing, version and digit. Nothing is stored."""
    from ml.inference.reader import NoSuchDigit

    try:
        drawing = Drawing.objects.get(pk=request["drawing"])
        current = engine.engine_that_read(request["version"])
        profile = personalization.profile_at(current, drawing, request["version"])
        found = current.explain(
            engine.ink_of(drawing), request["digit"], explanation_text.own_digits(drawing), profile
        )
    except (Drawing.DoesNotExist, NoSuchDigit):
        return _not_explained(name, "The reader does not find this digit any more.")
    except (InkError, ImageError) as error:  # damaged since it was accepted
        return _not_explained(name, str(error))
    doorbell.answer(
        name, {**explanation_text.as_json(found), "digit": request["digit"], "model_version": current.name}
    )
    return "explained"


def _not_explained(name: str, why: str) -> str:
    doorbell.answer(name, {"error": why})
    return why


@shared_task
def reconcile() -> str:
    """Ring for drawings that nobody waits for any more; give up those that keep breaking the reader."""
    report_trouble()
    look_after_training()
    for export_id in DataExport.objects.forgotten().values_list("pk", flat=True):
        doorbell.call_for_export(export_id)
    failed = predictions.give_up()
    waiting = Drawing.objects.waiting().count()
    if waiting:
        doorbell.ring()
    return f"{waiting} waiting, {failed} given up"


def report_trouble() -> None:
    """Let the status page say when this worker can't open the active version, and when it can again."""
    try:
        current = engine.current()
    except engine.NoActiveVersion as error:
        logger.warning("Nothing can be read: %s", error)
    else:
        model_versions.clear_trouble(version_id=current.version_id)
    if trouble := engine.trouble():
        model_versions.record_trouble(version_id=trouble.version_id, why=trouble.why)


def look_after_training() -> None:
    """Give up runs whose trainer has died, and call a trainer for one that nobody has taken."""
    training_runs.reap_runs()
    for run_id in TrainingRun.objects.running().filter(started_at=None).values_list("pk", flat=True):
        doorbell.call_trainer(run_id)


@shared_task
def retrain_on_schedule() -> str:
    """Start a run, or write down why there is nothing to do; of two beats in one minute one does."""
    slot = f"{timezone.now():%Y-%m-%d %H:%M}"
    try:
        run = training_runs.start_run(trigger=TrainingRun.Trigger.SCHEDULE, slot=slot)
    except ValidationError as error:
        return str(error.message)
    if not run.is_over:
        doorbell.call_trainer(run.pk)
    return f"{run}: {run.reason or 'started'}"


@shared_task
def read_shadow() -> str:
    """Let a version that waits for promotion read what was drawn since; nobody waits for it."""
    version = shadow_readings.waiting_version()
    if version is None:
        return "no version waits"
    candidate, count, end = engine.cached_engine(version.pk), 0, time.monotonic() + SHADOW_SECONDS
    for portion in engine.portions(shadow_readings.unread(version=version, limit=SHADOWED)):
        readings = _read_quietly(candidate, portion)
        count += shadow_readings.store_shadow(version=version, readings=readings)
        if time.monotonic() > end:
            break
    return f"{count} read by {version}"


def _read_quietly(candidate: engine.Engine, drawings: list[Drawing]) -> list[tuple[Drawing, Any]]:
    """What a version reads in those that are not damaged."""
    inks = {drawing: ink for drawing in drawings if (ink := _ink(drawing)) is not None}
    profiles = personalization.profiles(candidate, [drawing.user_id for drawing in inks])
    return list(zip(inks, candidate.read([*inks.values()], profiles), strict=True)) if inks else []


@shared_task(soft_time_limit=TRAINING_SECONDS, time_limit=TRAINING_SECONDS + 60)
def train(run_id: int) -> str:
    """Carry a training run through; a message that comes twice finds it taken."""
    from recognizer.training import pipeline

    try:
        run = pipeline.train_run(run_id)
    except training_runs.RunLost as error:
        return str(error)
    model_versions.prune_versions()
    return f"{run}: {run.state}, {run.reason}"


@shared_task
def export(name: str, request: dict[str, Any]) -> str:
    """Make the download of a version; `request` names it. It goes back in the reply, and is not kept."""
    from ml.inference.artifact import ArtifactError
    from ml.inference.export import build_download

    version = ModelVersion.objects.get(pk=request["version"])
    try:
        made = build_download(version.checked_artifact())
    except (BrokenArtifact, ArtifactError) as error:
        doorbell.answer(name, {"error": str(error)})
        return str(error)
    doorbell.answer(name, {"zip": base64.b64encode(made).decode()})
    return f"{version}: {len(made)} bytes"


@shared_task
def write_export(export_id: int) -> str:
    """Write one part of somebody's data, and have the next written behind what waits meanwhile."""
    if not data_exports.write_part(export_id=export_id):
        return "ready"
    doorbell.call_for_export(export_id)
    return "one part"


@shared_task(soft_time_limit=600, time_limit=660)
def purge() -> str:
    """Delete what has expired: sessions, API tokens, and data that somebody has asked for."""
    call_command("clearsessions")
    DataExport.objects.expired().delete()
    expired, _ = AuthToken.objects.filter(expiry__lt=timezone.now()).delete()
    return f"{expired} expired tokens deleted"
