"""POST, GET and DELETE /api/v1/predictions/."""

import base64
import json
import uuid

import pytest
import redis
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from accounts.models import User
from ml.ink.image_format import KEPT_LIMITS
from recognizer.models import Drawing, Prediction
from recognizer.services import predictions
from tests.conftest import ONE, FakeReader, drawings_read, page_of, reading_of
from tests.recognizer.pictures import JPEG, PNG

URL = "/api/v1/predictions/"


def post(client: Client, body: object, **headers: str):
    return client.post(URL, body, content_type="application/json", headers=headers)


def test_strokes_are_kept_and_read(api: Client, owner: User, worker: FakeReader) -> None:
    worker.says = reading_of("407")
    answer = post(api, {"strokes": ONE})
    assert answer.status_code == 201
    body = answer.json()
    drawing = Drawing.objects.get()
    assert (drawing.user, drawing.strokes) == (owner, ONE)
    assert body["id"] == str(drawing.pk)
    assert answer["Location"] == body["url"] == f"http://testserver{URL}{drawing.pk}/"
    assert (body["state"], body["text"], body["confidence"]) == ("recognised", "407", 0.98)
    assert body["page"] == f"/history/{drawing.pk}/"
    assert body["model_version"].startswith("v")
    assert body["created_at"]
    assert [digit["label"] for digit in body["digits"]] == [4, 0, 7]
    assert all(sum(digit["probabilities"]) == pytest.approx(1) for digit in body["digits"])
    assert body["digits"][0]["box"] == [1.0, 2.0, 30.0, 40.0]
    assert body["digits"][0]["line"] == 0


def test_each_number_has_its_own_confidence(
    api: Client, worker: FakeReader, django_assert_max_num_queries
) -> None:
    worker.says = page_of("12 48?", "- 6")
    body = post(api, {"strokes": ONE}).json()
    assert [(number["text"], number["state"], number["line"]) for number in body["numbers"]] == [
        ("12", "recognised", 0), ("48", "unsure", 0), ("6", "recognised", 1),
    ]  # fmt: skip
    assert body["numbers"][1] == {
        "text": "48", "confidence": 0.4, "state": "unsure", "line": 0, "box": [20.0, 0.0, 18.0, 40.0],
        "digits": [2, 3], "alternative": "77",
    }  # fmt: skip
    assert [digit["number"] for digit in body["digits"]] == [0, 0, 1, 1, None, 2]
    with django_assert_max_num_queries(5):  # the same as for one digit
        assert api.get(body["url"]).json() == body


def test_nothing_is_said_of_numbers_that_were_read_before_they_were_kept(api: Client, worker: FakeReader) -> None:
    worker.says = page_of("12 48?")
    url = post(api, {"strokes": ONE}).json()["url"]
    Prediction.objects.update(numbers_kept=None)
    body = api.get(url).json()
    assert body["numbers"] is None
    assert [digit["number"] for digit in body["digits"]] == [None] * 4
    assert body["text"] == "12 48"


def test_points_may_carry_times(api: Client, worker: FakeReader) -> None:
    assert post(api, {"strokes": [[[1, 2, 0], [3, 4, 16]]]}).status_code == 201


@pytest.mark.parametrize("data", [PNG, JPEG])
@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
def test_a_picture_as_base64(api: Client, worker: FakeReader, data: bytes, prefix: str) -> None:
    answer = post(api, {"image": prefix + base64.b64encode(data).decode()})
    assert answer.status_code == 201
    assert answer.json()["size"] == [60, 40]
    assert bytes(Drawing.objects.get().image).startswith(b"\x89PNG")


def test_a_picture_as_a_file(api: Client, worker: FakeReader) -> None:
    answer = api.post(URL, {"image": SimpleUploadedFile("../../evil.svg", PNG, "image/svg+xml")})
    assert answer.status_code == 201
    assert answer.json()["source"] == "upload"


def test_a_session_does_as_well_as_a_token(owner_client: Client, worker: FakeReader) -> None:
    assert post(owner_client, {"strokes": ONE}).status_code == 201


