"""The tasks that workers and beat run. They are thin, may run twice without harm, and call services."""

from __future__ import annotations

import base64
import logging
import time
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
from recognizer.serving import doorbell, engine, vital_signs, writer_profiles
from recognizer.serving.messages import DownloadRequest, ExplainRequest, LiveRequest, TaskName

logger = logging.getLogger(__name__)

TRAINING_SECONDS = 6 * 3600  # no run takes longer, not even one from scratch
SHADOWED = 200  # drawings that a candidate version reads in one task: about a second without photographs
SHADOW_SECONDS = 8.0  # a shadow task stops after this time; what is left is read the next time
TURN_SECONDS = 0.5  # a ring is answered for this long; then live previews get their turn
CLAIM_SECONDS = 0.1  # a claim is read for this long; drawings that came meanwhile get a turn in the next claim


@worker_ready.connect
def ring_at_boot(**_: Any) -> None:
    """Have the drawings read that waited while no worker was there."""
    doorbell.ring()


@task_prerun.connect
def drop_broken_connections(**_: Any) -> None:
    """A worker keeps its database connection from task to task, so it has to notice one that broke."""
    close_old_connections()


@shared_task(name=TaskName.READ_WAITING.value)
def read_waiting() -> str:
    """Read the waiting drawings in batches until none waits."""
    doorbell.answered()
    current, count, end = engine.current(), 0, time.monotonic() + TURN_SECONDS
    while Drawing.objects.waiting().exists():
        # The second claim is made after the first was read: a crash is blamed on the batch that was being read.
        for claim in (predictions.claim, predictions.claim_suspect):
            count += _read_claim(current, claim())
        if time.monotonic() > end:
            doorbell.ring()
            break
    return f"{count} read"


def _read_claim(current: engine.Engine, drawings: list[Drawing]) -> int:
    """Read claimed drawings in portions; what is left after CLAIM_SECONDS is released untried."""
    portions, count, end = engine.portions(drawings), 0, time.monotonic() + CLAIM_SECONDS
    while portions:
        count += _read(current, portions.pop(0))
        if time.monotonic() > end:
            left = [drawing.pk for portion in portions for drawing in portion]
            predictions.release(ids=left, tried=False)
            break
    return count


def _read(current: engine.Engine, drawings: list[Drawing]) -> int:
    """Read claimed drawings, store the readings and wake the waiters; returns how many were stored."""
    inks = {}
    for drawing in drawings:
        try:
            inks[drawing.pk] = engine.ink_of(drawing)
        except ValueError as error:  # InkError, ImageError
            logger.warning("%s is damaged: %s", drawing, error)
            predictions.fail(drawing_id=drawing.pk, why=str(error))
    users = [drawing.user_id for drawing in drawings if drawing.pk in inks]
    try:
        readings = current.read(list(inks.values()), writer_profiles.profiles(current, users))
    except Exception:  # the reader should raise nothing here; if it does, the others must not wait for their lease
        logger.exception("Reading %d drawings failed", len(inks))
        predictions.release(ids=inks)
        return 0
    stored = predictions.store(readings=list(zip(inks, readings, strict=True)), version_id=current.version_id)
    doorbell.reply(drawing.pk for drawing in drawings)
    return len(stored)


@shared_task(name=TaskName.READ_LIVE.value)
def read_live(name: str, request: LiveRequest) -> str:
    """Read the ink of a message and answer with the reading. Nothing is stored."""
    from ml.decoding.reading import reading_as_json

    current = engine.current()
    ink = engine.ink_of_request(request)
    [reading] = current.read([ink], writer_profiles.profiles(current, [request.get("user")]))
    doorbell.answer(name, {**reading_as_json(reading), "model_version": current.name})
    return reading.state


@shared_task(name=TaskName.EXPLAIN.value)
def explain(name: str, request: ExplainRequest) -> str:
    """Explain why a digit was read as it was. Nothing is stored."""
    from ml.inference.reader import NoSuchDigit

    try:
        drawing = Drawing.objects.get(pk=request["drawing"])
        current = engine.engine_that_read(request["version"])
        profile = writer_profiles.profile_at(current, drawing, request["version"])
        own_digits = explanation_text.own_digits(drawing)
        explanation = current.explain(engine.ink_of(drawing), request["digit"], own_digits, profile)
    except (Drawing.DoesNotExist, NoSuchDigit):
        return _refuse(name, "The reader does not find this digit any more.")
    except (InkError, ImageError) as error:  # the row was damaged since it was accepted
        return _refuse(name, str(error))
    text = explanation_text.as_json(explanation)
    doorbell.answer(name, {**text, "digit": request["digit"], "model_version": current.name})
    return "explained"


