"""The pages for trainers: what they show in each state, and what the buttons do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from accounts.models import User
from recognizer import doorbell
from recognizer.models import Drawing, ModelVersion, Promotion, ShadowReading, TrainingRun
from recognizer.services import reading, versions
from tests.conftest import ONE, drawings_read, reading_of, signed_in
from tests.recognizer.course import (
    Role,
    State,
    compared,
    judged_run,
    new_version,
    run_of,
    sample_of,
    samples_of,
)


@pytest.fixture
def trainer(db: None) -> User:
    user = User.objects.create_user("trainer", "trainer@example.com", "correct horse battery")
    user.groups.add(Group.objects.get(name="trainers"))
    return user


@pytest.fixture
def trainer_client(trainer: User) -> Client:
    return signed_in(trainer)


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The runs that a trainer was called for."""
    calls: list[int] = []
    monkeypatch.setattr(doorbell, "call_trainer", calls.append)
    return calls


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


# ---- The status page


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
    versions.promote_version(version=broken, instead_of=version, kind=Promotion.Kind.AUTOMATIC)
    versions.record_trouble(version_id=broken.pk, why="The artifact has changed since it was stored.")
    page = text_of(trainer_client, "/training/")
    alarm = page[page.index('role="alert"') :]
    assert f"Version {broken.pk} could not be opened" in alarm
    assert "The artifact has changed since it was stored." in alarm
    assert f"Go back to version {version.pk}" in alarm


def test_it_counts_what_is_new_and_says_whether_it_is_enough(
    trainer_client: Client, owner: User, version: ModelVersion, settings
) -> None:
    settings.TRAINING_LEAST_NEW = 3
    assert "Nothing new was reviewed." in text_of(trainer_client, "/training/")
    User.objects.filter(pk=owner.pk).update(may_train=True)
    drawings_read(owner, version, 3, claim="7")
    review_all(trainer_client)
    assert "That is enough for a run." in text_of(trainer_client, "/training/")


def review_all(client: Client) -> None:
    from recognizer.models import Review
    from recognizer.services import reviewing

    reviewer = User.objects.get(username="trainer")
    for drawing in Drawing.objects.with_claim():
        assert drawing.claim
        reviewing.review_correction(correction=drawing.claim, reviewer=reviewer, verdict=Review.Verdict.ACCEPTED)


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


# ---- Starting a run


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


# ---- A run


def test_a_run_under_way_shows_how_far_it_is(trainer_client: Client) -> None:
    run = run_of(
        State.RUNNING,
        stage="training",
        progress={"stage": "fine-tuning", "epoch": 3, "epochs": 8, "loss": 0.41234, "seconds_left": 95},
        losses=[["fine-tuning", 1, 0.9], ["fine-tuning", 2, 0.5]],
        seconds={"looking for doubles": 12.0},
    )
    page = text_of(trainer_client, f"/training/runs/{run.pk}/")
    part = text_of(trainer_client, f"/training/runs/{run.pk}/progress/")
    assert f'data-progress="/training/runs/{run.pk}/progress/"' in page
    for shown in [
        'max="8" value="3"',
        "epoch 3 of 8",
        "loss 0.4123",
        "1 min 35 s left",
        "looking for doubles (12 s)",
    ]:
        assert shown in page
        assert shown in part
    assert "<html" not in part
    assert "data-over" not in part
    assert "<noscript><meta http-equiv" in page


def test_a_run_that_waits_says_for_what(trainer_client: Client) -> None:
    run = run_of(State.RUNNING, started_at=None)
    assert "It waits for a trainer" in text_of(trainer_client, f"/training/runs/{run.pk}/")


def test_a_stage_without_epochs_has_a_bar_without_a_value(trainer_client: Client) -> None:
    run = run_of(State.RUNNING, stage="looking for doubles")
    page = text_of(trainer_client, f"/training/runs/{run.pk}/progress/")
    assert "Looking for doubles" in page
    assert '<progress class="progress" aria-label' in page


def test_the_part_that_is_asked_for_says_when_it_is_over(trainer_client: Client) -> None:
    run = run_of(State.FAILED, reason="The disk is full.")
    assert "data-over" in text_of(trainer_client, f"/training/runs/{run.pk}/progress/")


@pytest.mark.parametrize("state", [State.SKIPPED, State.FAILED])
def test_a_run_without_a_version_says_why(trainer_client: Client, state: str) -> None:
    run = run_of(state, reason="The disk is full.")
    page = text_of(trainer_client, f"/training/runs/{run.pk}/")
    assert f"Run {run.pk}: {state}" in page
    assert "The disk is full." in page
    assert "Promote" not in page