def test_who_asks_for_it_is_not_kept_waiting(api: Client, reader: FakeReader) -> None:
    answer = post(api, {"strokes": ONE}, Prefer="respond-async")
    assert answer.status_code == 202
    assert answer["Location"] == answer.json()["url"]
    assert answer["Preference-Applied"] == "respond-async"
    assert answer.json()["state"] == "waiting"
    assert answer.json()["text"] is None
    assert answer.json()["digits"] == []


def test_without_a_queue_the_drawing_is_kept_and_read_later(api: Client, reader: FakeReader) -> None:
    answer = post(api, {"strokes": ONE})
    assert answer.status_code == 202
    [drawing] = predictions.claim()
    predictions.store(readings=[(drawing.pk, reading_of("1"))], version_id=reader_version(reader))
    assert api.get(answer["Location"]).json()["text"] == "1"


def reader_version(reader: FakeReader) -> int:
    from recognizer.serving import engine

    return engine.current().version_id


def test_a_failed_drawing_says_why(api: Client, drawing: Drawing) -> None:
    predictions.fail(drawing_id=drawing.pk, why="The reader broke off.")
    body = api.get(f"{URL}{drawing.pk}/").json()
    assert (body["state"], body["failure"]) == ("failed", "The reader broke off.")


def test_the_list_has_only_ones_own_newest_first(api: Client, stranger: User, read_drawing: Drawing) -> None:
    predictions.submit_strokes(user=stranger, strokes=ONE)
    newer = predictions.submit_strokes(user=read_drawing.user, strokes=ONE)
    body = api.get(URL).json()
    assert [item["id"] for item in body["results"]] == [str(newer.pk), str(read_drawing.pk)]
    assert [item["text"] for item in body["results"]] == [None, "7"]


def test_the_list_costs_the_same_however_long_it_is(
    api: Client, owner: User, version, django_assert_max_num_queries
) -> None:
    drawings_read(owner, version, 12)
    with django_assert_max_num_queries(7):
        assert len(api.get(URL).json()["results"]) == 12


def test_delete(api: Client, read_drawing: Drawing) -> None:
    assert api.delete(f"{URL}{read_drawing.pk}/").status_code == 204
    assert not Drawing.objects.exists()


@pytest.mark.parametrize("method", ["get", "delete"])
def test_a_stranger_finds_nothing(stranger_client: Client, read_drawing: Drawing, method: str) -> None:
    answer = getattr(stranger_client, method)(f"{URL}{read_drawing.pk}/")
    assert answer.status_code == 404
    assert Drawing.objects.exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_gets_in_without_signing_in(db: None, client: Client, method: str) -> None:
    answer = getattr(client, method)(URL, content_type="application/json")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


def test_a_session_needs_the_csrf_token(owner: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    assert post(client, {"strokes": ONE}).status_code == 403


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "strokes"),
        ({"strokes": ONE, "image": base64.b64encode(PNG).decode()}, "either"),
        ({"strokes": []}, "drawn"),
        ({"strokes": [[]]}, "drawn"),
        ({"strokes": "scribble"}, "strokes"),
        ({"strokes": [[["a", "b"]]]}, "number"),
        ({"strokes": [[[1]]]}, ""),
        ({"strokes": [[[1, 2, 3, 4]]]}, ""),
        ({"strokes": [[[1, None]]]}, ""),
        ({"strokes": [[[1e300, 2]]]}, ""),
        ({"strokes": [[[0, 0]] * 10_001]}, "10"),
        ({"strokes": None}, ""),
        ({"strokes": [[[0, 0, 10**20]]]}, "milliseconds"),
        ({"image": "not base64!"}, "base64"),
        ({"image": ""}, ""),
        ({"image": 17}, "picture"),
        ({"image": base64.b64encode(b"<svg/>").decode()}, "PNG"),
        ({"image": base64.b64encode(PNG[:-30]).decode()}, ""),
        ([], ""),
        ("text", ""),
    ],
)
def test_bad_input_is_refused_in_plain_words_and_leaves_no_row(api: Client, body: object, says: str) -> None:
    answer = post(api, json.dumps(body))
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == 400
    assert says.lower() in problem["detail"].lower()
    assert not Drawing.objects.exists()


@pytest.mark.parametrize("depth", [990, 5000])
def test_nesting_without_end_is_refused(api: Client, depth: int) -> None:
    answer = post(api, '{"strokes": ' + "[" * depth + "]" * depth + "}")
    assert answer.status_code == 400


