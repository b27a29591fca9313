"""The database refuses what must never be."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from recognizer.models import Correction, Digit, Drawing, ModelVersion, Prediction, Review

STROKES = [[[0, 0], [1, 1]]]


def refused(make) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make()


@pytest.fixture
def prediction(read_drawing: Drawing) -> Prediction:
    return read_drawing.predictions.get()


def digit_of(prediction: Prediction, **changes: object) -> Digit:
    fields = {"position": 5, "label": 3, "confidence": 0.5, "probabilities": [0.1] * 10}
    return Digit(prediction=prediction, x=0, y=0, width=1, height=1, **{**fields, **changes})


def test_it_works(prediction: Prediction) -> None:
    digit_of(prediction).save()
    digit_of(prediction, position=6, label=None).save()


@pytest.mark.parametrize(
    "fields",
    [
        {"source": "canvas"},
        {"source": "upload"},
        {"source": "canvas", "strokes": STROKES, "image": b"png"},
        {"source": "upload", "image": b"png", "width": 0, "height": 4},
        {"source": "elsewhere", "strokes": STROKES},
        {"source": "canvas", "strokes": STROKES, "state": "lost"},
        {"source": "canvas", "strokes": STROKES, "state": "failed"},
        {"source": "canvas", "strokes": STROKES, "state": "read", "failure": "but why"},
    ],
)
def test_a_drawing_has_the_ink_of_its_source_and_a_known_state(owner: User, fields: dict) -> None:
    refused(lambda: Drawing.objects.create(user=owner, **fields))


def test_only_one_version_is_active(version: ModelVersion) -> None:
    refused(lambda: ModelVersion.objects.create(sha256="1" * 64, artifact=b"", origin="trained", active=True))
    ModelVersion.objects.create(sha256="1" * 64, artifact=b"", origin="trained", active=False)


def test_one_prediction_a_drawing_and_version(prediction: Prediction) -> None:
    refused(
        lambda: Prediction.objects.create(
            drawing=prediction.drawing, model_version=prediction.model_version, state="unsure", confidence=0.1
        )
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"label": 10},
        {"confidence": 1.1},
        {"confidence": -0.1},
        {"probabilities": [0.5] * 9},
        {"probabilities": []},
        {"position": 0},
    ],
)
def test_a_digit_is_0_to_9_or_none_with_all_ten_probabilities(prediction: Prediction, changes: dict) -> None:
    refused(digit_of(prediction, **changes).save)


@pytest.mark.parametrize("changes", [{"state": "perhaps"}, {"confidence": 1.01}])
def test_a_prediction_has_a_known_state_and_a_confidence(drawing: Drawing, version, changes: dict) -> None:
    fields = {"state": "unsure", "confidence": 0.5, **changes}
    refused(lambda: Prediction.objects.create(drawing=drawing, model_version=version, **fields))


def test_one_correction_and_one_review_in_force(read_drawing: Drawing, owner: User, reviewer: User) -> None:
    correction = Correction.objects.create(drawing=read_drawing, user=owner, text="1")
    refused(lambda: Correction.objects.create(drawing=read_drawing, user=owner, text="2"))
    review = {"drawing": read_drawing, "correction": correction, "reviewer": reviewer}
    refused(lambda: Review.objects.create(**review, verdict="perhaps"))
    refused(lambda: Review.objects.create(**review, verdict="number"))
    refused(lambda: Review.objects.create(**review, verdict="unreadable", text="7"))
    refused(lambda: Review.objects.create(**review, verdict="unreadable", undone_at=timezone.now()))
    Review.objects.create(**review, verdict="number", text="7")
    refused(lambda: Review.objects.create(**review, verdict="unreadable"))


def test_a_version_that_has_predicted_is_kept(prediction: Prediction) -> None:
    from django.db.models import ProtectedError

    with pytest.raises(ProtectedError):
        prediction.model_version.delete()
