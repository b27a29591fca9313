"""GET /api/v1/predictions/{id}/explanation/: why a digit was read as it was."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
from django.test import Client
from PIL import Image

from accounts.models import User
from ml.inference.reader import SHIPPED, Reader
from recognizer.api.serializers import ExplanationSerializer
from recognizer.models import Drawing, ModelVersion, Prediction
from recognizer.services import model_versions, predictions, reviews
from recognizer.serving import doorbell, engine
from tests.conftest import ONE, FakeReader, drawings_read, explanation_of, reading_of
from tests.recognizer.course import decide


def url(drawing: Drawing, digit: object = 0) -> str:
    return f"/api/v1/predictions/{drawing.pk}/explanation/?digit={digit}"


def confirmed(owner: User, version: ModelVersion, text: str, said: str | None = "") -> Drawing:
    """A drawing of the owner's which they say is `text`, and what a reviewer said to that."""
    drawing = predictions.submit_strokes(user=owner, strokes=ONE)
    predictions.store(readings=[(drawing.pk, reading_of("7"))], version_id=version.pk)
    reviews.correct_drawing(drawing=drawing, user=owner, text=text)
    decide(drawing, owner, text if said == "" else said)
    return drawing


def test_it_works(api: Client, worker: FakeReader, read_drawing: Drawing) -> None:
    before = list(Prediction.objects.values())
    answer = api.get(url(read_drawing))
    assert answer.status_code == 200
    body = answer.json()
    assert (body["label"], body["probability"]) == (7, 0.98)
    assert body["second"] == {"label": 1, "probability": 0.004}
    assert body["sentences"][0] == ("The bar at the top speaks most for 7: without it, this would be read as 1.")
    assert np.shape(body["heat"]) == np.shape(body["contrast"]) == (28, 28)
    assert body["strokes"] == [{"points": [[10, 10], [60, 10]], "weight": 0.9, "contrast": 7.5}]
    assert body["nearest"][0]["own"] is False
    assert Image.open(io.BytesIO(base64.b64decode(body["glyph"]))).size == (28, 28)
    assert list(Prediction.objects.values()) == before


def test_an_answer_has_the_fields_that_the_schema_names(api, worker, read_drawing) -> None:
    body = api.get(url(read_drawing)).json()
    fields: Any = ExplanationSerializer().fields
    assert list(body) == list(fields)
    for name in ("strongest", "second", "nearest_second"):
        assert list(body[name]) == list(fields[name].fields)
    for name in ("strokes", "nearest"):
        assert list(body[name][0]) == list(fields[name].child.fields)


def test_the_first_digit_is_meant_where_none_is_named(api, worker, read_drawing) -> None:
    answer = api.get(f"/api/v1/predictions/{read_drawing.pk}/explanation/")
    assert answer.json()["digit"] == 0


@pytest.mark.parametrize("digit", ["1", "-1", "x", "1e9", "99999999999999999999999"])
def test_a_digit_that_is_not_there_is_refused(api, worker, read_drawing, digit: str) -> None:
    answer = api.get(url(read_drawing, digit))
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_a_drawing_without_digits_has_nothing_to_explain(api, worker, owner, version) -> None:
    drawing = predictions.submit_strokes(user=owner, strokes=ONE)
    predictions.store(readings=[(drawing.pk, reading_of("", "empty", 0.0))], version_id=version.pk)
    answer = api.get(url(drawing))
    assert answer.status_code == 400
    assert "no digits" in answer.json()["detail"]


def test_a_drawing_that_waits_is_not_explained_yet(api, worker, drawing: Drawing) -> None:
    answer = api.get(url(drawing))
    assert answer.status_code == 409
    assert "not been read yet" in answer.json()["detail"]


def test_a_stranger_finds_nothing(stranger_client: Client, worker, read_drawing) -> None:
    assert stranger_client.get(url(read_drawing)).status_code == 404


def test_nobody_gets_in_without_signing_in(client: Client, worker, read_drawing) -> None:
    answer = client.get(url(read_drawing))
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


def test_staff_who_review_may_ask_too(reviewer_client: Client, worker, read_drawing) -> None:
    assert reviewer_client.get(url(read_drawing)).status_code == 404  # its writer has not allowed that
    User.objects.update(may_train=True)
    assert reviewer_client.get(url(read_drawing)).status_code == 200
    assert reviewer_client.get(f"/api/v1/predictions/{read_drawing.pk}/").status_code == 404


def test_without_a_worker_it_says_so(api: Client, read_drawing: Drawing) -> None:
    answer = api.get(url(read_drawing))
    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert "away" in answer.json()["detail"]


def test_it_waits_no_longer_than_the_socket_does(api, read_drawing, settings, monkeypatch) -> None:
    waits = []

    def late(task: str, request: dict, *, seconds: float) -> dict:
        waits.append((task, seconds))
        raise doorbell.ReaderAway

    monkeypatch.setattr(doorbell, "ask", late)
    assert api.get(url(read_drawing)).status_code == 503
    assert waits == [("recognizer.tasks.explain", settings.EXPLAIN_WAIT)]
    assert settings.EXPLAIN_WAIT < doorbell.PATIENT


def test_a_reader_that_finds_fewer_digits_says_so(api, worker, read_drawing) -> None:
    worker.says = reading_of("")
    answer = api.get(url(read_drawing))
    assert answer.status_code == 409
    assert "any more" in answer.json()["detail"]