@pytest.mark.parametrize("position", ["p=abc", "p=", "r=1&p=2020-13-99"])
def test_a_mangled_cursor_is_not_found(api: Client, position: str) -> None:
    answer = api.get(URL, {"cursor": base64.b64encode(position.encode()).decode()})
    assert answer.status_code == 404


def test_the_list_can_be_leafed_through(
    api: Client, owner: User, version, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recognizer.api.pagination import NewestFirst

    monkeypatch.setattr(NewestFirst, "page_size", 5)
    drawings_read(owner, version, 12)
    seen, page = [], URL
    while page:
        body = api.get(page).json()
        seen += [item["id"] for item in body["results"]]
        page = body["next"]
    assert len(seen) == len(set(seen)) == 12


def test_base64_may_come_in_lines(api: Client, worker: FakeReader) -> None:
    assert post(api, {"image": base64.encodebytes(PNG).decode()}).status_code == 201


def test_a_forgotten_slash_does_not_lose_what_was_posted(api: Client, worker: FakeReader) -> None:
    answer = api.post(URL.rstrip("/"), {"strokes": ONE}, content_type="application/json", follow=True)
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "body",
    ['{"strokes": [[[0, 0, 1e999]]]}', '{"strokes": [[[NaN, 1]]]}', '{"strokes": [[[Infinity, 1]]]}', "{", "\xff"],
)
def test_what_is_no_json_is_refused(api: Client, body: str) -> None:
    assert post(api, body).status_code == 400


def test_a_file_that_is_too_large_is_refused_unread(api: Client) -> None:
    answer = api.post(URL, {"image": SimpleUploadedFile("a.png", b"\x89PNG" + bytes(KEPT_LIMITS.bytes))})
    assert answer.status_code == 413
    assert "10 MB" in answer.json()["detail"]


def test_a_body_that_is_too_large_is_refused(api: Client) -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000):
        answer = post(api, {"strokes": [[[1, 2]] * 500]})
    assert answer.status_code == 413
    assert answer.json()["detail"]


def test_an_upload_that_is_too_large_is_refused_by_its_length(api: Client) -> None:
    answer = api.generic(
        "POST", URL, b"x", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(200 * 2**20)
    )
    assert answer.status_code == 413
    assert answer["Content-Type"] == "application/problem+json"


def test_too_many_fields_are_a_problem_too(api: Client) -> None:
    answer = api.post(URL, {f"field{n}": "x" for n in range(1200)})
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_a_drawing_deleted_while_its_writer_waits_is_not_found(
    api: Client, reader: FakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recognizer.serving import doorbell

    monkeypatch.setattr(doorbell, "ring", lambda: True)
    monkeypatch.setattr(doorbell, "wait", lambda *args, **kwargs: Drawing.objects.all().delete())
    assert post(api, {"strokes": ONE}).status_code == 404


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        (f"{URL}{uuid.UUID(int=0)}/", "get", 404),
        (f"{URL}7/", "get", 404),
        ("/api/v1/none/", "get", 404),
        (URL, "put", 405),
        ("/api", "get", 404),
        ("/api/docs/?format=zzz", "get", 404),
        ("/api/schema/?format=zzz", "get", 404),
    ],
)
def test_every_error_is_a_problem_in_json(api: Client, path: str, method: str, status: int) -> None:
    answer = getattr(api, method)(path)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]


@pytest.mark.redis
def test_too_many_requests_are_told_when_to_come_back(
    counting: redis.Redis, api: Client, worker: FakeReader, rates: dict[str, str]
) -> None:
    rates["user"] = "2/hour"
    assert [api.get(URL).status_code for _ in range(3)] == [200, 200, 429]
    assert int(api.get(URL)["Retry-After"]) >= 1


def test_an_answer_has_the_fields_that_the_schema_names(api: Client, read_drawing: Drawing) -> None:
    from recognizer.api.serializers import DigitSerializer, PredictionSerializer

    body = api.get(f"{URL}{read_drawing.pk}/").json()
    assert list(body) == list(PredictionSerializer().fields)
    assert list(body["digits"][0]) == list(DigitSerializer().fields)
