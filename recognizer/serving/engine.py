"""The worker's reader: opens the active model version, and swaps it when another is promoted."""

from __future__ import annotations

import base64
import logging
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError

from ml.ink.strokes import parse_strokes
from recognizer.models import Drawing, ModelVersion
from recognizer.models.model_version import BrokenArtifact
from recognizer.serving.messages import LiveRequest

if TYPE_CHECKING:
    from ml.decoding.reading import Reading
    from ml.inference.explain import Explanation
    from ml.inference.personalization import WriterProfile
    from ml.inference.reader import InspectedDrawing, Reader

logger = logging.getLogger(__name__)

LOOK_SECONDS = 2.0  # how often a worker looks which version is active
PORTION = 300  # strokes read together: 0.3 s in the worst case, far below the lease
HANG_SECONDS = 60  # no batch takes this long unless native code hangs


class NoActiveVersion(Exception):
    """No model version is active, or it can't be opened and no other is open."""


@dataclass(frozen=True)
class Engine:
    """An open reader with the number and name of its model version."""

    version_id: int
    name: str
    reader: Reader

    def read(self, inks: Sequence[Any], profiles: Sequence[WriterProfile | None] | None = None) -> list[Reading]:
        """Read inks (see `ink_of`), each with the profile of its writer, in as few network calls as possible."""
        with _ended_if_hung():
            return self.reader.read(inks, profiles)

    def inspect(
        self, inks: Sequence[Any], profiles: Sequence[WriterProfile | None] | None = None
    ) -> list[InspectedDrawing]:
        """As `read`, with the digits of each reading as the networks saw them."""
        with _ended_if_hung():
            return self.reader.inspect(inks, profiles)

    def writer_profile(self, confirmed: Sequence[tuple[int, Any]]) -> WriterProfile | None:
        """A writer's profile for this version, from their confirmed digits (label, ink); None of too few."""
        with _ended_if_hung():
            return self.reader.writer_profile(confirmed)

    def explain(
        self, ink: Any, digit: int, own: Sequence[tuple[int, Any]], profile: WriterProfile | None = None
    ) -> Explanation:
        """Why a digit of the ink is read as it is; `own` are single digits (label, ink) to compare with.

        Raises `ml.inference.reader.NoSuchDigit`.
        """
        with _ended_if_hung():
            return self.reader.explain(ink, digit, own, profile)


@dataclass(frozen=True)
class Trouble:
    """The active version could not be opened; `why` is a sentence."""

    version_id: int
    why: str


_current: Engine | None = None
_looked_at = float("-inf")
_trouble: Trouble | None = None


def current() -> Engine:
    """The engine of the active version, as it was at most LOOK_SECONDS ago.

    If the artifact of a new version is broken, the version before stays in use.

    Raises NoActiveVersion.
    """
    global _current, _looked_at
    if time.monotonic() - _looked_at > LOOK_SECONDS:
        _current = _look(_current)
        _looked_at = time.monotonic()
    if _current is None:
        raise NoActiveVersion("No model version is active (manage.py register_model), or it can't be opened")
    return _current


def _look(held: Engine | None) -> Engine | None:
    """The engine of the version that is active now, `held` if that is the same or can't be opened."""
    from ml.inference.artifact import ArtifactError

    global _trouble
    active = ModelVersion.objects.filter(active=True).values_list("pk", flat=True).first()
    _trouble = None
    if active is None or (held is not None and held.version_id == active):
        return held
    try:
        opened = open_version(active)
    except (ArtifactError, BrokenArtifact) as error:
        logger.exception("Version %s can't be opened; the one before it stays in use", active)
        _trouble = Trouble(active, str(error))
        return held
    logger.info("Reading with %s", opened.name)
    return opened


def trouble() -> Trouble | None:
    """Why this worker does not read with the active version; None if it does."""
    return _trouble


def open_version(pk: int) -> Engine:
    """Open any version.

    Raises ModelVersion.DoesNotExist, BrokenArtifact and `ml.inference.artifact.ArtifactError`.
    """
    from ml.inference.reader import Reader

    version = ModelVersion.objects.get(pk=pk)
    return Engine(version.pk, str(version), Reader.open(version.checked_artifact()))


def engine_that_read(version_id: int) -> Engine:
    """The engine of the version that made a prediction, or the active one if that can't be opened any more."""
    from ml.inference.artifact import ArtifactError

    active = current()
    try:
        return active if active.version_id == version_id else cached_engine(version_id)
    except (ModelVersion.DoesNotExist, ArtifactError, BrokenArtifact) as error:
        logger.warning("Explaining with the active version: %s", error)
        return active


@lru_cache(maxsize=1)
def cached_engine(version_id: int) -> Engine:
    """As `open_version`, but the last version stays open."""
    return open_version(version_id)


def active_or_shipped() -> Reader:
    """The active version's reader, or the shipped one where there is no database yet."""
    from ml.inference.reader import SHIPPED, Reader

    try:
        return current().reader
    except (DatabaseError, NoActiveVersion) as error:
        logger.warning("Reading with the shipped version: %s", error)
        return Reader.open(SHIPPED)


def portions(drawings: Sequence[Drawing]) -> list[list[Drawing]]:
    """Drawings in groups of about PORTION strokes. A usual batch of small drawings is one group."""
    groups: list[list[Drawing]] = []
    weight = PORTION
    for drawing in drawings:
        if weight >= PORTION:
            groups.append([])
            weight = 0
        groups[-1].append(drawing)
        weight += drawing.work
    return groups


def ink_of(drawing: Drawing) -> Any:
    """The ink of a stored drawing in the form that the reader takes: strokes, or pixels.

    Raises InkError or ImageError if the row was damaged since it was accepted.
    """
    if drawing.source == Drawing.Source.CANVAS:
        return parse_strokes(drawing.strokes)
    from ml.ink.images import decode_image

    return decode_image(bytes(drawing.image or b""))


def ink_of_request(request: LiveRequest) -> Any:
    """The ink of a live request in the form that the reader takes; no strokes where the request has none.

    Raises InkError or ImageError.
    """
    if "image" in request:
        from ml.ink.images import decode_image

        return decode_image(base64.b64decode(request["image"]))
    return parse_strokes(request["strokes"]) if "strokes" in request else []


@contextmanager
def _ended_if_hung() -> Iterator[None]:
    # A solo pool has no time limits, and a Python signal handler does not run while native code hangs. The default
    # action of SIGALRM ends the process: a hang becomes a crash, after which the supervisor starts a new worker
    # and the leases of its drawings expire.
    signal.alarm(HANG_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
