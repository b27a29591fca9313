"""Programs of trainers look at training runs, start them, and decide about what came of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts.models import User
from recognizer.models import ModelVersion, Promotion, TrainingRun, TrainingSample
from recognizer.serving import doorbell
from tests.conftest import signed_in

URL = "/api/v1/training-runs/"
State = TrainingRun.State
GATE = {"name": "golden", "passed": True, "sentence": "No golden case changes.", "figures": {"n": 52, "flips": 0}}
CHANGES = [{"name": "digits", "fixes": ["a", "b"], "breaks": ["c"]}]
PASSED = {"champion": "v1", "challenger": "v2", "passed": True, "gates": [GATE], "changes": CHANGES, "changed": []}
FAILED = PASSED | {"passed": False, "gates": [GATE | {"passed": False, "sentence": "Two golden cases change."}]}


@pytest.fixture(autouse=True)
def called(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the runs that a trainer was called for."""
    runs: list[int] = []
    monkeypatch.setattr(doorbell, "call_trainer", lambda run_id: bool(runs.append(run_id)))
    return runs


def post(client: Client, path: str, **body: Any) -> Any:
    return client.post(path, body, content_type="application/json")


def run_of(state: str = State.CANDIDATE, **fields: Any) -> TrainingRun:
    now = timezone.now()
    ended = {} if state == State.RUNNING else {"finished_at": now}
    return TrainingRun.objects.create(trigger="schedule", state=state, lease_until=now, **ended, **fields)


@pytest.fixture
def candidate(version: ModelVersion) -> TrainingRun:
    """A run whose version passed all gates and waits."""
    new = ModelVersion.objects.create(sha256="1" * 64, artifact=b"new", origin="trained", parent=version)
    return run_of(base=version, version=new, verdict=PASSED, reason="It waits.")


def test_it_works(program: Client, trainer: User, called: list[int]) -> None:
    answer = post(program, URL, force=True, from_scratch=True)
    run = TrainingRun.objects.get()
    assert answer.status_code == 202
    assert answer["Location"] == answer.json()["url"] == f"http://testserver{URL}{run.pk}/"
    assert (run.trigger, run.requested_by, run.force, run.from_scratch) == ("api", trainer, True, True)
    assert called == [run.pk]
    assert program.get(answer["Location"]).json() == answer.json()


def test_a_trainer_that_cannot_be_called_is_called_later(program: Client) -> None:
    assert post(program, URL, force=True).status_code == 202  # `called` says that nobody could be told
    assert TrainingRun.objects.running().exists()


def test_without_anything_new_a_run_is_skipped_at_once(program: Client, called: list[int]) -> None:
    answer = post(program, URL)
    assert answer.status_code == 201
    assert (answer.json()["state"], answer.json()["reason"]) == ("skipped", "Nothing new was reviewed.")
    assert program.get(answer["Location"]).json() == answer.json()
    assert called == []


def test_while_one_trains_another_is_refused(program: Client, called: list[int]) -> None:
    post(program, URL, force=True)
    answer = post(program, URL, force=True)
    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"] == f"run {called[0]} is under way. One trains at a time."
    assert len(called) == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_start_at_once_one_does(reviewer: User, called: list[int]) -> None:
    def start(_: int) -> int:
        try:
            return int(post(signed_in(reviewer), URL, force=True).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        codes = sorted(pool.map(start, range(4)))
    assert codes == [202, 409, 409, 409]
    assert called == [TrainingRun.objects.get().pk]


@pytest.mark.parametrize(
    ("body", "field"), [({"force": "perhaps"}, "force"), ({"from_scratch": 7}, "from_scratch")]
)
def test_what_is_no_answer_is_refused(program: Client, body: dict[str, Any], field: str) -> None:
    answer = post(program, URL, **body)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
    assert not TrainingRun.objects.exists()


def test_one_run_with_its_gates_and_figures(program: Client, candidate: TrainingRun) -> None:
    for number, role in enumerate(["train", "train", "held_out"]):
        TrainingSample.objects.create(
            run=candidate, drawing_id=f"{number:032}", writer_id=1, review_id=1, text="7", role=role
        )
    body = program.get(f"{URL}{candidate.pk}/").json()
    assert (body["state"], body["passed"], body["gates"]) == ("candidate", True, [GATE])
    assert body["changes"] == [{"name": "digits", "fixes": 2, "breaks": 1}]
    assert (body["samples"]["train"], body["samples"]["held_out"], body["samples"]["set_aside"]) == (2, 1, 0)
    assert body["page"] == candidate.get_absolute_url()
    assert (body["base"], body["version"]) == (candidate.base_id, candidate.version_id)


def test_how_far_a_run_is(program: Client) -> None:
    progress = {"epoch": 3, "epochs": 12, "loss": 0.25, "seconds_left": 95}
    run = run_of(State.RUNNING, stage="training", progress=progress)
    body = program.get(f"{URL}{run.pk}/").json()
    assert (body["stage"], body["progress"]) == ("training", progress)
    assert (body["passed"], body["gates"], body["changes"]) == (None, [], [])


def test_the_list_begins_with_the_newest(program: Client) -> None:
    runs = [run_of(State.SKIPPED), run_of(State.FAILED), run_of(State.SKIPPED)]
    listed = program.get(URL).json()
    assert [run["id"] for run in listed["results"]] == [run.pk for run in reversed(runs)]
    skipped = program.get(URL, {"state": "skipped"}).json()["results"]
    assert {run["id"] for run in skipped} == {runs[0].pk, runs[2].pk}


def test_there_is_no_such_state(program: Client) -> None:
    assert program.get(URL, {"state": "tired"}).status_code == 400


def test_there_is_no_such_run(program: Client) -> None:
    assert program.get(f"{URL}1/").status_code == 404
    for action in ["promote", "dismiss"]:
        assert post(program, f"{URL}1/{action}/", reason="why not").status_code == 404


def test_the_list_costs_the_same_however_long_it_is(
    program: Client, trainer: User, version: ModelVersion, django_assert_num_queries
) -> None:
    counts = []
    for _ in range(2):
        for _ in range(3):
            run_of(State.REJECTED, base=version, requested_by=trainer, verdict=FAILED)
        with django_assert_num_queries(5) as queries:  # token, user, group rights, user rights, runs
            program.get(URL)
        counts.append(len(queries))
        assert not any("verdict" in query["sql"] or "artifact" in query["sql"] for query in queries)
    assert counts[0] == counts[1]


def test_promoting(program: Client, trainer: User, version: ModelVersion, candidate: TrainingRun) -> None:
    answer = post(program, f"{URL}{candidate.pk}/promote/")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["kind"], body["version"], body["replaced"]) == ("chosen", candidate.version_id, version.pk)
    assert body["by"] == "trainer"
    assert ModelVersion.objects.get(active=True) == candidate.version
    candidate.refresh_from_db()
    assert candidate.state == State.PROMOTED


