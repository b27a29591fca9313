"""The status page of training: what reads, what there was, what is new, and the button that starts a run."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from recognizer.models import Drawing, ModelVersion, Promotion, TrainingRun
from recognizer.services import model_versions
from recognizer.serving import doorbell
from tests.conftest import drawings_read, signed_in
from tests.recognizer.course import (
    Role,
    State,
    compared,
    decide,
    judged_run,
    new_version,
    run_of,
    sample_of,
    text_of,
)


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The runs that a trainer was called for."""
    calls: list[int] = []
    monkeypatch.setattr(doorbell, "call_trainer", calls.append)
    return calls


def test_it_says_which_version_reads_and_how_it_came(trainer_client: Client, version: ModelVersion) -> None:
    Promotion.objects.create(version=version, kind=Promotion.Kind.INSTALLED)
    page = text_of(trainer_client, "/training/")
    assert f"Version {version.pk} reads" in page
    assert "Installed with the program" in page
    assert 'role="alert"' not in page


def test_before_the_first_version_it_says_what_to_do(trainer_client: Client) -> None:
    page = text_of(trainer_client, "/training/")
    assert "No version reads" in page
    assert "register_model" in page
    assert "There was no run yet." in page


def test_a_version_that_no_worker_can_open_raises_the_alarm(trainer_client: Client, version: ModelVersion) -> None:
    broken = new_version(version)
    model_versions.promote_version(version=broken, instead_of=version, kind=Promotion.Kind.AUTOMATIC)
    model_versions.record_trouble(version_id=broken.pk, why="The artifact has changed since it was stored.")
    page = text_of(trainer_client, "/training/")
    alarm = page[page.index('role="alert"') :]
    assert f"Version {broken.pk} could not be opened" in alarm
    assert f"Version {version.pk}, the one before, still serves" in alarm
    assert "The artifact has changed since it was stored." in alarm
    assert f"Go back to version {version.pk}" in alarm


def test_it_counts_what_is_new_and_says_whether_it_is_enough(
    trainer_client: Client, owner: User, version: ModelVersion, settings
) -> None:
    settings.TRAINING_LEAST_NEW = 3
    assert "reviewed drawings are new; 3 are worth a run." in text_of(trainer_client, "/training/")
    User.objects.filter(pk=owner.pk).update(may_train=True)
    drawings_read(owner, version, 3, correction="7")
    review_all(trainer_client)
    assert "reviewed drawings are new: enough for a run." in text_of(trainer_client, "/training/")


def review_all(client: Client) -> None:
    reviewer = User.objects.get(username="trainer")
    for drawing in Drawing.objects.with_verdicts():
        assert drawing.correction
        decide(drawing.correction.drawing, reviewer, drawing.correction.text)


def test_versions_are_listed_with_what_made_them(
    trainer_client: Client, version: ModelVersion, drawing: Drawing
) -> None:
    run = judged_run(State.PROMOTED, version)
    sample_of(run, drawing, Role.TRAIN)
    sample_of(run, None, Role.HELD_OUT)
    listed = trainer_client.get("/training/versions/").context["versions"]
    assert [v.pk for v in listed] == [run.version_id, version.pk]
    assert [v.drawings for v in listed] == [1, 0]
    assert [rates.after.percent for rates in listed[0].error_rates] == ["1.52", "5.83"]
    assert listed[1].error_rates == []


def test_what_waits_for_a_decision_comes_first(trainer_client: Client, version: ModelVersion) -> None:
    waiting = judged_run(State.CANDIDATE, version)
    skipped = run_of(State.SKIPPED, reason="Nothing new was reviewed.")
    runs = trainer_client.get("/training/").context["page_obj"]
    assert [run.pk for run in runs] == [waiting.pk, skipped.pk]


def test_many_runs_and_versions_cost_the_same(
    trainer_client: Client, version: ModelVersion, django_assert_max_num_queries
) -> None:
    Promotion.objects.create(version=version, kind=Promotion.Kind.INSTALLED)
    for _ in range(25):
        judged_run(State.REJECTED, version)
    with django_assert_max_num_queries(18):
        page = text_of(trainer_client, "/training/")
    assert 'href="?page=2"' in page
    with django_assert_max_num_queries(8):
        text_of(trainer_client, "/training/versions/?page=2")
    assert trainer_client.get("/training/?page=nonsense").status_code == 200


def test_the_menu_leads_there_for_those_who_may(trainer_client: Client, owner_client: Client) -> None:
    assert 'href="/training/"' in text_of(trainer_client, "/")
    assert 'href="/training/"' not in text_of(owner_client, "/")


def test_the_button_starts_a_run_and_calls_the_trainer(
    trainer_client: Client, trainer: User, called: list[int]
) -> None:
    answer = trainer_client.post("/training/start/", {"force": "on"})
    run = TrainingRun.objects.get()
    assert answer["Location"] == f"/training/runs/{run.pk}/"
    assert (run.state, run.trigger, run.requested_by, run.from_scratch) == ("running", "button", trainer, False)
    assert called == [run.pk]


def test_from_scratch_can_be_asked_for(trainer_client: Client, called: list[int]) -> None:
    trainer_client.post("/training/start/", {"force": "on", "from_scratch": "on"})
    assert TrainingRun.objects.get().from_scratch


def test_with_nothing_new_it_is_skipped_and_says_so(trainer_client: Client, called: list[int]) -> None:
    page = trainer_client.post("/training/start/", follow=True)
    assert "Nothing new was reviewed." in page.content.decode()
    assert TrainingRun.objects.get().state == State.SKIPPED
    assert called == []


def test_a_second_run_is_refused_in_words(trainer_client: Client, called: list[int]) -> None:
    trainer_client.post("/training/start/", {"force": "on"})
    page = trainer_client.post("/training/start/", {"force": "on"}, follow=True).content.decode()
    assert "is under way. One trains at a time." in page
    assert "See how far it is" in page
    assert TrainingRun.objects.count() == len(called) == 1


def test_who_may_only_look_finds_no_buttons(db: None, version: ModelVersion) -> None:
    onlooker = User.objects.create_user("onlooker")
    onlooker.user_permissions.add(Permission.objects.get(codename="view_trainingrun"))
    run = judged_run(State.CANDIDATE, version)
    sample_of(run, None, Role.TRAIN, **compared("1", "7"))
    client = signed_in(onlooker)
    for path in ["/training/", f"/training/runs/{run.pk}/"]:
        assert 'method="post"' not in text_of(client, path)
    assert "You have no right to see drawings." in text_of(client, f"/training/runs/{run.pk}/")
    for path in ["start/", "rollback/", f"runs/{run.pk}/promote/", f"runs/{run.pk}/dismiss/"]:
        assert client.post(f"/training/{path}", {"reason": "x"}).status_code == 403
    for path in ["drawings", "set-aside", "live"]:
        assert client.get(f"/training/runs/{run.pk}/{path}/").status_code == 403


@pytest.mark.parametrize("path", ["start/", "rollback/", "runs/1/promote/", "runs/1/dismiss/"])
def test_nothing_is_done_without_a_token_of_the_page(trainer: User, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(trainer)
    assert client.post(f"/training/{path}", {"force": "on"}).status_code == 403
    assert not TrainingRun.objects.exists()
