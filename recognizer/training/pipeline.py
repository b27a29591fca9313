"""One training run, from its dataset to its verdict: what the training worker and `manage.py retrain` do."""

from __future__ import annotations

import base64
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from django.conf import settings
from django.db import DatabaseError, connection

from ml.evaluation import comparison, regression_sets
from ml.evaluation.comparison import HELD_OUT, EvaluationItem, EvaluationSet, ItemResult, VersionResults
from ml.evaluation.promotion_gates import UPDATE_LIMITS, GateLimits, judge_challenger
from ml.inference.reader import Reader
from ml.ink.images import encode_png
from ml.training.finetune import FinetuneSettings, finetune, retrain_from_scratch
from ml.training.reviewed_data import ReviewedDigits
from ml.training.settings import TrainingSettings
from recognizer.models import ModelVersion, TrainingRun, TrainingSample
from recognizer.models.model_version import BrokenArtifact
from recognizer.services import training_runs
from recognizer.training import dataset
from recognizer.training.dataset import Dataset, DatasetItem, Role
from recognizer.training.ink_store import InkStore
from recognizer.training.run_progress import RunProgress

logger = logging.getLogger(__name__)

State = TrainingRun.State

_SHOWN = 40  # changed drawings of each frozen set that are stored for the pages
_PULSES = 4  # renewals of the lease while it lasts


def train_run(run_id: int, tell: Callable[[str], None] = lambda line: None) -> TrainingRun:
    """Carry a run through. Its row says how it ended, also when something broke. Raises RunLost."""
    run = training_runs.take_run(run_id=run_id)
    progress = RunProgress(run_id, tell)
    with _lease(run_id):
        try:
            _carry_through(run, progress)
        except training_runs.RunLost:
            raise
        except Exception as error:  # any error ends the run; its row must say why
            logger.exception("run %s broke off", run_id)
            _end(run, progress, State.FAILED, f"It broke off: {_plain_message(error)}")
    return TrainingRun.objects.select_related("version", "base").get(pk=run_id)


def _plain_message(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}."
    return str(error) or f"{type(error).__name__}."


def _carry_through(run: TrainingRun, progress: RunProgress) -> None:
    base = ModelVersion.objects.filter(active=True).first()
    if base is None:
        raise BrokenArtifact("No version is active: run manage.py register_model.")
    champion = base.checked_artifact()
    if run.challenger is not None:
        return _compare_shipped(run, progress, champion, base)
    training_runs.record_base(run_id=run.pk, base=base)
    run.base = base
    inks = InkStore()
    reader = Reader.open(champion)
    items = dataset.build_dataset(reader, settings.TRAINING_DATA, inks, progress.begin_step)
    _freeze_manifest(run, items)
    if not {Role.TRAIN, Role.VALIDATE} <= {item.role for item in items}:
        why = "Too little of what was reviewed can train: see what was set aside, and why."
        return _end(run, progress, State.SKIPPED, why)
    progress.begin("training")
    artifact = _train(run, progress, champion, items)
    if artifact == champion:
        return _end(run, progress, State.REJECTED, "Nothing that was learned was better than what is known.")
    if earlier := TrainingRun.objects.that_made(artifact, run.manifest_hash):
        why = f"Nothing changed: it made {earlier.version} of {earlier} again."
        return _end(run, progress, State.REJECTED, why)
    comparison_of_both = Comparison(run, progress, items, inks, reader, Reader.open(artifact))
    return _settle(run, progress, artifact, comparison_of_both.verdict((len(champion), len(artifact))))


def _compare_shipped(run: TrainingRun, progress: RunProgress, champion: bytes, base: ModelVersion) -> None:
    """Let the gates judge a version that came with the program, against the champion that was trained here."""
    assert run.challenger is not None
    if run.base_id != base.pk:
        return _end(run, progress, State.SKIPPED, f"{base} reads by now: it is compared with that version.")
    artifact, inks = run.challenger.checked_artifact(), InkStore()
    progress.begin("gathering the drawings of held-out writers")
    items = dataset.held_out_dataset(inks)
    _freeze_manifest(run, items)
    both = Comparison(run, progress, items, inks, Reader.open(champion), Reader.open(artifact))
    return _settle(run, progress, artifact, both.verdict((len(champion), len(artifact)), UPDATE_LIMITS))