def test_against_the_gates_only_with_a_reason(program: Client, version: ModelVersion, candidate) -> None:
    TrainingRun.objects.update(verdict=FAILED, state=State.REJECTED)
    refused = post(program, f"{URL}{candidate.pk}/promote/", reason=" ")
    assert refused.status_code == 409
    assert refused.json()["detail"].startswith("Say why")
    assert ModelVersion.objects.get(active=True) == version
    assert post(program, f"{URL}{candidate.pk}/promote/", reason="a demonstration").status_code == 200
    promotion = Promotion.objects.get()
    assert (promotion.kind, promotion.reason) == ("forced", "a demonstration")
    assert ModelVersion.objects.get(active=True) == candidate.version


def test_promoting_twice(program: Client, candidate: TrainingRun) -> None:
    post(program, f"{URL}{candidate.pk}/promote/")
    assert post(program, f"{URL}{candidate.pk}/promote/").status_code == 409
    assert Promotion.objects.count() == 1


def test_a_run_without_a_version_has_nothing_to_promote(program: Client) -> None:
    answer = post(program, f"{URL}{run_of(State.SKIPPED).pk}/promote/")
    assert answer.status_code == 409
    assert "no version" in answer.json()["detail"]


def test_dismissing(program: Client, version: ModelVersion, candidate: TrainingRun) -> None:
    answer = post(program, f"{URL}{candidate.pk}/dismiss/", reason="too slow")
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["reason"]) == ("rejected", "Dismissed by trainer: too slow")
    assert post(program, f"{URL}{candidate.pk}/dismiss/", reason="again").status_code == 409
    assert ModelVersion.objects.get(active=True) == version


@pytest.mark.parametrize("reason", ["", "  ", "x" * 301])
def test_dismissing_needs_a_reason_that_can_be_read(program: Client, candidate, reason: str) -> None:
    assert post(program, f"{URL}{candidate.pk}/dismiss/", reason=reason).status_code == 400
    candidate.refresh_from_db()
    assert candidate.state == State.CANDIDATE


@pytest.mark.parametrize(
    ("right", "allowed"),
    [
        ("view_trainingrun", {"list", "detail"}),
        ("start_trainingrun", {"start"}),
        ("promote_modelversion", {"promote", "dismiss"}),
        ("view_modelversion", set()),
    ],
)
def test_each_right_opens_its_own_doors(owner: User, owner_client, candidate, right: str, allowed: set) -> None:
    owner.user_permissions.add(Permission.objects.get(codename=right))
    one = f"{URL}{candidate.pk}/"
    answers = {
        "list": owner_client.get(URL),
        "detail": owner_client.get(one),
        "start": post(owner_client, URL, force=True),
        "dismiss": post(owner_client, f"{one}dismiss/", reason="too slow"),
        "promote": post(owner_client, f"{one}promote/", reason="after all"),
    }
    assert {name for name, answer in answers.items() if answer.status_code != 403} == allowed
    assert all(answers[name].status_code in {200, 202} for name in allowed)


def test_a_page_of_another_site_cannot_start_one(trainer: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(trainer)
    assert post(browser, URL, force=True).status_code == 403
    assert not TrainingRun.objects.exists()


def test_an_answer_has_the_fields_that_the_schema_names(program: Client, candidate: TrainingRun) -> None:
    from recognizer.api.training_runs import CountsSerializer, RunDetailSerializer, RunSerializer

    assert list(program.get(URL).json()["results"][0]) == list(RunSerializer().fields)
    body = program.get(f"{URL}{candidate.pk}/").json()
    assert list(body) == list(RunDetailSerializer().fields)
    assert list(body["samples"]) == list(CountsSerializer().fields)