@shared_task(name=TaskName.EXPORT_VERSION.value)
def export(name: str, request: DownloadRequest) -> str:
    """Build the download of a version and answer with it. Nothing is stored."""
    from ml.inference.artifact import ArtifactError
    from ml.inference.export import build_download

    version = ModelVersion.objects.get(pk=request["version"])
    try:
        download = build_download(version.checked_artifact())
    except (BrokenArtifact, ArtifactError) as error:
        return _refuse(name, str(error))
    doorbell.answer(name, {"zip": base64.b64encode(download).decode()})
    return f"{version}: {len(download)} bytes"


def _refuse(name: str, why: str) -> str:
    doorbell.answer(name, {"error": why})
    return why


@shared_task(name=TaskName.RECONCILE.value)
def reconcile() -> str:
    """Ring again for work that was forgotten; give up drawings that keep breaking the reader."""
    doorbell.leave_sign(vital_signs.Sign.READING)
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
    """Tell the status page when this worker can't open the active version, and when it can again."""
    try:
        current = engine.current()
    except engine.NoActiveVersion as error:
        logger.warning("Nothing can be read: %s", error)
    else:
        model_versions.clear_trouble(version_id=current.version_id)
    if trouble := engine.trouble():
        model_versions.record_trouble(version_id=trouble.version_id, why=trouble.why)


def look_after_training() -> None:
    """Give up runs whose trainer has died, and call a trainer for a run that none has taken.

    A shipped version that could not be compared while another run was under way is compared now.
    """
    training_runs.reap_runs()
    training_runs.start_comparison()
    for run_id in TrainingRun.objects.running().filter(started_at=None).values_list("pk", flat=True):
        doorbell.call_trainer(run_id)


@shared_task(name=TaskName.RETRAIN_ON_SCHEDULE.value)
def retrain_on_schedule() -> str:
    """Start a run, or record why there is nothing to do. If two beats send this in one minute, one run starts."""
    slot = f"{timezone.now():%Y-%m-%d %H:%M}"
    try:
        run = training_runs.start_run(trigger=TrainingRun.Trigger.SCHEDULE, slot=slot)
    except ValidationError as error:
        return str(error.message)
    if not run.is_over:
        doorbell.call_trainer(run.pk)
    return f"{run}: {run.reason or 'started'}"


@shared_task(name=TaskName.READ_SHADOW.value)
def read_shadow() -> str:
    """Let a version that waits for promotion read recent drawings too. No user waits for it."""
    doorbell.leave_sign(vital_signs.Sign.TRAINING)
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
    """The readings of the drawings that are not damaged; their state does not change."""
    inks = {}
    for drawing in drawings:
        try:
            inks[drawing] = engine.ink_of(drawing)
        except ValueError as error:  # InkError, ImageError
            logger.warning("%s is damaged: %s", drawing, error)
    if not inks:
        return []
    profiles = writer_profiles.profiles(candidate, [drawing.user_id for drawing in inks])
    return list(zip(inks, candidate.read([*inks.values()], profiles), strict=True))


@shared_task(name=TaskName.SCORE_REVIEW_ITEMS.value)
def score_review_items() -> str:
    """Put new readings into the review queue, and look at what nobody has looked at."""
    from recognizer.review import scoring

    listed = scoring.list_recent()
    return f"{listed} listed, {scoring.score(engine.current())} scored"


@shared_task(name=TaskName.TRAIN.value, soft_time_limit=TRAINING_SECONDS, time_limit=TRAINING_SECONDS + 60)
def train(run_id: int) -> str:
    """Carry a training run through. A message that comes twice finds the run taken."""
    from recognizer.training import pipeline

    try:
        run = pipeline.train_run(run_id)
    except training_runs.RunLost as error:
        return str(error)
    model_versions.prune_versions()
    return f"{run}: {run.state}, {run.reason}"


@shared_task(name=TaskName.WRITE_DATA_EXPORT.value)
def write_export(export_id: int) -> str:
    """Write one part of a user's data; the next part is queued behind what waits meanwhile."""
    if not data_exports.write_part(export_id=export_id):
        return "ready"
    doorbell.call_for_export(export_id)
    return "one part"


@shared_task(name=TaskName.PURGE.value, soft_time_limit=600, time_limit=660)
def purge() -> str:
    """Delete what has expired: sessions, API tokens and data exports. List drawings that the queue has missed."""
    from recognizer.review import scoring

    call_command("clearsessions")
    DataExport.objects.expired().delete()
    expired, _ = AuthToken.objects.filter(expiry__lt=timezone.now()).delete()
    return f"{expired} expired tokens deleted, {scoring.list_missed()} drawings listed for review"