def _settle(run: TrainingRun, progress: RunProgress, artifact: bytes, verdict: dict[str, Any]) -> None:
    state = training_runs.settle_run(run_id=run.pk, artifact=artifact, verdict=verdict, figures=progress.figures())
    logger.info("run %s is %s", run.pk, state)


def _end(run: TrainingRun, progress: RunProgress, state: TrainingRun.State, reason: str) -> None:
    training_runs.end_run(run_id=run.pk, state=state, reason=reason, figures=progress.figures())


def _freeze_manifest(run: TrainingRun, items: Dataset) -> None:
    samples = [
        TrainingSample(
            run=run,
            drawing_id=item.drawing_id,
            writer_id=item.writer_id,
            review_id=item.review_id,
            text=item.text,
            role=item.role,
            reason=item.reason,
        )
        for item in items
    ]
    assert run.base is not None  # as recorded
    facts = {"seed": run.seed, "reader": run.base.sha256, "from_scratch": run.from_scratch}
    run.manifest_hash = dataset.hash_of(items, **facts)
    training_runs.freeze_manifest(run_id=run.pk, samples=samples, manifest_hash=run.manifest_hash)


def _train(run: TrainingRun, progress: RunProgress, champion: bytes, items: Dataset) -> bytes:
    """The artifact of the new version, that of the champion where nothing was better."""
    new, validation = _digits(items, Role.TRAIN), _digits(items, Role.VALIDATE)
    data, logs = settings.TRAINING_DATA, settings.DATA_DIR / "training" / f"run-{run.pk}"
    if run.from_scratch:
        plan = TrainingSettings(seed=run.seed)
        return retrain_from_scratch(new, validation, data, plan, progress.report, logs)
    tuning = FinetuneSettings(seed=run.seed)
    if settings.TRAINING_STEPS:
        tuning = _shortened(tuning, settings.TRAINING_STEPS)
    return finetune(champion, new, validation, data, tuning, progress.report, logs).artifact


def _digits(items: Dataset, role: str) -> ReviewedDigits:
    return ReviewedDigits.of(i.aligned for i in items if i.role == role and i.aligned is not None)


def _shortened(tuning: FinetuneSettings, steps: int) -> FinetuneSettings:
    """As far in fewer steps: the steps are larger, and the average covers as large a share of them."""
    rate = tuning.rate * min(4.0, max(1.0, tuning.steps / steps))
    average = 1 - (1 - tuning.average) * tuning.steps / max(steps, 50)
    return replace(tuning, steps=steps, drawn_steps=steps, rate=rate, average=average)


