"""Rows for the review desk, made beside a running site: reviewers, and drawings that wait for them.

It is called in `manage.py shell` of that site.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from ml.decoding.reading import Digit, Reading
from recognizer.models import Drawing, ModelVersion, ReviewItem
from recognizer.services import predictions, review_queue, reviews
from tests.e2e.conftest import make_picture
from tests.e2e.hand import layout

OF_ONE = 40  # drawings of one writer: fewer than REVIEW_A_DAY
SIZE = 400  # drawing units of a line
PASSWORD = "correct horse battery"


def numbers(count: int) -> list[str]:
    """Different numbers of the digits that the hand can write."""
    digits = "0147"
    return [digits[i // 64 % 4] + digits[i // 16 % 4] + digits[i // 4 % 4] + digits[i % 4] for i in range(count)]


def make_reviewer(name: str) -> None:
    user = User.objects.create_user(name, password=PASSWORD)
    user.groups.add(Group.objects.get(name="reviewers"))


@transaction.atomic
def fill_queue(
    texts: Sequence[str], *, corrections: Mapping[int, str] | None = None, uploads: int = 0
) -> list[str]:
    """Empty the queue, then put drawings into it that were read as these texts, the first ones worth most.

    `corrections` has what writers say, by place. The last `uploads` are pictures. Returns the drawings' ids.
    """
    ReviewItem.objects.all().delete()
    User.objects.filter(username__startswith="writer-").delete()
    writers = [
        User.objects.create_user(f"writer-{i}", password=None, may_train=True)
        for i in range(-(-len(texts) // OF_ONE))
    ]
    drawings = [
        _draw(writers[i // OF_ONE], text, is_upload=i >= len(texts) - uploads) for i, text in enumerate(texts)
    ]
    fetched = Drawing.objects.with_predictions().with_verdicts().in_bulk([d.pk for d in drawings])
    review_queue.put_many(drawings=[fetched[d.pk] for d in drawings])
    for place, text in (corrections or {}).items():
        reviews.correct_drawing(drawing=drawings[place], user=drawings[place].user, text=text)
    now = timezone.now()  # a worker would find another worth for what nobody has looked at, and change the order
    for i, drawing in enumerate(drawings):
        ReviewItem.objects.filter(pk=drawing.pk).update(worth=1 - i / 1000, scored_at=now)
    return [str(drawing.pk) for drawing in drawings]


def _draw(writer: User, text: str, *, is_upload: bool) -> Drawing:
    if is_upload:
        png = make_picture()
        drawing = predictions.submit_picture(user=writer, image=png, thumbnail=png, size=(400, 300))
    else:
        drawing = predictions.submit_strokes(user=writer, strokes=_strokes(text))
    version = ModelVersion.objects.get(active=True)
    predictions.store(readings=[(drawing.pk, _reading(text))], version_id=version.pk)
    return drawing


def _strokes(text: str) -> list[list[list[float]]]:
    """Digits in lines; each point has its time in ms."""
    strokes: list[list[list[float]]] = []
    time = 0
    for row, line in enumerate(text.split("\n")):
        for stroke in layout(line.replace(" ", "")):
            points = [
                [x * SIZE, row * SIZE * 0.6 + y * SIZE, float(time + 20 * i)] for i, (x, y) in enumerate(stroke)
            ]
            time += 20 * len(points) + 100
            strokes.append(points)
    return strokes


def _reading(text: str) -> Reading:
    digits = []
    for row, line in enumerate(text.split("\n")):
        digits_of = line.replace(" ", "")
        cell = 0.8 * SIZE / len(digits_of)
        for i, label in enumerate(digits_of):
            shares = tuple(0.8 if k == int(label) else 0.02 for k in range(10))
            top = row * SIZE * 0.6 + 0.3 * SIZE
            box = (0.1 * SIZE + cell * (i + 0.15), top, 0.7 * cell, 0.4 * SIZE)
            digits.append(Digit(int(label), 0.8, shares, box, row))
    return Reading("unsure", text, 0.42, tuple(digits), text[:-1] + "1")


def decide_beside(drawing: str, text: str) -> None:
    """Somebody else, whose name is "beside", decides."""
    user, _ = User.objects.get_or_create(username="beside")
    seen = Drawing.objects.get(pk=drawing).seen
    reviews.decide(drawing_id=UUID(drawing), reviewer=user, decision=reviews.Decision.of(text), seen=seen)
