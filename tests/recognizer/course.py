"""Training runs as a trainer leaves them, without training: rows for the pages to show."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import User
from recognizer.models import Drawing, ModelVersion, Review, TrainingRun, TrainingSample
from recognizer.services import reviews

State, Role = TrainingRun.State, TrainingSample.Role
LOSSES = [["fine-tuning", 1, 0.9], ["fine-tuning", 2, 0.5], ["fine-tuning", 3, 0.4], ["calibrating", 1, 0.2]]


def verdict(*, passed: bool = True) -> dict[str, Any]:
    """As `ml.evaluation.promotion_gates` and the trainer write it down."""
    errors = {"n": 2040, "fixes": 12, "breaks": 3, "errors": [40, 31], "difference": -0.0044, "bound": 0.001}
    held = {"n": 120, "fixes": 9, "breaks": 2, "errors": [14, 7], "significant": True, "mid_p": 0.0386}
    digits = {str(d): {"n": 204, "right": [200 - d % 3, 201 - d % 2]} for d in range(10)}
    gates = [
        gate("no_worse_digits", True, "Drawn digits: reads 12 right that were misread.", errors),
        gate("better", passed, "Reads 9 held-out drawings right that were misread.", held),
        gate("recall", True, "No digit is read noticeably worse.", {"digits": digits}),
        gate("speed", True, "A drawing takes 0.42 ms instead of 0.41 ms.", {"milliseconds": [0.41, 0.42]}),
    ]
    changes = [
        {"name": "digits", "fixes": ["a", "b"], "breaks": ["c"]},
        {"name": "junk", "fixes": [], "breaks": []},
    ]
    changed = [
        {"set": "digits", "id": "a", "text": "7", "before": "1", "after": "7", "fixed": True,
         "strokes": [[[0, 0], [20, 0], [8, 40]]]},
        {"set": "photos", "id": "c", "text": "12", "before": "12", "after": "", "fixed": False,
         "image": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="},
    ]  # fmt: skip
    return {"passed": passed, "gates": gates, "changes": changes, "changed": changed}


def gate(name: str, passed: bool, sentence: str, figures: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "passed": passed, "sentence": sentence, "figures": figures}


def new_version(parent: ModelVersion | None = None, **fields: Any) -> ModelVersion:
    """A version that is a row and nothing more."""
    return ModelVersion.objects.create(
        sha256=uuid.uuid4().hex * 2, **{"artifact": b"", "origin": "trained", "parent": parent, **fields}
    )


def run_of(state: str, **fields: Any) -> TrainingRun:
    now = timezone.now()
    over = {} if state == State.RUNNING else {"finished_at": now + timedelta(seconds=200)}
    made = {
        "trigger": "button",
        "state": state,
        "lease_until": now + timedelta(hours=1),
        "started_at": now,
        **over,
    }
    return TrainingRun.objects.create(**{**made, **fields})


def judged_run(state: str, parent: ModelVersion | None, *, passed: bool = True, **fields: Any) -> TrainingRun:
    """A run that brought forth a version, with everything there is to show of it."""
    made = {"base": parent, "version": new_version(parent), "verdict": verdict(passed=passed), "losses": LOSSES}
    told = {"seconds": {"training": 180.4, "storing": 2.0}, "manifest_hash": "ab" * 32, "peak_memory": 900}
    return run_of(state, **{**made, **told, "reason": "It passed all gates.", **fields})


def sample_of(run: TrainingRun, drawing: Drawing | None, role: str, **fields: Any) -> TrainingSample:
    """An entry of the ledger; of no drawing: of one that was deleted."""
    made = {"drawing_id": drawing.pk if drawing else uuid.uuid4(), "writer_id": 1, "review_id": 1, "text": "7"}
    return TrainingSample.objects.create(run=run, role=role, **{**made, **fields})


def compared(before: str, after: str, text: str = "7") -> dict[str, Any]:
    """The fields of a sample that both versions have read."""
    return {
        "before_state": "recognised", "before": before, "right_before": before == text,
        "after_state": "recognised", "after": after, "right_after": after == text, "text": text,
    }  # fmt: skip


def samples_of(run: TrainingRun, drawings: Iterable[Drawing], role: str = Role.TRAIN, **fields: Any) -> None:
    for drawing in drawings:
        sample_of(run, drawing, role, **fields)


def reviewed(drawing: Drawing, reviewer: User, text: str = "7") -> Review:
    """The writer says what it is, and a reviewer agrees."""
    reviews.correct_drawing(drawing=drawing, user=drawing.user, text=text)
    return decide(drawing, reviewer, text)


def decide(drawing: Drawing, reviewer: User, text: str | None) -> Review:
    """A reviewer who sees the drawing as it is now says what it is; None: unreadable."""
    decision = reviews.Decision(Review.Verdict.UNREADABLE) if text is None else reviews.Decision.of(text)
    seen = Drawing.objects.get(pk=drawing.pk).seen
    return reviews.decide(drawing_id=drawing.pk, reviewer=reviewer, decision=decision, seen=seen)


def text_of(client: Client, path: str) -> str:
    """The page that a trainer gets."""
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()
