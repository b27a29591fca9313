"""Programs of trainers look at model versions, go back to the one before, and take one home."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from typing import Any

import pytest
from celery import current_app
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from recognizer.models import ModelVersion, Promotion, TrainingRun
from recognizer.services import model_versions
from recognizer.serving import doorbell
from tests.recognizer.api.test_training_runs import post, run_of

URL = "/api/v1/model-versions/"


@pytest.fixture
def shipped(db: None) -> ModelVersion:
    """The version that the program ships, active."""
    version, active = model_versions.install_shipped()
    assert active
    return version


@pytest.fixture
def training_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that answers at once."""
    answers: dict[str, Any] = {}
    monkeypatch.setattr(doorbell, "answer", answers.__setitem__)

    def ask(task: str, request: dict[str, Any], *, seconds: float) -> dict[str, Any]:
        current_app.tasks[task]("test", request)
        return answers.pop("test")

    monkeypatch.setattr(doorbell, "ask", ask)


def url(version: ModelVersion, action: str = "") -> str:
    return f"{URL}{version.pk}/{action}"


def damage(version: ModelVersion) -> None:
    """Flip a byte of what is stored."""
    artifact = bytearray(version.artifact)
    artifact[len(artifact) // 2] ^= 1
    ModelVersion.objects.filter(pk=version.pk).update(artifact=bytes(artifact))


@pytest.fixture
def successor(version: ModelVersion) -> ModelVersion:
    """A version that took over from another."""
    new = ModelVersion.objects.create(sha256="1" * 64, artifact=b"new", origin="trained", parent=version)
    model_versions.promote_version(version=new, instead_of=version, kind=Promotion.Kind.CHOSEN)
    return new


def test_it_works(program: Client, version: ModelVersion, successor: ModelVersion) -> None:
    run = run_of(TrainingRun.State.PROMOTED, version=successor)
    ModelVersion.objects.filter(pk=version.pk).update(card={"name": "first"}, trouble="It has changed.")
    old, new = (program.get(url(each)).json() for each in (version, successor))
    assert (old["name"], old["active"], old["origin"], old["run"]) == (str(version), False, "shipped", None)
    assert (old["card"], old["trouble"]) == ({"name": "first"}, "It has changed.")
    assert (new["active"], new["origin"], new["parent"], new["run"]) == (True, "trained", version.pk, run.pk)


def test_the_list_begins_with_the_newest(program: Client, version, successor: ModelVersion) -> None:
    listed = program.get(URL).json()["results"]
    assert [each["id"] for each in listed] == [successor.pk, version.pk]


def test_a_pruned_version_keeps_its_card(program: Client, version, successor) -> None:
    ModelVersion.objects.filter(pk=version.pk).update(artifact=None, card={"name": "first"})
    assert [each["kept"] for each in program.get(URL).json()["results"]] == [True, False]
    body = program.get(url(version)).json()
    assert (body["kept"], body["card"]) == (False, {"name": "first"})


def test_looking_loads_no_artifact(program: Client, successor, django_assert_num_queries) -> None:
    for path in [URL, url(successor)]:
        with django_assert_num_queries(5) as queries:  # token, user, group rights, user rights, versions
            assert program.get(path).status_code == 200
        for query in queries:
            assert not re.search(r'"artifact"(?! IS NOT NULL)', query["sql"])
    assert '"artifact" IS NOT NULL' in queries[-1]["sql"]


def test_going_back(program: Client, version: ModelVersion, successor: ModelVersion) -> None:
    answer = post(program, f"{URL}rollback/", reason="it misreads sevens")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["kind"], body["version"], body["replaced"]) == ("rollback", version.pk, successor.pk)
    assert (body["by"], body["reason"]) == ("trainer", "it misreads sevens")
    assert ModelVersion.objects.get(active=True) == version


def test_going_back_from_what_reads_no_more_is_refused(program: Client, version, successor: ModelVersion) -> None:
    answers = [post(program, f"{URL}rollback/", instead_of=successor.pk) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 409]
    assert post(program, f"{URL}rollback/", instead_of="the first").status_code == 400


def test_where_nothing_was_before_there_is_no_going_back(program: Client, version) -> None:
    answer = post(program, f"{URL}rollback/")
    assert answer.status_code == 409
    assert answer.json()["detail"] == "There is no version to go back to."
    assert ModelVersion.objects.get(active=True) == version