def test_the_gates_stand_there_with_sentences_and_plots(trainer_client: Client, version: ModelVersion) -> None:
    run = judged_run(State.REJECTED, version, passed=False)
    answer = trainer_client.get(f"/training/runs/{run.pk}/")
    shown = answer.context["verdict"]
    assert [gate.passed for gate in shown.gates] == [False, True, True, True]
    assert [rates.n for rates in shown.error_rates] == [120, 2040]
    assert [(row.title, row.fixes, row.breaks) for row in shown.swaps.rows] == [("Drawn digits", 2, 1)]
    assert len(shown.columns) == 10
    page = answer.content.decode()
    assert "1 of 4 gates did not let it pass" in page
    assert "Better for people who never train" in page
    assert "before 1.96 %" in page


def test_a_verdict_without_figures_is_shown_as_well(trainer_client: Client, version: ModelVersion) -> None:
    gates = [{"name": "new_one", "passed": True, "sentence": "No golden case changes."}]
    run = judged_run(State.CANDIDATE, version, verdict={"passed": True, "gates": gates})
    page = text_of(trainer_client, f"/training/runs/{run.pk}/")
    assert "All 1 gates let it pass" in page
    assert "New one" in page


def test_what_it_fixes_and_breaks_is_shown_in_pictures(
    trainer_client: Client, version: ModelVersion, read_drawing: Drawing
) -> None:
    run = judged_run(State.CANDIDATE, version)
    sample_of(run, read_drawing, Role.TRAIN, **compared("1", "7"))
    sample_of(run, None, Role.HELD_OUT, **compared("7", "9"))
    sample_of(run, None, Role.TRAIN, **compared("1", "1"))
    page = text_of(trainer_client, f"/training/runs/{run.pk}/")
    assert "Fixes 1, breaks 1 of 3 reviewed drawings" in page
    assert read_drawing.outline
    assert read_drawing.outline.path in page
    assert "1 → 7" in page
    assert "Deleted since" in page


@pytest.mark.parametrize(
    ("show", "count"), [("fixed", 1), ("broken", 2), ("both-wrong", 3), ("all", 10), ("?", 1)]
)
def test_all_compared_drawings_can_be_looked_through(
    trainer_client: Client, version: ModelVersion, show: str, count: int
) -> None:
    run = judged_run(State.CANDIDATE, version)
    for before, after, often in [("1", "7", 1), ("7", "1", 2), ("1", "1", 3), ("7", "7", 4)]:
        for _ in range(often):
            sample_of(run, None, Role.TRAIN, **compared(before, after))
    sample_of(run, None, Role.SET_ASIDE, reason="It is damaged.")
    page = trainer_client.get(f"/training/runs/{run.pk}/drawings/?show={show}")
    assert page.context["page_obj"].paginator.count == count


def test_the_pages_of_a_filter_keep_it(trainer_client: Client, version: ModelVersion) -> None:
    run = judged_run(State.CANDIDATE, version)
    for _ in range(30):
        sample_of(run, None, Role.TRAIN, **compared("7", "1"))
    page = text_of(trainer_client, f"/training/runs/{run.pk}/drawings/?show=broken")
    assert "?show=broken&amp;page=2" in page


def test_the_manifest_is_counted_and_what_was_set_aside_says_why(
    trainer_client: Client, version: ModelVersion, read_drawing: Drawing
) -> None:
    run = judged_run(State.REJECTED, version)
    for reason in ["It is damaged.", "It is damaged.", "The same drawing is there already."]:
        sample_of(run, None, Role.SET_ASIDE, reason=reason)
    sample_of(run, read_drawing, Role.HELD_OUT)
    answer = trainer_client.get(f"/training/runs/{run.pk}/")
    assert answer.context["tally"]["set_aside"] == 3
    assert answer.context["tally"]["held_out"] == 1
    assert answer.context["reasons"] == [("It is damaged.", 2), ("The same drawing is there already.", 1)]
    assert run.manifest_hash in answer.content.decode()
    listed = trainer_client.get(f"/training/runs/{run.pk}/set-aside/")
    assert listed.context["page_obj"].paginator.count == 3
    assert "The same drawing is there already." in listed.content.decode()


