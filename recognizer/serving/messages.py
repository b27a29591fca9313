"""The messages between the web process and the workers: names of tasks, and the JSON that each takes and answers.

The functions of the tasks are in `recognizer.tasks`. A worker of the release before may still run while this one
is installed: add keys, and do not change what a key means.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NotRequired, TypedDict


class TaskName(StrEnum):
    """What the queue calls each task."""

    READ_WAITING = "recognizer.tasks.read_waiting"
    READ_LIVE = "recognizer.tasks.read_live"
    EXPLAIN = "recognizer.tasks.explain"
    EXPORT_VERSION = "recognizer.tasks.export"
    WRITE_DATA_EXPORT = "recognizer.tasks.write_export"
    TRAIN = "recognizer.tasks.train"
    RETRAIN_ON_SCHEDULE = "recognizer.tasks.retrain_on_schedule"
    RECONCILE = "recognizer.tasks.reconcile"
    READ_SHADOW = "recognizer.tasks.read_shadow"
    SCORE_REVIEW_ITEMS = "recognizer.tasks.score_review_items"
    PURGE = "recognizer.tasks.purge"


class LiveRequest(TypedDict, total=False):
    """Ink to read at once: `strokes` or `image`, or neither to find out whether a worker answers."""

    strokes: list[Any]  # [[[x, y, t?], ...], ...]
    image: str  # base64
    user: int | None  # whose writer profile is applied


class LiveReply(TypedDict):
    """What `ml.decoding.reading.reading_as_json` gives, and the version that read."""

    state: str
    text: str
    confidence: float
    alternative: str | None
    digits: list[dict[str, Any]]
    numbers: NotRequired[list[dict[str, Any]]]  # a worker of the release before has none
    model_version: str


class ExplainRequest(TypedDict):
    drawing: str  # its id
    version: int  # the number of the version whose prediction is explained
    digit: int  # counts from 0


class ExplainReply(TypedDict, total=False):
    """`error`, or what `recognizer.presentation.explanation_text.as_json` gives with these keys."""

    error: str
    digit: int
    model_version: str


class DownloadRequest(TypedDict):
    version: int


class DownloadReply(TypedDict):
    """One of the two."""

    error: NotRequired[str]
    zip: NotRequired[str]  # base64
