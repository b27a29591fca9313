"""Who may do what, on every address there is. An address without an entry fails."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from accounts.models import User
from recognizer.models import Drawing
from tests.addresses import OF_ALLAUTH, OURS

OPEN = {
    "recognizer:draw", "recognizer:healthz", "recognizer:readyz", "api:live", "schema", "docs",
}  # fmt: skip
SIGNED_IN = {
    "recognizer:history", "api:prediction-list", "accounts:overview", "accounts:create_token",
    "accounts:turn_switch", "accounts:data", "accounts:export_data", "accounts:download_data",
    "accounts:delete_account",
}  # fmt: skip
OWNED = {
    "recognizer:drawing", "recognizer:drawing_image", "recognizer:drawing_thumbnail",
    "recognizer:delete_drawing", "recognizer:correct_drawing",
    "api:prediction-detail", "api:prediction-explanation", "accounts:revoke_token",
}  # fmt: skip
API_OF_TRAINERS = {
    "api:training-run-list", "api:training-run-detail", "api:training-run-promote", "api:training-run-dismiss",
    "api:model-version-list", "api:model-version-detail", "api:model-version-rollback",
    "api:model-version-artifact", "api:model-version-download",
}  # fmt: skip
API_OF_REVIEWERS = {
    "api:review-list", "api:review-items", "api:review-item", "api:review-bulk", "api:review-undo",
    "api:review-skips", "api:review-statistics",
}  # fmt: skip
PAGES_OF_TRAINERS = {
    "recognizer:training", "recognizer:training_versions", "recognizer:training_run",
    "recognizer:training_progress", "recognizer:training_drawings", "recognizer:training_frozen",
    "recognizer:training_set_aside", "recognizer:training_shadow", "recognizer:training_workers",
}  # fmt: skip
DEEDS_OF_TRAINERS = {
    "recognizer:start_training", "recognizer:rollback", "recognizer:promote_run", "recognizer:dismiss_run",
    "recognizer:training_schedule",
}  # fmt: skip
PAGES_OF_REVIEWERS = {"recognizer:review", "recognizer:review_drawing", "recognizer:review_grid"}
STATISTICS = {"recognizer:review_progress", "recognizer:review_reviewers"}
TRAINERS = PAGES_OF_TRAINERS | DEEDS_OF_TRAINERS
DRAWINGS = OWNED - {"accounts:revoke_token"}


def test_every_address_of_ours_has_its_rule() -> None:
    reviewers = API_OF_REVIEWERS | PAGES_OF_REVIEWERS | STATISTICS
    assert set(OURS) == OPEN | SIGNED_IN | OWNED | API_OF_TRAINERS | TRAINERS | reviewers


@pytest.mark.parametrize("name", sorted(OF_ALLAUTH))
def test_an_address_of_allauth_asks_for_a_sign_in_or_is_meant_for_everybody(
    client: Client, owner: User, name: str
) -> None:
    from django.urls import reverse

    route = OF_ALLAUTH[name]
    answer = client.get(reverse(name, kwargs=route.filled({})))
    assert answer.status_code < 500
    if getattr(route.callback, "login_required", True):
        assert answer.status_code in {302, 405}
        assert answer.status_code == 405 or answer["Location"].startswith("/accounts/login/")
    else:
        assert owner.username not in answer.content.decode()


def address(name: str, pk: object) -> str:
    from django.urls import reverse

    return reverse(name, args=[pk])


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
@pytest.mark.parametrize("name", sorted(DRAWINGS))
def test_nobody_touches_the_drawing_of_another(
    client: Client, stranger_client: Client, read_drawing: Drawing, name: str, method: str
) -> None:
    before = list(Drawing.objects.values())
    data = {} if method == "get" else {"text": "1"}
    stranger = getattr(stranger_client, method)(address(name, read_drawing.pk), data)
    anonymous = getattr(client, method)(address(name, read_drawing.pk), data)
    assert stranger.status_code in {404, 405, 415}
    assert anonymous.status_code in {302, 401, 405, 415}
    assert list(Drawing.objects.values()) == before
    assert not read_drawing.corrections.exists()


@pytest.mark.parametrize("name", sorted(DRAWINGS))
def test_what_does_not_exist_looks_the_same(stranger_client: Client, name: str) -> None:
    method = stranger_client.post if name.endswith(("delete_drawing", "correct_drawing")) else stranger_client.get
    assert method(address(name, uuid.uuid4())).status_code == 404


@pytest.mark.parametrize("name", sorted(SIGNED_IN))
def test_what_needs_an_account_asks_for_it(db: None, client: Client, name: str) -> None:
    from django.urls import reverse

    answer = client.get(reverse(name))
    assert answer.status_code in {302, 401, 405}
    if answer.status_code == 302:
        assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
@pytest.mark.parametrize("name", sorted(API_OF_TRAINERS))
def test_only_trainers_train(db: None, client: Client, owner_client: Client, name: str, method: str) -> None:
    from django.urls import reverse

    path = reverse(name, args=[] if name.endswith(("-list", "-rollback")) else [1])
    assert getattr(client, method)(path).status_code == 401
    assert getattr(owner_client, method)(path).status_code == 403


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
@pytest.mark.parametrize("name", sorted(API_OF_REVIEWERS))
def test_only_reviewers_review(
    db: None, client: Client, owner_client: Client, trainer_client: Client, name: str, method: str
) -> None:
    from django.urls import reverse

    path = reverse(name, args=[uuid.uuid4()] if name == "api:review-item" else [])
    assert getattr(client, method)(path).status_code == 401
    assert getattr(owner_client, method)(path).status_code == 403
    assert getattr(trainer_client, method)(path).status_code == 403


@pytest.mark.parametrize("name", sorted(PAGES_OF_REVIEWERS))
def test_only_reviewers_see_the_pages_of_reviewing(
    db: None, client: Client, owner_client: Client, trainer_client: Client, name: str
) -> None:
    from django.urls import reverse

    path = reverse(name, args=[uuid.uuid4()] if name == "recognizer:review_drawing" else [])
    assert client.get(path)["Location"].startswith("/accounts/login/")
    assert owner_client.get(path).status_code == 403
    assert trainer_client.get(path).status_code == 403


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", sorted(TRAINERS))
def test_only_trainers_see_and_do_what_belongs_to_training(
    db: None, client: Client, owner_client: Client, name: str, method: str
) -> None:
    from django.urls import reverse

    of_all = {"recognizer:training", "recognizer:training_versions", "recognizer:training_workers",
              "recognizer:start_training", "recognizer:training_schedule"}  # fmt: skip
    path = reverse(name, args=[] if name in of_all | {"recognizer:rollback"} else [1])
    anonymous, other = getattr(client, method)(path), getattr(owner_client, method)(path)
    wrong_method = (method == "get") == (name in DEEDS_OF_TRAINERS)
    assert other.status_code == (405 if wrong_method else 403)
    assert anonymous.status_code == 302
    assert anonymous["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", sorted(STATISTICS))
def test_reviewers_see_what_reviewing_has_found_and_admins_how_reviewers_agree(
    client: Client, owner_client: Client, reviewer_client: Client, name: str
) -> None:
    from django.contrib.auth.models import Group
    from django.urls import reverse

    path = reverse(name)
    helper = User.objects.create_user("helper", "helper@example.com")
    helper.groups.add(Group.objects.get(name="reviewers"))
    of_reviewers = Client()
    of_reviewers.force_login(helper)
    assert client.get(path)["Location"].startswith("/accounts/login/")
    assert owner_client.get(path).status_code == 403
    assert of_reviewers.get(path).status_code == (200 if name == "recognizer:review_progress" else 403)
    assert reviewer_client.get(path).status_code == 200
    assert reviewer_client.post(path).status_code == 405