def test_what_changed_in_the_frozen_sets_is_shown(trainer_client: Client, version: ModelVersion) -> None:
    run = judged_run(State.CANDIDATE, version)
    for path in ["", "frozen/"]:
        page = text_of(trainer_client, f"/training/runs/{run.pk}/{path}")
        assert "M0 0L20 0L8 40" in page
        assert "data:image/png;base64,iVBOR" in page
        assert "12 → no number" in page


def test_live_drawings_that_it_reads_otherwise_are_shown(
    trainer_client: Client, version: ModelVersion, owner: User
) -> None:
    run = judged_run(State.CANDIDATE, version)
    for agrees in [True, False, False]:
        drawing = reading.submit_strokes(user=owner, strokes=ONE)
        reading.store(readings=[(drawing.pk, reading_of("7"))], version_id=version.pk)
        ShadowReading.objects.create(
            drawing=drawing, model_version=run.version, state="recognised", text="1", confidence=0.9, agrees=agrees
        )
    page = trainer_client.get(f"/training/runs/{run.pk}/")
    assert page.context["shadow_count"] == 2
    assert "answered: 7" in page.content.decode()
    listed = trainer_client.get(f"/training/runs/{run.pk}/live/")
    assert listed.context["page_obj"].paginator.count == 2


def test_only_staff_and_the_writer_get_links_to_a_drawing(
    trainer: User, trainer_client: Client, reviewer_client: Client, version: ModelVersion, read_drawing: Drawing
) -> None:
    run = judged_run(State.CANDIDATE, version)
    sample_of(run, read_drawing, Role.TRAIN, **compared("1", "7"))
    path, in_admin = f"/training/runs/{run.pk}/", f"/admin/recognizer/drawing/{read_drawing.pk}/change/"
    assert str(read_drawing.pk) not in text_of(trainer_client, path)
    assert in_admin in text_of(reviewer_client, path)
    Drawing.objects.filter(pk=read_drawing.pk).update(user=trainer)
    assert read_drawing.get_absolute_url() in text_of(trainer_client, path)


def test_many_drawings_cost_the_same(
    trainer_client: Client, version: ModelVersion, owner: User, django_assert_max_num_queries
) -> None:
    run = judged_run(State.CANDIDATE, version)
    drawings_read(owner, version, 60)
    drawings = list(Drawing.objects.all())
    samples_of(run, drawings[:30], **compared("1", "7"))
    samples_of(run, drawings[30:], **compared("7", "1"))
    ShadowReading.objects.bulk_create(
        ShadowReading(drawing=d, model_version=run.version, state="empty", confidence=0, agrees=False)
        for d in drawings
    )
    with django_assert_max_num_queries(18):
        text_of(trainer_client, f"/training/runs/{run.pk}/")
    for path in ["drawings/?show=all", "live/", "set-aside/"]:
        with django_assert_max_num_queries(12):
            text_of(trainer_client, f"/training/runs/{run.pk}/{path}")


def test_nothing_that_was_stored_becomes_markup(trainer_client: Client, version: ModelVersion) -> None:
    evil = "<img src=x onerror=alert(1)>"
    stored = {
        "passed": False,
        "gates": [{"name": evil, "passed": False, "sentence": evil, "figures": {evil: evil}}],
        "changed": [{"set": evil, "text": evil, "before": evil, "after": evil, "png": f'"{evil}', "fixed": True}],
    }
    run = judged_run(
        State.REJECTED, version, reason=evil, verdict=stored, losses=[[evil, 1, 0.5]], seconds={evil: 1}
    )
    sample_of(run, None, Role.TRAIN, **compared(evil, "7"))
    sample_of(run, None, Role.SET_ASIDE, reason=evil)
    running = run_of(State.RUNNING, stage=evil, progress={"stage": evil, "epoch": 1, "epochs": 2, "loss": 1.0})
    for path in ["", "versions/", *(f"runs/{run.pk}/{p}" for p in ["", "drawings/", "set-aside/", "frozen/"])]:
        assert evil not in text_of(trainer_client, f"/training/{path}")
    assert evil not in text_of(trainer_client, f"/training/runs/{running.pk}/progress/")


@pytest.mark.parametrize("path", ["", "progress/", "drawings/", "frozen/", "set-aside/", "live/"])
def test_a_run_that_never_was(trainer_client: Client, path: str) -> None:
    assert trainer_client.get(f"/training/runs/77/{path}").status_code == 404


