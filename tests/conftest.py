"""The cast, and the one seam: the reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import hypothesis
import numpy as np
import pytest
import redis
from celery import current_app
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from accounts.tokens import create_token
from ml.decoding.reading import Digit, Number, Reading
from ml.inference.explain import Explanation, OcclusionLoss, SimilarDigit, StrokeContribution
from ml.inference.reader import NoSuchDigit
from recognizer import tasks
from recognizer.models import Drawing, ModelVersion, Promotion
from recognizer.services import model_versions, predictions, reviews
from recognizer.serving import doorbell, engine

pytest_plugins = ["tests.site", "tests.distribution"]

# Without time limits: the first example of a test may load a reader, and the machine may be busy.
hypothesis.settings.register_profile("numeral", deadline=None)
hypothesis.settings.load_profile("numeral")

ONE = [[[50, 10], [50, 60], [50, 110]]]  # the strokes of a 1
PASSWORD = "correct horse battery"  # of everybody


@pytest.fixture(autouse=True)
def _nothing_counted_yet() -> None:
    cache.clear()


@pytest.fixture
def owner(db: None) -> User:
    return User.objects.create_user("owner", "owner@example.com", PASSWORD)


@pytest.fixture
def stranger(db: None) -> User:
    return User.objects.create_user("stranger", "stranger@example.com", PASSWORD)


@pytest.fixture
def reviewer(db: None) -> User:
    return User.objects.create_superuser("reviewer", "reviewer@example.com", PASSWORD)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def owner_client(owner: User) -> Client:
    return signed_in(owner)


@pytest.fixture
def stranger_client(stranger: User) -> Client:
    return signed_in(stranger)


@pytest.fixture
def reviewer_client(reviewer: User) -> Client:
    return signed_in(reviewer)


@pytest.fixture
def api(owner: User) -> Client:
    """A program with a token of the owner's."""
    return Client(headers={"Authorization": f"Token {create_token(user=owner)}"})


@pytest.fixture
def trainer(db: None) -> User:
    """A member of staff who may train and promote."""
    user = User.objects.create_user("trainer", "trainer@example.com", PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name="trainers"))
    return user


@pytest.fixture
def trainer_client(trainer: User) -> Client:
    return signed_in(trainer)


@pytest.fixture
def program(trainer: User) -> Client:
    """A program with a token of the trainer's."""
    return Client(headers={"Authorization": f"Token {create_token(user=trainer)}"})


def digit(label: int | None = 7, confidence: float = 0.98, line: int = 0) -> Digit:
    rest = (1 - confidence) / 9
    values = tuple(confidence if k == (label or 0) else rest for k in range(10))
    return Digit(label, confidence, values, (1.0, 2.0, 30.0, 40.0), line)


def reading_of(text: str = "7", state: str = "recognised", confidence: float = 0.98) -> Reading:
    return Reading(state, text, confidence, tuple(digit(int(c), confidence) for c in text if c.isdigit()))


def page_of(*lines: str) -> Reading:
    """A reading of several numbers. Of a line such as "12 48?" the second one is doubtful, "-" is ink not read."""
    digits: list[Digit] = []
    numbers: list[Number] = []
    for line, words in enumerate(lines):
        for word in words.split():
            if word == "-":
                digits.append(digit(None, 0.6, line))
                continue
            text, doubtful = word.rstrip("?"), word.endswith("?")
            own = tuple(range(len(digits), len(digits) + len(text)))
            confidence = 0.4 if doubtful else 0.98
            box = (10.0 * own[0], 50.0 * line, 10.0 * len(own) - 2, 40.0)
            state, alternative = ("unsure", "7" * len(text)) if doubtful else ("recognised", None)
            numbers.append(Number(text, confidence, state, line, box, own, alternative))
            for place, label in zip(own, text, strict=True):
                one = Digit(int(label), 0.98, (0.1,) * 10, (10.0 * place, box[1], 8.0, 40.0), line)
                digits.append(replace(one, number=len(numbers) - 1))
    state = "unsure" if any(d.label is None for d in digits) or "?" in "".join(lines) else "recognised"
    texts = [" ".join(n.text for n in numbers if n.line == line) for line in range(len(lines))]
    text = "\n".join(filter(None, texts))
    return Reading(state, text, 0.1, tuple(digits), None, tuple(numbers))


def explanation_of(label: int | None = 7, second: int = 1) -> Explanation:
    """What a reader says of a 7 that would be a 1 without its bar."""
    glyph = np.zeros((28, 28), np.uint8)
    glyph[6:20, 14] = 255
    return Explanation(
        glyph=glyph,
        label=label,
        chance=0.98,
        second=second,
        second_chance=0.004,
        heat=np.full((28, 28), 0.25, np.float32),
        contrast=np.full((28, 28), 1.5, np.float32),
        parts=(StrokeContribution(np.array([[10, 10], [60, 10]], np.float32), 0.9, 7.5),),
        strongest=OcclusionLoss("top", "bar", 0.9, second),
        turning=OcclusionLoss("top", "bar", 0.9, second),
        against=None,
        nearest=(SimilarDigit(label or 0, 0.97, glyph, own=False),),
        nearest_second=SimilarDigit(second, 0.4, glyph, own=True),
    )


