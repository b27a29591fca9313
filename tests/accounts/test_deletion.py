"""Whoever deletes their account leaves nothing behind but what they chose to leave, and that without a name."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.test import Client

from accounts import services
from accounts.deletion import delete_account, outlook
from accounts.models import User
from accounts.tokens import create_token
from recognizer.models import Correction, DataExport, Drawing, ModelVersion, Review
from recognizer.services import data_exports, predictions
from tests.conftest import ONE, PASSWORD, drawings_read, reading_of, signed_in
from tests.recognizer.course import decide

URL, PAGE = "/accounts/delete/", "/accounts/data/"


def confirmed(owner: User, reviewer: User, version: ModelVersion, count: int = 1) -> None:
    """Drawings that a reviewer agreed on, of somebody who lets them train."""
    services.allow_training(user=owner, allowed=True)
    drawings_read(owner, version, count, correction="4")
    for correction in Correction.objects.open():
        decide(correction.drawing, reviewer, correction.text)


def confirmed_door(user: User) -> Client:
    client = signed_in(user)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def rows_that_name(*names: str) -> list[str]:
    """Every value of every table that has one of these in it."""
    found = []
    for model in apps.get_models():
        for row in model._base_manager.values():
            text = " ".join(str(value) for value in row.values())
            found += [f"{model._meta.label}: {text}" for name in names if name in text]
    return found


def test_nothing_is_left(
    owner: User, reviewer: User, version: ModelVersion, upload: Drawing, mailoutbox: Any
) -> None:
    confirmed(owner, reviewer, version, 3)
    create_token(user=owner)
    data_exports.start_export(user=owner)
    client = confirmed_door(owner)
    number = owner.pk
    assert client.post(URL, follow=True).redirect_chain[-1][0] == "/"
    assert rows_that_name("owner", "owner@example.com") == []
    for model in (Drawing, Correction, Review, DataExport):
        assert not model.objects.exists()
    assert not [s for s in Session.objects.all() if s.get_decoded().get("_auth_user_id") == str(number)]
    assert client.get("/history/").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_who_had_the_account_is_told(owner: User, mailoutbox: Any) -> None:
    delete_account(user=owner)
    [told] = mailoutbox
    assert told.to == ["owner@example.com"]
    assert "was deleted" in told.body


def test_it_takes_the_password_and_a_post(owner: User, owner_client: Client) -> None:
    assert owner_client.get(URL).status_code == 405
    assert owner_client.post(URL)["Location"].startswith("/accounts/reauthenticate/")
    assert User.objects.filter(pk=owner.pk).exists()


def test_the_page_says_before_what_goes_and_what_may_stay(
    owner: User, owner_client: Client, reviewer: User, version: ModelVersion
) -> None:
    drawings_read(owner, version, 2)
    assert "2 drawings" in owner_client.get(PAGE).content.decode()
    assert "keep_confirmed" not in owner_client.get(PAGE).content.decode()
    confirmed(owner, reviewer, version)
    page = owner_client.get(PAGE).content.decode()
    assert "2 of your 3 drawings" in page
    assert "Leave 1 drawing that a reviewer confirmed" in page
    assert (outlook(owner).others, outlook(owner).confirmed) == (2, 1)


def test_what_was_confirmed_stays_without_the_person_if_they_say_so(
    owner: User, reviewer: User, version: ModelVersion, drawing: Drawing
) -> None:
    confirmed(owner, reviewer, version, 2)
    create_token(user=owner)
    confirmed_door(owner).post(URL, {"keep_confirmed": "on"})
    assert rows_that_name("owner", "owner@example.com") == []
    assert Drawing.objects.count() == 2
    assert Review.objects.trainable().count() == 2
    [pseudonym] = User.objects.exclude(pk=reviewer.pk)
    assert pseudonym.username.startswith("deleted-")
    assert not pseudonym.is_active
    assert not pseudonym.has_usable_password()
    assert len({review.drawing.user_id for review in Review.objects.all()}) == 1  # still one writer


def test_without_consent_nothing_stays(owner: User, reviewer: User, version: ModelVersion) -> None:
    confirmed(owner, reviewer, version)
    services.allow_training(user=owner, allowed=False)
    owner.refresh_from_db()
    delete_account(user=owner, keep_confirmed=True)
    assert not Drawing.objects.exists()
    assert not User.objects.filter(pk=owner.pk).exists()


def test_in_the_log_of_the_admin_stands_a_pseudonym(owner: User, reviewer: User) -> None:
    kind = ContentType.objects.get_for_model(User)
    about = {"content_type": kind, "object_id": str(owner.pk), "object_repr": "owner", "action_flag": 2}
    LogEntry.objects.create(user=reviewer, **about)
    User.objects.create_superuser("another", password=PASSWORD)
    delete_account(user=owner)
    assert LogEntry.objects.get().object_repr.startswith("deleted-")
    delete_account(user=reviewer)
    entry = LogEntry.objects.get()
    assert entry.user.username.startswith("deleted-")
    assert not entry.user.is_superuser
    assert rows_that_name("reviewer@example.com") == []
    assert not User.objects.filter(username="reviewer").exists()


def test_the_only_superuser_stays(reviewer: User) -> None:
    page = confirmed_door(reviewer).post(URL, follow=True).content.decode()
    assert "only superuser" in page
    with pytest.raises(ValidationError):
        delete_account(user=reviewer)
    assert User.objects.filter(pk=reviewer.pk).exists()


def test_a_reader_that_comes_too_late_stores_nothing(owner: User, drawing: Drawing, version: ModelVersion) -> None:
    predictions.claim()
    delete_account(user=owner)
    assert predictions.store(readings=[(drawing.pk, reading_of("7"))], version_id=version.pk) == []


def test_an_export_under_way_ends(owner: User, drawing: Drawing) -> None:
    export = data_exports.start_export(user=owner)
    data_exports.write_part(export_id=export.pk)
    delete_account(user=owner)
    assert not data_exports.write_part(export_id=export.pk)


def test_a_superuser_deletes_anybody(
    owner: User, reviewer: User, reviewer_client: Client, version: ModelVersion
) -> None:
    confirmed(owner, reviewer, version, 2)
    path = f"/admin/accounts/user/{owner.pk}/delete/"
    assert "cannot" not in reviewer_client.get(path).content.decode().lower()
    assert reviewer_client.post(path, {"post": "yes"}).status_code == 302
    assert rows_that_name("owner@example.com") == []
    assert not User.objects.filter(username="owner").exists()


def test_a_superuser_deletes_several_and_not_himself(owner: User, stranger: User, reviewer_client: Client) -> None:
    everybody = [str(pk) for pk in User.objects.values_list("pk", flat=True)]
    chosen = {"action": "delete_selected", "_selected_action": everybody, "post": "yes"}
    page = reviewer_client.post("/admin/accounts/user/", chosen, follow=True).content.decode()
    assert "only superuser" in page
    assert list(User.objects.values_list("username", flat=True)) == ["reviewer"]


def test_a_superuser_deletes_a_drawing_that_was_reviewed(
    owner: User, reviewer: User, reviewer_client: Client, version: ModelVersion
) -> None:
    confirmed(owner, reviewer, version)
    path = f"/admin/recognizer/drawing/{Drawing.objects.get().pk}/delete/"
    assert "cannot" not in reviewer_client.get(path).content.decode().lower()
    assert reviewer_client.post(path, {"post": "yes"}).status_code == 302
    assert not Drawing.objects.exists()


def test_staff_without_the_right_delete_nobody(owner: User, trainer_client: Client) -> None:
    assert trainer_client.post(f"/admin/accounts/user/{owner.pk}/delete/", {"post": "yes"}).status_code in {
        302,
        403,
    }
    assert User.objects.filter(pk=owner.pk).exists()


def test_of_two_deletions_at_once_the_second_finds_nothing_to_do(owner: User) -> None:
    delete_account(user=owner)
    delete_account(user=User(pk=owner.pk or 1))
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_drawing_of_an_account_that_goes_meanwhile_is_no_error(
    owner: User, owner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = predictions.submit_strokes

    def too_late(**given: Any) -> Drawing:
        delete_account(user=given["user"])
        return submit(**given)

    monkeypatch.setattr(predictions, "submit_strokes", too_late)
    answer = owner_client.post("/api/v1/predictions/", {"strokes": ONE}, content_type="application/json")
    assert answer.status_code == 401
    assert not Drawing.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_so_it_is_where_a_pseudonym_stays(
    owner: User, reviewer: User, owner_client: Client, version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed(owner, reviewer, version)
    submit = predictions.submit_strokes

    def too_late(**given: Any) -> Drawing:
        delete_account(user=given["user"], keep_confirmed=True)
        return submit(**given)

    monkeypatch.setattr(predictions, "submit_strokes", too_late)
    answer = owner_client.post("/api/v1/predictions/", {"strokes": ONE}, content_type="application/json")
    assert answer.status_code == 401
    assert Drawing.objects.count() == 1  # the confirmed one
