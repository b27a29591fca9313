"""People take their data away: a worker makes it in parts, and nobody else gets it."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.tokens import create_token
from recognizer import tasks
from recognizer.models import DataExport, DataExportPart, Drawing, ModelVersion
from recognizer.services import data_exports, predictions, reviews
from recognizer.serving import doorbell
from tests.conftest import ONE, FakeReader, drawings_read

PAGE, START, FILE = "/accounts/data/", "/accounts/data/export/", "/accounts/data/download/"


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The exports that somebody was told of; nobody makes them until the test does."""
    told: list[int] = []
    monkeypatch.setattr(doorbell, "call_for_export", lambda pk: bool(told.append(pk)) or True)
    return told


def make(user: User) -> DataExport:
    export = data_exports.start_export(user=user)
    while data_exports.write_part(export_id=export.pk):
        pass
    export.refresh_from_db()
    return export


def files(client: Client) -> dict[str, bytes]:
    answer = client.get(FILE)
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}


def drawings_in(found: dict[str, bytes]) -> list[dict[str, Any]]:
    lines = [line for name in sorted(found) if name.startswith("drawings/") for line in found[name].splitlines()]
    return [json.loads(line) for line in lines]


def test_it_works(
    owner: User, owner_client: Client, called: list[int], upload: Drawing, read_drawing: Drawing
) -> None:
    token = create_token(user=owner)
    reviews.correct_drawing(drawing=read_drawing, user=owner, text="42")
    assert owner_client.post(START)["Location"] == PAGE
    assert "0 of 2 drawings" in owner_client.get(PAGE).content.decode()
    [export] = called
    assert tasks.write_export(export) == "one part"
    assert tasks.write_export(export) == "ready"
    found = files(owner_client)
    assert json.loads(found["account.json"])["username"] == "owner"
    assert found[f"pictures/{upload.pk}.png"] == bytes(upload.image)
    by_id = {drawing["id"]: drawing for drawing in drawings_in(found)}
    assert set(by_id) == {str(upload.pk), str(read_drawing.pk)}
    assert by_id[str(read_drawing.pk)]["strokes"] == ONE
    assert by_id[str(read_drawing.pk)]["predictions"][0]["text"] == "7"
    assert by_id[str(read_drawing.pk)]["corrections"][0]["text"] == "42"
    everything = b"".join(found.values()).decode(errors="replace")
    assert token not in everything
    assert owner.password not in everything


def test_what_is_of_others_is_not_in_it(
    owner: User, stranger: User, owner_client: Client, called: list[int], version: ModelVersion, drawing: Drawing
) -> None:
    drawings_read(stranger, version, 3)
    make(owner)
    found = files(owner_client)
    assert [each["id"] for each in drawings_in(found)] == [str(drawing.pk)]
    assert b"stranger" not in b"".join(found.values())


def test_many_drawings_are_parts_and_each_is_there_once(
    owner: User, owner_client: Client, called: list[int], version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_exports, "MOST_DRAWINGS", 10)
    drawings_read(owner, version, 35)
    export = make(owner)
    assert export.parts.count() == 4
    assert (export.done, export.percent) == (35, 100)
    ids = [each["id"] for each in drawings_in(files(owner_client))]
    assert len(ids) == len(set(ids)) == 35


def test_large_pictures_make_small_parts(
    owner: User, called: list[int], upload: Drawing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_exports, "MOST_BYTES", 4000)
    for _ in range(4):
        image = bytes(upload.image)
        predictions.submit_picture(user=owner, image=image, thumbnail=image, size=(60, 40))
    assert make(owner).parts.count() == 3


def test_a_worker_that_dies_leaves_no_gap_and_no_double(
    owner: User, owner_client: Client, called: list[int], version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_exports, "MOST_DRAWINGS", 10)
    drawings_read(owner, version, 25)
    export = data_exports.start_export(user=owner)
    data_exports.write_part(export_id=export.pk)
    with monkeypatch.context() as dying:
        dying.setattr(data_exports, "_zipped", lambda files: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            data_exports.write_part(export_id=export.pk)
    while data_exports.write_part(export_id=export.pk):
        pass
    assert len(drawings_in(files(owner_client))) == 25


def test_one_of_which_nobody_hears_is_told_of_again(
    owner: User, called: list[int], worker: FakeReader, version: ModelVersion
) -> None:
    export = data_exports.start_export(user=owner)
    tasks.reconcile()
    assert called == []
    DataExport.objects.update(touched_at=timezone.now() - timedelta(minutes=1))
    tasks.reconcile()
    assert called == [export.pk]


def test_a_second_one_within_the_hour_is_refused(owner: User, owner_client: Client, called: list[int]) -> None:
    make(owner)
    with pytest.raises(ValidationError, match="within the last hour"):
        data_exports.start_export(user=owner)
    assert "within the last hour" in owner_client.post(START, follow=True).content.decode()
    DataExport.objects.update(created_at=timezone.now() - timedelta(hours=2))
    make(owner)
    assert DataExport.objects.count() == 1


def test_nobody_gets_the_data_of_another(
    owner: User, stranger_client: Client, client: Client, called: list[int]
) -> None:
    make(owner)
    assert stranger_client.get(FILE).status_code == 404
    assert client.get(FILE).status_code == 302


def test_it_is_there_only_when_it_is_ready_and_not_for_ever(
    owner: User, owner_client: Client, called: list[int]
) -> None:
    assert owner_client.get(FILE).status_code == 404
    export = data_exports.start_export(user=owner)
    assert owner_client.get(FILE).status_code == 404
    while data_exports.write_part(export_id=export.pk):
        pass
    assert owner_client.get(FILE).status_code == 200
    DataExport.objects.update(created_at=timezone.now() - timedelta(hours=49))
    assert owner_client.get(FILE).status_code == 404
    tasks.purge()
    assert not DataExportPart.objects.exists()


def test_every_table_that_names_a_user_is_in_it_or_left_out_for_a_reason() -> None:
    named = {relation.related_model._meta.label for relation in User._meta.related_objects}
    assert named <= set(data_exports.EXPORTED) | set(data_exports.LEFT_OUT)
    assert all(data_exports.LEFT_OUT.values())