def test_a_drawing_damaged_since_says_so(api, worker, read_drawing) -> None:
    Drawing.objects.update(strokes=[["?"]])
    answer = api.get(url(read_drawing))
    assert answer.status_code == 409
    assert answer.json()["detail"]


@pytest.mark.redis
def test_it_is_throttled(counting, api, worker, read_drawing, rates) -> None:
    rates["explain"] = "2/hour"
    assert [api.get(url(read_drawing)).status_code for _ in range(3)] == [200, 200, 429]
    assert api.get(f"/api/v1/predictions/{read_drawing.pk}/").status_code == 200


def test_own_digits_that_a_reviewer_confirmed_are_compared_with(
    api, worker, read_drawing, owner, stranger, version
) -> None:
    confirmed(owner, version, "4")
    confirmed(owner, version, "5", None)
    confirmed(owner, version, "67")
    confirmed(owner, version, "")
    confirmed(stranger, version, "8")
    drawings_read(owner, version, 1, correction="9")
    api.get(url(read_drawing))
    assert [label for label, _ in worker.compared] == [4]
    assert np.array_equal(worker.compared[0][1][0], ONE[0])


def test_a_drawing_is_not_compared_with_itself(api, worker, owner, version) -> None:
    drawing = confirmed(owner, version, "7")
    api.get(url(drawing))
    assert worker.compared == []


def test_the_version_that_read_it_explains_it(api, worker, read_drawing, version, monkeypatch) -> None:
    """Not the one promoted meanwhile; that one steps in where the old one cannot be opened."""
    newer = ModelVersion.objects.create(sha256="1" * 64, artifact=b"", origin="trained")
    monkeypatch.setattr(engine, "current", lambda: engine.Engine(newer.pk, str(newer), worker))
    old = engine.Engine(version.pk, str(version), worker)
    monkeypatch.setattr(engine, "cached_engine", {version.pk: old}.__getitem__)
    assert api.get(url(read_drawing)).json()["model_version"] == str(version)
    monkeypatch.undo()
    monkeypatch.setattr(engine, "current", lambda: engine.Engine(newer.pk, str(newer), worker))
    assert engine.engine_that_read(version.pk).version_id == newer.pk


def test_the_real_reader_through_the_task(owner, monkeypatch) -> None:
    from recognizer import tasks

    version, _ = model_versions.install_shipped()
    current = engine.Engine(version.pk, str(version), Reader.open(SHIPPED))
    monkeypatch.setattr(engine, "current", lambda: current)
    answers: dict[str, dict] = {}
    monkeypatch.setattr(doorbell, "answer", answers.__setitem__)
    drawing = predictions.submit_strokes(user=owner, strokes=[[[10, 10], [60, 10], [25, 110]]])
    request = {"drawing": str(drawing.pk), "version": version.pk, "digit": 0}
    assert tasks.explain("me", request) == "explained"
    assert answers["me"]["label"] == 7
    assert len(answers["me"]["strokes"]) >= 8
    Drawing.objects.all().delete()
    tasks.explain("me", request)
    assert "any more" in answers["me"]["error"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"label": None, "second": 4}, "This does not look like a digit. The digit most like it is 4."),
        ({"strongest": None, "turning": None}, "No single part decides it: whichever is missing"),
        ({"second_chance": 0.3}, "The next best reading is 1, with 30 %."),
        ({}, "The next best reading is 1, with less than 1 %."),
    ],
)
def test_sentences(change: dict, says: str) -> None:
    from dataclasses import replace

    from recognizer.presentation.explanation_text import sentences

    assert any(says in sentence for sentence in sentences(replace(explanation_of(), **change)))


@pytest.mark.parametrize(
    ("second_chance", "says"),
    [
        (0.75, "By itself this looks more like 1, with 75 %."),
        (0.21, "By itself this could be several digits, or none."),
        (0.1, "By itself this could be several digits, or none."),
    ],
)
def test_a_digit_that_the_rest_of_its_line_makes_another(second_chance: float, says: str) -> None:
    from dataclasses import replace

    from recognizer.presentation.explanation_text import sentences

    picture = replace(explanation_of(), chance=0.2, second_chance=second_chance, parts=())
    assert list(sentences(picture)) == [says, "The whole line, seen at once, makes it 7."]


def test_strokes_are_never_read_by_their_whole_line() -> None:
    from dataclasses import replace

    from recognizer.presentation.explanation_text import sentences

    strokes = replace(explanation_of(), chance=0.2, second_chance=0.1)
    assert strokes.parts
    assert not any("whole line" in sentence for sentence in sentences(strokes))


LOSSES = [
    ("strongest", ("middle", "curve", 0.5, None), "The curve in the middle speaks most for 7: without it, this"
     " would not look like a digit."),
    ("strongest", ("left", "", 0.2, 7), "The ink on the left speaks most for 7: without it, the reader would be"
     " less sure."),
    ("turning", ("bottom left", "upright", 0.9, 4), "Without the upright line at the bottom left, it would be"
     " read as 4."),
    ("against", ("right", "dot", -0.2, 7), "The dot on the right speaks against 7."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "loss", "says"), LOSSES)
def test_a_sentence_for_each_loss(name: str, loss: tuple, says: str) -> None:
    from dataclasses import replace

    from ml.inference.explain import OcclusionLoss
    from recognizer.presentation.explanation_text import sentences

    assert says in list(sentences(replace(explanation_of(), **{name: OcclusionLoss(*loss)})))
