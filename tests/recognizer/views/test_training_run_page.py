"""The page of one run, under way and over: progress, gates, pictures, manifest."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from recognizer.models import Drawing, ModelVersion, ShadowReading
from recognizer.services import predictions
from tests.conftest import ONE, drawings_read, reading_of
from tests.recognizer.course import (
    Role,
    State,
    compared,
    judged_run,
    run_of,
    sample_of,
    samples_of,
    text_of,
)


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
        "1 min 35 s of training left",
        "looking for doubles (12 s)",
    ]:
        assert shown in page
        assert shown in part
    assert "<html" not in part
    assert "data-over" not in part
    assert "<noscript><meta http-equiv" in page


def test_a_run_that_is_being_judged_shows_how_far_that_is(trainer_client: Client) -> None:
    run = run_of(State.RUNNING, stage="reading the frozen sets", progress={"epoch": 5, "epochs": 12})
    page = text_of(trainer_client, f"/training/runs/{run.pk}/")
    assert "Step 5 of 12" in page
    assert "left" not in page.split("Step 5 of 12")[1].split("</p>")[0]


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
    assert "Better for held-out writers" in page
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
        drawing = predictions.submit_strokes(user=owner, strokes=ONE)
        predictions.store(readings=[(drawing.pk, reading_of("7"))], version_id=version.pk)
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
    User.objects.filter(pk=trainer.pk).update(is_staff=False)
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
        "changed": [
            {"set": evil, "text": evil, "before": evil, "after": evil, "image": f'"{evil}', "fixed": True}
        ],
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
