"""One training run from its manifest to its verdict: what the training worker and `manage.py retrain` do."""

from __future__ import annotations

import base64
import logging
import resource
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.db import DatabaseError, connection

from ml.evaluation.comparison import compare_versions, evaluate_version
from ml.evaluation.promotion_gates import judge_challenger
from ml.evaluation.regression_sets import regression_sets
from ml.ink.images import encode_png
from recognizer.models import ModelVersion, TrainingRun, TrainingSample
from recognizer.models.model_version import BrokenArtifact
from recognizer.services import training_runs
from recognizer.training import dataset
from recognizer.training.dataset import DatasetItem, Role

if TYPE_CHECKING:
    from ml.decoding.reading import Reading
    from ml.evaluation.comparison import EvaluationItem, EvaluationSet, ItemResult, VersionResults
    from ml.inference.reader import Reader
    from ml.training.finetune import FinetuneSettings
    from ml.training.progress import Progress
    from ml.training.reviewed_data import ReviewedDigits

logger = logging.getLogger(__name__)

State = TrainingRun.State
LineCallback = Callable[[str], None]

_SHOWN = 40  # drawings of a frozen set that are kept to be looked at
_PULSES = 4  # a lease is prolonged so often while it lasts


@dataclass
class RunProgress:
    """A run under way: writes down its stages and what each took. Raises RunLost if it is not ours any more."""

    run: TrainingRun
    told: LineCallback = lambda line: None
    seconds: dict[str, float] = field(default_factory=dict)
    losses: list[list[Any]] = field(default_factory=list)

    def stage(self, name: str) -> None:
        """A new stage begins."""
        self._close()
        self._name, self._since = name, time.monotonic()
        training_runs.note(run_id=self.run.pk, stage=name, progress={}, seconds=self.seconds)
        self.told(name)

    def progress(self, step: Progress) -> None:
        """How far a stage of training is."""
        if step.loss is not None:
            self.losses.append([step.stage, step.epoch, round(step.loss, 5)])
        training_runs.note(run_id=self.run.pk, progress=asdict(step), losses=self.losses)
        loss = "" if step.loss is None else f", loss {step.loss:.4f}"
        left = "" if step.seconds_left is None else f", about {step.seconds_left:.0f} s of training left"
        self.told(f"{step.stage}: {step.epoch} of {step.epochs}{loss}{left}")

    def counted(self, of: int) -> LineCallback:
        """For a stage that tells a line a step."""
        steps = count(1)

        def tell(line: str) -> None:
            training_runs.note(run_id=self.run.pk, progress={"epoch": next(steps), "epochs": of})
            self.told(line)

        return tell

    def facts(self) -> dict[str, Any]:
        """What there is to say at the end."""
        self._close()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        return {"seconds": self.seconds, "losses": self.losses, "peak_memory": peak, "stage": ""}

    def _close(self) -> None:
        if name := getattr(self, "_name", ""):
            self.seconds[name] = round(self.seconds.get(name, 0) + time.monotonic() - self._since, 1)
            self._name = ""


def train_run(run_id: int, told: LineCallback = lambda line: None) -> TrainingRun:
    """Carry a run through; its row says how it ended, also when something broke. Raises RunLost."""
    course = RunProgress(training_runs.take_run(run_id=run_id), told)
    with _pulse(run_id):
        try:
            _carry_through(course)
        except training_runs.RunLost:
            raise
        except Exception as error:  # whatever it is: the run has ended, and the reason stands in its row
            logger.exception("run %s broke off", run_id)
            training_runs.end_run(run_id=run_id, state=State.FAILED, reason=_plainly(error), **course.facts())
    return TrainingRun.objects.select_related("version", "base").get(pk=run_id)