def test_the_artifact_comes_as_it_is_stored(program: Client, shipped: ModelVersion) -> None:
    answer = program.get(url(shipped, "artifact/"))
    assert answer.status_code == 200
    assert answer.content == bytes(shipped.artifact)
    assert answer["ETag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    assert answer["Content-Type"] == "application/zip"
    name = f"numeral-v{shipped.pk}-{shipped.sha256[:8]}-artifact.zip"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'


def test_who_has_it_is_not_sent_it_again(program: Client, shipped: ModelVersion) -> None:
    etag = program.get(url(shipped, "artifact/"))["ETag"]
    again = program.get(url(shipped, "artifact/"), headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("accept", ["*/*", "application/zip", "application/json"])
def test_a_client_may_ask_for_a_zip_by_name(program: Client, shipped, accept: str) -> None:
    answer = program.get(url(shipped, "artifact/"), headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")


@pytest.mark.parametrize("action", ["artifact/", "download/"])
def test_a_damaged_artifact_is_not_handed_out(program, shipped, action: str) -> None:
    damage(shipped)
    answer = program.get(url(shipped, action))
    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    assert "has changed since it was stored" in answer.json()["detail"]


@pytest.mark.parametrize("action", ["artifact/", "download/"])
def test_one_that_somebody_else_signed_is_not_handed_out(program, shipped, action: str) -> None:
    ModelVersion.objects.update(signature="0" * 64)
    assert program.get(url(shipped, action)).status_code == 409


@pytest.mark.parametrize("action", ["artifact/", "download/"])
def test_a_pruned_artifact_is_gone(program, version, successor, action: str) -> None:
    ModelVersion.objects.filter(pk=version.pk).update(artifact=None)
    answer = program.get(url(version, action))
    assert answer.status_code == 410
    assert "pruned" in answer.json()["detail"]


def test_a_download_holds_what_other_programs_need(program, shipped, training_worker: None) -> None:
    answer = program.get(url(shipped, "download/"))
    assert answer.status_code == 200
    names = set(zipfile.ZipFile(io.BytesIO(answer.content)).namelist())
    assert {"card.json", "glyphs.tflite", "glyphs.onnx", "glyphs.npz"} <= names
    assert f"numeral-v{shipped.pk}-{shipped.sha256[:8]}.zip" in answer["Content-Disposition"]


def test_what_the_worker_finds_damaged_is_said(program, shipped, training_worker, monkeypatch) -> None:
    ask = doorbell.ask

    def damaged_meanwhile(task: str, request: Any, **how: Any) -> dict[str, Any]:
        damage(shipped)
        return ask(task, request, **how)

    monkeypatch.setattr(doorbell, "ask", damaged_meanwhile)
    answer = program.get(url(shipped, "download/"))
    assert answer.status_code == 409
    assert "has changed since it was stored" in answer.json()["detail"]


def test_while_the_training_worker_is_busy_a_download_waits(program: Client, shipped) -> None:
    answer = program.get(url(shipped, "download/"))  # in tests nobody answers unless the test says who
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "busy or away" in answer.json()["detail"]


def test_there_is_no_such_version(program: Client) -> None:
    for action in ["", "artifact/", "download/"]:
        assert program.get(f"{URL}1/{action}").status_code == 404


@pytest.mark.parametrize(
    ("right", "allowed"),
    [
        ("view_modelversion", {"list", "detail", "artifact", "download"}),
        ("promote_modelversion", {"rollback"}),
        ("view_trainingrun", set()),
    ],
)
def test_each_right_opens_its_own_doors(owner: User, owner_client, shipped, right: str, allowed: set) -> None:
    owner.user_permissions.add(Permission.objects.get(codename=right))
    answers = {
        "list": owner_client.get(URL),
        "detail": owner_client.get(url(shipped)),
        "artifact": owner_client.get(url(shipped, "artifact/")),
        "download": owner_client.get(url(shipped, "download/")),
        "rollback": post(owner_client, f"{URL}rollback/"),
    }
    assert {name for name, answer in answers.items() if answer.status_code != 403} == allowed


def test_an_answer_has_the_fields_that_the_schema_names(program: Client, version: ModelVersion) -> None:
    from recognizer.api.model_versions import VersionDetailSerializer, VersionSerializer

    assert list(program.get(URL).json()["results"][0]) == list(VersionSerializer().fields)
    assert list(program.get(url(version)).json()) == list(VersionDetailSerializer().fields)