class Comparison:
    """The champion and the challenger of a run, compared on reviewed drawings and on the frozen sets."""

    def __init__(
        self,
        run: TrainingRun,
        progress: RunProgress,
        items: Dataset,
        inks: InkStore,
        champion: Reader,
        challenger: Reader,
    ) -> None:
        self._run, self._progress, self._items, self._inks = run, progress, items, inks
        self._champion, self._challenger = champion, challenger

    def verdict(self, sizes: tuple[int, int], limits: GateLimits | None = None) -> dict[str, Any]:
        """The verdict of the gates as plain types; `sizes` are those of the artifacts in bytes.

        What both versions read in every reviewed drawing is stored with the run.
        """
        self._progress.begin("reading reviewed drawings with both versions")
        self._read_reviewed()
        self._progress.begin("reading the frozen sets with both versions")
        sets = [*regression_sets.regression_sets(settings.TRAINING_DATA), *self._held_out()]
        before, after = comparison.compare_versions(
            self._champion, self._challenger, sets, self._progress.report, sizes=sizes
        )
        ancestor = _ancestor_of(self._run.base)
        first = None
        if ancestor is not None:
            self._progress.begin("reading the frozen sets with the first version")
            first = comparison.evaluate_version(ancestor, sets, self._progress.report)
        verdict = judge_challenger(before, after, limits or GateLimits(), first)
        return {**verdict.as_json(), "changed": _changed_items(sets, before, after)}

    def _read_reviewed(self) -> None:
        samples = {sample.drawing_id: sample for sample in self._run.samples.all()}
        for pk, ink in self._inks.inks([item.drawing_id for item in self._items]):
            [before], [after] = self._champion.read([ink]), self._challenger.read([ink])
            sample = samples[pk]
            sample.before_state, sample.before = before.state, before.text
            sample.after_state, sample.after = after.state, after.text
            sample.right_before, sample.right_after = (
                ItemResult("", sample.text, reading.state, reading.text, reading.confidence).right
                for reading in (before, after)
            )
        training_runs.record_readings(samples=samples.values())

    def _held_out(self) -> list[EvaluationSet]:
        """The drawings of held-out writers, if there are any."""
        held_out: dict[Any, DatasetItem] = {i.drawing_id: i for i in self._items if i.role == Role.HELD_OUT}
        inks = self._inks.inks([*held_out])
        items = [EvaluationItem(str(pk), ink, held_out[pk].text) for pk, ink in inks]
        return [EvaluationSet(HELD_OUT, items)] if items else []


def _ancestor_of(version: ModelVersion | None) -> Reader | None:
    """The first version of those from which a version descends; None where it is the first one itself."""
    root = version
    while root is not None and root.parent_id is not None:
        root = ModelVersion.objects.light().get(pk=root.parent_id)
    return None if root is None or root == version else Reader.open(root.checked_artifact())


def _changed_items(
    sets: Sequence[EvaluationSet], before: VersionResults, after: VersionResults
) -> list[dict[str, Any]]:
    """Items that only one version reads right, with their ink, for the pages. Users' drawings are not copied."""
    changed = []
    for evaluated, old_results, new_results in zip(sets, before.sets, after.sets, strict=True):
        if evaluated.name == HELD_OUT:
            continue
        rows = zip(evaluated.items, old_results.items, new_results.items, strict=True)
        differing = [(item, old, new) for item, old, new in rows if old.right != new.right]
        for item, old, new in differing[:_SHOWN]:
            readings = {"before": old.text, "after": new.text, "fixed": new.right}
            ink = _ink_as_json(item.ink, inverted=evaluated.glyphs)
            changed.append({"set": evaluated.name, "id": item.id, "text": item.text, **readings, **ink})
    return changed


def _ink_as_json(ink: Any, *, inverted: bool) -> dict[str, Any]:
    """`image` (base64 of a PNG, dark ink on light paper) or `strokes`."""
    if not isinstance(ink, np.ndarray):
        return {"strokes": [np.round(stroke, 2).tolist() for stroke in ink]}
    return {"image": base64.b64encode(encode_png(255 - ink if inverted else ink)).decode()}


@contextmanager
def _lease(run_id: int) -> Iterator[None]:
    """Prolong the lease while the body runs, also during one long call of TensorFlow."""
    over = threading.Event()
    thread = threading.Thread(target=_prolong, args=(run_id, over), name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _prolong(run_id: int, over: threading.Event) -> None:
    try:
        while not over.wait(settings.TRAINING_LEASE / _PULSES):
            _keep_alive(run_id)
    except training_runs.RunLost:
        logger.warning("run %s is lost; its trainer will notice at its next step", run_id)
    finally:
        connection.close()  # that of this thread


def _keep_alive(run_id: int) -> None:
    try:
        training_runs.keep_alive(run_id=run_id)
    except DatabaseError:
        logger.warning("the lease of run %s was not prolonged; the next pulse tries again", run_id, exc_info=True)
        connection.close()  # this connection may be the one that broke