def _plainly(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"It broke off: {error.strerror}."
    return f"It broke off: {error}" if str(error) else f"It broke off: {type(error).__name__}."


def _carry_through(course: RunProgress) -> None:
    from ml.inference.reader import Reader

    base = ModelVersion.objects.filter(active=True).first()
    if base is None:
        raise BrokenArtifact("No version is active: run manage.py register_model.")
    champion = base.checked_artifact()
    training_runs.note(run_id=course.run.pk, base=base)
    course.run.base = base
    reader = Reader.open(champion)
    samples = dataset.build_dataset(reader, settings.TRAINING_DATA, course.stage)
    _freeze(course.run, samples, base)
    if not {Role.TRAIN, Role.VALIDATE} <= {sample.role for sample in samples}:
        why = "Too little of what was reviewed can train: see what was set aside, and why."
        training_runs.end_run(run_id=course.run.pk, state=State.SKIPPED, reason=why, **course.facts())
        return
    artifact = _trained(course, champion, samples)
    if artifact == champion:
        why = "Nothing that was learned was better than what is known."
        training_runs.end_run(run_id=course.run.pk, state=State.REJECTED, reason=why, **course.facts())
        return
    if earlier := TrainingRun.objects.that_made(artifact, course.run.manifest_hash):
        why = f"Nothing changed: it made {earlier.version} of {earlier} again."
        training_runs.end_run(run_id=course.run.pk, state=State.REJECTED, reason=why, **course.facts())
        return
    verdict = _judged(course, reader, Reader.open(artifact), samples, (len(champion), len(artifact)))
    state = training_runs.settle_run(run_id=course.run.pk, artifact=artifact, verdict=verdict, **course.facts())
    logger.info("run %s is %s", course.run.pk, state)


def _freeze(run: TrainingRun, samples: Sequence[DatasetItem], base: ModelVersion) -> None:
    """The manifest as rows, before anything is learned from it."""
    TrainingSample.objects.bulk_create(
        TrainingSample(
            run=run,
            drawing_id=sample.drawing_id,
            writer_id=sample.writer_id,
            review_id=sample.review_id,
            text=sample.text,
            role=sample.role,
            reason=sample.reason,
        )
        for sample in samples
    )
    run.manifest_hash = dataset.hash_of(samples, seed=run.seed, reader=base.sha256, from_scratch=run.from_scratch)
    training_runs.note(run_id=run.pk, manifest_hash=run.manifest_hash)


def _trained(course: RunProgress, champion: bytes, samples: Sequence[DatasetItem]) -> bytes:
    from ml.training.finetune import FinetuneSettings, finetune, retrain_from_scratch
    from ml.training.train import TrainingSettings

    new, chosen_by = (_material(samples, role) for role in (Role.TRAIN, Role.VALIDATE))
    logs = settings.DATA_DIR / "training" / f"run-{course.run.pk}"
    course.stage("training")
    if course.run.from_scratch:
        plan = TrainingSettings(seed=course.run.seed)
        return retrain_from_scratch(new, chosen_by, settings.TRAINING_DATA, plan, course.progress, logs)
    tuning = FinetuneSettings(seed=course.run.seed)
    if settings.TRAINING_STEPS:
        tuning = _shortened(tuning, settings.TRAINING_STEPS)
    return finetune(champion, new, chosen_by, settings.TRAINING_DATA, tuning, course.progress, logs).artifact


def _shortened(tuning: FinetuneSettings, steps: int) -> FinetuneSettings:
    """As far in fewer steps: they are larger, and the average looks back over as large a part of them."""
    rate = tuning.rate * min(4.0, max(1.0, tuning.steps / steps))
    average = 1 - (1 - tuning.average) * tuning.steps / max(steps, 50)
    return replace(tuning, steps=steps, drawn_steps=steps, rate=rate, average=average)


def _material(samples: Sequence[DatasetItem], role: str) -> ReviewedDigits:
    from ml.training.reviewed_data import ReviewedDigits

    return ReviewedDigits.of(s.aligned for s in samples if s.role == role and s.aligned is not None)


def _judged(
    course: RunProgress, before: Reader, after: Reader, samples: Sequence[DatasetItem], sizes: tuple[int, int]
) -> dict[str, Any]:
    """The verdict on the new version, as plain types; what both read in every sample is written down."""

    course.stage("reading reviewed drawings with both versions")
    _compare(course.run, before, after, samples)
    course.stage("reading the frozen sets with both versions")
    sets = [*regression_sets(settings.TRAINING_DATA), *_held_out(samples)]
    first = _first(course.run)
    told = course.counted((2 if first is None else 3) * len(sets))
    examined = compare_versions(before, after, sets, told, sizes=sizes)
    began = None if first is None else evaluate_version(first, sets, told)
    verdict = judge_challenger(*examined, first=began)
    return {**verdict.as_json(), "changed": _changed(sets, *examined)}


def _first(run: TrainingRun) -> Reader | None:
    """The version that the active one descends from, by however many trainings; None where it is that itself."""
    from ml.inference.reader import Reader

    root = run.base
    while root is not None and root.parent_id is not None:
        root = ModelVersion.objects.light().get(pk=root.parent_id)
    return None if root is None or root == run.base else Reader.open(root.checked_artifact())


def _held_out(samples: Sequence[DatasetItem]) -> list[EvaluationSet]:
    """The drawings of writers who never train, if there are any."""
    from ml.evaluation.comparison import HELD_OUT, EvaluationItem, EvaluationSet

    held = [sample for sample in samples if sample.role == Role.HELD_OUT]
    items = [EvaluationItem(str(sample.drawing_id), ink, sample.text) for sample, ink in dataset.inked(held)]
    return [EvaluationSet(HELD_OUT, items)] if items else []


def _changed(sets: Sequence[EvaluationSet], before: VersionResults, after: VersionResults) -> list[dict[str, Any]]:
    """What only one version reads rightly, with its ink, so that people can look at it; that of users is kept."""
    from ml.evaluation.comparison import HELD_OUT

    found = []
    for each, old, new in zip(sets, before.sets, after.sets, strict=True):
        rows = zip(each.items, old.outcomes, new.outcomes, strict=True)
        differ = [row for row in rows if row[1].right != row[2].right and each.name != HELD_OUT]
        found += [_as_shown(each, *row) for row in differ[:_SHOWN]]
    return found


def _as_shown(each: EvaluationSet, item: EvaluationItem, old: ItemResult, new: ItemResult) -> dict[str, Any]:

    ink: dict[str, Any]
    if isinstance(item.ink, np.ndarray):
        dark = 255 - item.ink if each.glyphs else item.ink  # ink on paper
        ink = {"image": base64.b64encode(encode_png(dark)).decode()}
    else:
        ink = {"strokes": [np.round(stroke, 2).tolist() for stroke in item.ink]}
    read = {"before": old.text, "after": new.text, "fixed": new.right}
    return {"set": each.name, "id": item.id, "text": item.text, **read, **ink}


def _compare(run: TrainingRun, before: Reader, after: Reader, samples: Sequence[DatasetItem]) -> None:
    rows = {row.drawing_id: row for row in run.samples.all()}
    for sample, ink in dataset.inked(samples):
        [old], [new] = before.read([ink]), after.read([ink])
        row = rows[sample.drawing_id]
        row.before_state, row.before, row.right_before = old.state, old.text, _is_right(old, sample.text)
        row.after_state, row.after, row.right_after = new.state, new.text, _is_right(new, sample.text)
    fields = ["before_state", "before", "right_before", "after_state", "after", "right_after"]
    TrainingSample.objects.bulk_update(rows.values(), fields, batch_size=200)


def _is_right(reading: Reading, text: str) -> bool:
    """As `ml.evaluation.comparison` counts."""
    return reading.text.split() == text.split() if text else reading.state != "recognised"


@contextmanager
def _pulse(run_id: int) -> Iterator[None]:
    """Prolong the lease while the body runs, also inside one long call of TensorFlow."""
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
        logger.warning("run %s is lost; its trainer will find out at its next step", run_id)
    finally:
        connection.close()  # that of this thread


def _keep_alive(run_id: int) -> None:
    try:
        training_runs.keep_alive(run_id=run_id)
    except DatabaseError:
        logger.warning("the lease of run %s was not prolonged; the next pulse tries again", run_id, exc_info=True)
        connection.close()  # it may be that which broke