class FakeReader:
    """Reads what it is told to, and remembers what it was shown."""

    def __init__(self) -> None:
        self.says = reading_of()
        self.explains = explanation_of()
        self.batches: list[int] = []
        self.compared: list[tuple[int, Any]] = []
        self.breaks_on: Callable[[Any], bool] = lambda ink: False
        self.profiles: list[Any] = []  # of the last batch

    def read(self, inks: Sequence[Any], profiles: Sequence[Any] | None = None) -> list[Reading]:
        self.batches.append(len(inks))
        self.profiles = list(profiles or [])
        if any(self.breaks_on(ink) for ink in inks):
            raise RuntimeError("the network fell over")
        return [
            self.says if len(np.shape(ink)) == 2 or len(ink) else Reading("empty", "", 0.0, ()) for ink in inks
        ]

    def writer_profile(self, confirmed: Sequence[tuple[int, Any]]) -> tuple[int, ...]:
        """The labels, the newest first."""
        return tuple(label for label, _ in confirmed)

    def explain(
        self, ink: Any, digit: int = 0, own: Sequence[tuple[int, Any]] = (), profile: Any = None
    ) -> Explanation:
        self.compared = list(own)
        if digit >= len(self.says.digits):
            raise NoSuchDigit
        return self.explains


@pytest.fixture
def version(db: None) -> ModelVersion:
    return ModelVersion.objects.create(sha256="0" * 64, artifact=b"", origin="shipped", active=True)


def another_artifact(name: str = "another") -> bytes:
    """One that can really be opened: the shipped networks under another name."""
    from ml.inference.artifact import pack, unpack
    from ml.inference.reader import SHIPPED

    held = unpack(SHIPPED.read_bytes())
    return pack(held.model, {**held.card, "name": name}, held.weights, held.exemplars, held.trajectory, held.line)


def register_another(name: str = "another", **fields: Any) -> ModelVersion:
    version, new = model_versions.register_version(
        artifact=another_artifact(name), origin=ModelVersion.Origin.TRAINED
    )
    assert new
    ModelVersion.objects.filter(pk=version.pk).update(**fields)
    version.refresh_from_db()
    return version


def register_own() -> ModelVersion:
    """A version trained here, which is active after an older shipped one."""
    old = register_another("old", origin="shipped")
    model_versions.promote_version(version=old, instead_of=None, kind=Promotion.Kind.INSTALLED)
    trained = register_another("trained", parent=old)
    model_versions.promote_version(version=trained, instead_of=old, kind=Promotion.Kind.AUTOMATIC)
    return trained


@pytest.fixture
def reader(version: ModelVersion, monkeypatch: pytest.MonkeyPatch) -> FakeReader:
    """The active version reads, but it is the fake that does."""
    fake = FakeReader()
    monkeypatch.setattr(engine, "current", lambda: engine.Engine(version.pk, str(version), fake))
    return fake


@pytest.fixture
def worker(reader: FakeReader, monkeypatch: pytest.MonkeyPatch) -> FakeReader:
    """A worker that answers as soon as somebody rings: the queue's part without a queue."""
    answers: dict[str, Any] = {}
    monkeypatch.setattr(doorbell, "ring", lambda: bool(tasks.read_waiting()))
    monkeypatch.setattr(doorbell, "reply", lambda ids: None)
    monkeypatch.setattr(doorbell, "answered", lambda: None)
    monkeypatch.setattr(doorbell, "answer", answers.__setitem__)

    def ask(task: str, request: dict[str, Any], *, seconds: float) -> dict[str, Any]:
        current_app.tasks[task]("test", request)
        return answers.pop("test")

    monkeypatch.setattr(doorbell, "ask", ask)
    return reader


@pytest.fixture
def counting(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    """A real Redis, in which throttles count."""
    client = redis.Redis.from_url(redis_url, socket_timeout=3)
    client.flushall()
    monkeypatch.setattr(doorbell, "_redis", lambda seconds=1: client)
    yield client
    client.close()


@pytest.fixture
def rates(settings: Any) -> dict[str, str]:
    """The rates of the throttles, to be changed."""
    settings.REST_FRAMEWORK = {
        **settings.REST_FRAMEWORK,
        "DEFAULT_THROTTLE_RATES": dict(settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]),
    }
    return settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]


@pytest.fixture
def drawing(owner: User) -> Drawing:
    """A canvas drawing of the owner's that waits."""
    return predictions.submit_strokes(user=owner, strokes=ONE)


@pytest.fixture
def read_drawing(drawing: Drawing, version: ModelVersion) -> Drawing:
    """A canvas drawing of the owner's that was read as 7."""
    predictions.store(readings=[(drawing.pk, reading_of("7"))], version_id=version.pk)
    drawing.refresh_from_db()
    return drawing


def drawings_read(owner: User, version: ModelVersion, count: int, correction: str = "") -> None:
    """Give the owner drawings that were read as 12, and say what each should be."""
    for _ in range(count):
        drawing = predictions.submit_strokes(user=owner, strokes=ONE)
        predictions.store(readings=[(drawing.pk, reading_of("12"))], version_id=version.pk)
        if correction:
            reviews.correct_drawing(drawing=drawing, user=owner, text=correction)


@pytest.fixture
def upload(owner: User) -> Drawing:
    """An uploaded picture of the owner's that waits."""
    from ml.ink import images

    png = images.encode_png(np.full((40, 60), 255, np.uint8))
    return predictions.submit_picture(user=owner, image=png, thumbnail=png, size=(60, 40))