@pytest.mark.parametrize("deed", ["promote", "dismiss"])
def test_nobody_decides_about_a_run_that_never_was(trainer_client: Client, deed: str) -> None:
    assert trainer_client.post(f"/training/runs/77/{deed}/").status_code == 404


# ---- Deciding


def test_a_version_that_waits_is_promoted_by_the_button(
    trainer_client: Client, trainer: User, version: ModelVersion
) -> None:
    run = judged_run(State.CANDIDATE, version)
    assert f"Promote version {run.version_id}" in text_of(trainer_client, f"/training/runs/{run.pk}/")
    page = trainer_client.post(f"/training/runs/{run.pk}/promote/", {"reason": "looks good"}, follow=True)
    assert versions.active_version() == run.version
    promotion = Promotion.objects.get()
    assert (promotion.kind, promotion.by, promotion.reason) == ("chosen", trainer, "looks good")
    assert f"Version {run.version_id} reads from now on." in page.content.decode()
    assert "Promote version" not in page.content.decode()


def test_against_the_gates_a_reason_is_asked_for_and_kept(trainer_client: Client, version: ModelVersion) -> None:
    run = judged_run(State.REJECTED, version, passed=False)
    assert "Promote against the gates" in text_of(trainer_client, f"/training/runs/{run.pk}/")
    page = trainer_client.post(f"/training/runs/{run.pk}/promote/", {"reason": "  "}, follow=True)
    assert "Say why this version is to read" in page.content.decode()
    assert versions.active_version() == version
    trainer_client.post(f"/training/runs/{run.pk}/promote/", {"reason": "the test is wrong"})
    assert Promotion.objects.get().kind == "forced"
    assert versions.active_version() == run.version


def test_a_reason_has_an_end(trainer_client: Client, version: ModelVersion) -> None:
    run = judged_run(State.CANDIDATE, version)
    page = trainer_client.post(f"/training/runs/{run.pk}/promote/", {"reason": "x" * 301}, follow=True)
    assert "at most 300 characters" in page.content.decode()
    assert versions.active_version() == version


def test_one_that_waits_can_be_dismissed(trainer_client: Client, version: ModelVersion) -> None:
    run = judged_run(State.CANDIDATE, version)
    trainer_client.post(f"/training/runs/{run.pk}/dismiss/", {"reason": "breaks my seven"})
    run.refresh_from_db()
    assert (run.state, run.reason) == (State.REJECTED, "Dismissed by trainer: breaks my seven")
    page = trainer_client.post(f"/training/runs/{run.pk}/dismiss/", {"reason": "again"}, follow=True)
    assert "does not wait for a decision" in page.content.decode()


def test_one_that_was_pruned_offers_neither_promotion_nor_download(
    trainer_client: Client, version: ModelVersion
) -> None:
    run = judged_run(State.REJECTED, version, passed=False)
    assert "Download" in text_of(trainer_client, f"/training/runs/{run.pk}/")
    ModelVersion.objects.filter(pk=run.version_id).update(artifact=None)
    page = text_of(trainer_client, f"/training/runs/{run.pk}/")
    assert "Its artifact was pruned" in page
    assert "Download" not in page
    assert "Promote" not in page


def test_going_back_by_the_button(trainer_client: Client, trainer: User, version: ModelVersion) -> None:
    newer = new_version(version)
    versions.promote_version(version=newer, instead_of=version, kind=Promotion.Kind.AUTOMATIC)
    assert f"Go back to v{version.pk}" in text_of(trainer_client, "/training/")
    page = trainer_client.post("/training/rollback/", {"reason": "misreads my 2"}, follow=True)
    assert versions.active_version() == version
    last = Promotion.objects.first()
    assert last
    assert (last.kind, last.by, last.reason) == ("rollback", trainer, "misreads my 2")
    assert "reads again" in page.content.decode()


def test_with_nothing_to_go_back_to_it_says_so(trainer_client: Client, version: ModelVersion) -> None:
    assert "Go back" not in text_of(trainer_client, "/training/")
    page = trainer_client.post("/training/rollback/", follow=True)
    assert "There is no version to go back to." in page.content.decode()


def test_a_run_whose_trainer_died_is_given_up_when_the_next_starts(
    trainer_client: Client, called: list[int]
) -> None:
    dead = run_of(State.RUNNING, lease_until=timezone.now() - timedelta(seconds=1))
    trainer_client.post("/training/start/", {"force": "on"})
    dead.refresh_from_db()
    assert dead.state == State.FAILED
    assert len(called) == 1
