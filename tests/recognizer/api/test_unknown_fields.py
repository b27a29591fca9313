"""Fields and parameters that there are not are refused by name: nobody believes that they were heeded."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from recognizer.models import Drawing
from tests.addresses import OURS
from tests.conftest import ONE, FakeReader

URL = "/api/v1/predictions/"
OF_API = sorted(name for name in OURS if name.startswith("api:"))


@pytest.mark.parametrize("name", OF_API)
def test_every_address_of_the_api_refuses_a_parameter_that_there_is_not(
    reviewer_client: Client, worker: FakeReader, name: str
) -> None:
    path = reverse(name, kwargs=OURS[name].filled({"pk": "00000000-0000-4000-8000-000000000000"}))
    if "prediction" not in name:
        path = reverse(name, kwargs=OURS[name].filled({}))
    methods = reviewer_client.options(path).headers["Allow"].lower().split(", ")
    tried = 0
    for method in set(methods) & {"get", "post", "delete"}:
        answer = getattr(reviewer_client, method)(f"{path}?store=false")
        assert answer.status_code == 400, (method, answer.content)
        assert "'store'" in answer.json()["detail"]
        tried += 1
    assert tried


@pytest.mark.parametrize("url", [URL, "/api/v1/live/"])
@pytest.mark.parametrize("more", [{"store": False}, {"expect": "1", "note": "x"}])
def test_a_field_that_there_is_not_is_named_and_nothing_is_kept(
    api: Client, worker: FakeReader, url: str, more: dict
) -> None:
    answer = api.post(url, {"strokes": ONE, **more}, content_type="application/json")
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == set(more)
    assert "Known: image, strokes." in answer.json()["detail"]
    assert not Drawing.objects.exists()


def test_so_it_is_in_a_form(api: Client, worker: FakeReader) -> None:
    answer = api.post(URL, {"image": "", "store": "false"})
    assert answer.status_code == 400
    assert "store" in answer.json()["errors"]


def test_known_parameters_are_taken(api: Client, worker: FakeReader, read_drawing: Drawing) -> None:
    assert api.get(f"{URL}?cursor=").status_code == 200
    assert api.get(f"{URL}{read_drawing.pk}/explanation/?digit=0").status_code == 200


def test_of_long_names_and_many_only_some_is_repeated(client: Client, worker: FakeReader, db: None) -> None:
    for body in ({"image": "", "\x7f" * 1_000_000: 1}, {str(number): 1 for number in range(5000)}):
        answer = client.post("/api/v1/live/", body, content_type="application/json")
        assert answer.status_code == 400
        assert len(answer.content) < 10_000
