"""Staff look at versions, promotions and training runs; nobody edits them."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.models import User
from recognizer.models import ModelVersion, Promotion, TrainingRun, TrainingSample
from tests.conftest import signed_in
from tests.recognizer.api.test_training_runs import FAILED, run_of

URL = "/admin/recognizer/"
KINDS = ["modelversion", "promotion", "trainingrun"]


@pytest.fixture
def run(version: ModelVersion, trainer: User) -> TrainingRun:
    """One that was rejected; its version was promoted by force all the same, and gone back from."""
    new = ModelVersion.objects.create(sha256="1" * 64, artifact=b"new", origin="trained", parent=version)
    run = run_of("rejected", base=version, version=new, verdict=FAILED, requested_by=trainer, reason="Not better.")
    forced = {"kind": "forced", "reason": "a demonstration", "by": trainer}
    Promotion.objects.create(version=new, replaced=version, **forced)
    Promotion.objects.create(version=version, replaced=new, kind="rollback", by=trainer)
    for number, role in enumerate(["train", "held_out"]):
        TrainingSample.objects.create(
            run=run, drawing_id=f"{number:032}", writer_id=1, review_id=1, text="7", role=role
        )
    return run


def pages(run: TrainingRun) -> dict[str, str]:
    """The page of one of each kind."""
    numbers = {"modelversion": run.version_id, "promotion": Promotion.objects.first().pk, "trainingrun": run.pk}
    return {kind: f"{URL}{kind}/{number}/change/" for kind, number in numbers.items()}


def test_a_run_says_what_the_gates_found(reviewer_client: Client, run: TrainingRun) -> None:
    page = reviewer_client.get(pages(run)["trainingrun"]).content.decode()
    for words in ["FAILED golden: Two golden cases change.", "1 trained on; 1 examined", "Not better."]:
        assert words in page


def test_a_version_that_was_pruned_is_still_listed(reviewer_client: Client, run: TrainingRun) -> None:
    ModelVersion.objects.filter(pk=run.version_id).update(artifact=None)
    page = reviewer_client.get(f"{URL}modelversion/").content.decode()
    assert re.findall(r'field-kept"><img[^>]*alt="(\w+)"', page) == ["False", "True"]


def test_promotions_say_who_and_why(reviewer_client: Client, run: TrainingRun) -> None:
    page = reviewer_client.get(f"{URL}promotion/").content.decode()
    for words in ["forced against the gates", "a demonstration", "went back", "trainer"]:
        assert words in page


@pytest.mark.parametrize("kind", KINDS)
def test_trainers_look_and_change_nothing(trainer: User, run: TrainingRun, kind: str) -> None:
    client = signed_in(trainer)
    assert client.get(f"{URL}{kind}/").status_code == 200
    assert client.get(pages(run)[kind]).status_code == 200
    assert client.post(pages(run)[kind], {"state": "promoted", "active": "on"}).status_code == 403
    assert client.get(pages(run)[kind].replace("change", "delete")).status_code == 403
    assert client.get(f"{URL}{kind}/add/").status_code == 403


@pytest.mark.parametrize("kind", KINDS)
def test_other_staff_do_not_see_them(owner: User, run: TrainingRun, kind: str) -> None:
    User.objects.filter(pk=owner.pk).update(is_staff=True)
    assert signed_in(owner).get(f"{URL}{kind}/").status_code == 403


@pytest.mark.parametrize("kind", KINDS)
def test_lists_cost_the_same_however_long_and_load_no_artifact(
    reviewer_client: Client, run: TrainingRun, trainer: User, kind: str, django_assert_max_num_queries
) -> None:
    for number in range(2, 8):
        more = ModelVersion.objects.create(sha256=str(number) * 64, artifact=b"new", origin="trained")
        run_of("rejected", version=more, base=run.base, verdict=FAILED, requested_by=trainer)
        Promotion.objects.create(version=more, replaced=run.base, kind="chosen", by=trainer)
    with django_assert_max_num_queries(7) as queries:
        reviewer_client.get(f"{URL}{kind}/")
    for query in queries:
        assert not re.search(r'"artifact"(?! IS NOT NULL)|"verdict"', query["sql"])


@pytest.mark.parametrize("kind", KINDS)
def test_pages_hold_nothing_that_the_policy_would_stop(reviewer_client: Client, run, kind: str) -> None:
    for page in [f"{URL}{kind}/", pages(run)[kind]]:
        content = reviewer_client.get(page).content.decode()
        assert not re.search(r"\sstyle=|\son\w+=", content)
        for tag in re.findall(r"<script[^>]*>", content):
            assert "src=" in tag or 'type="application/json"' in tag


def test_what_a_user_has_chosen_is_shown_and_not_edited(reviewer_client: Client, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(may_train=True)
    page = f"/admin/accounts/user/{owner.pk}/change/"
    shown = reviewer_client.get(page)
    form = {name: shown.context["adminform"].form[name].value() for name in ["username", "email"]}
    assert "may_train" not in shown.context["adminform"].form.fields
    assert "field-may_train" in shown.content.decode()
    joined = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    saved = reviewer_client.post(page, form | joined | {"first_name": "Ada", "adapts": "", "may_train": ""})
    assert saved.status_code == 302
    owner.refresh_from_db()
    assert (owner.first_name, owner.may_train, owner.adapts) == ("Ada", True, True)


def test_users_are_found_by_whether_they_may_train(reviewer_client: Client, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(may_train=True)
    listed = reviewer_client.get("/admin/accounts/user/?may_train__exact=1").context["cl"].result_list
    assert list(listed) == [owner]
