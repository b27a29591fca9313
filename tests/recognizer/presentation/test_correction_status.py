"""What became of a correction, as its writer reads it."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from recognizer.models import Drawing, ModelVersion, Promotion, TrainingRun
from recognizer.services import model_versions, reviews
from tests.conftest import drawings_read
from tests.recognizer.course import Role, State, compared, decide, judged_run, reviewed, run_of, sample_of


@pytest.fixture
def willing(owner: User) -> User:
    """The owner, whose drawings may train."""
    User.objects.filter(pk=owner.pk).update(may_train=True)
    return owner


@pytest.fixture
def agreed(willing: User, read_drawing: Drawing, reviewer: User) -> Drawing:
    """A drawing that was read as 7, is a 1, and a reviewer agrees."""
    reviewed(read_drawing, reviewer, text="1")
    return read_drawing


def said(client: Client, drawing: Drawing) -> str:
    """All sentences of the page about what became of it."""
    page = client.get(drawing.get_absolute_url())
    outcome = page.context["outcome"]
    assert outcome is not None
    assert all(sentence in page.content.decode() for sentence in outcome.sentences)
    return " ".join(outcome.sentences)


def stage(client: Client, drawing: Drawing) -> str:
    return str(client.get(drawing.get_absolute_url()).context["outcome"].stage)


def learned(drawing: Drawing, run: TrainingRun, role: str = Role.TRAIN, after: str = "1") -> TrainingRun:
    """`run` has the drawing in its manifest, and its version reads it as `after`."""
    sample_of(run, drawing, role, review_id=drawing.reviews.get().pk, **compared("7", after, text="1"))
    return run


def promoted(run: TrainingRun, instead_of: ModelVersion) -> TrainingRun:
    assert run.version
    model_versions.promote_version(version=run.version, instead_of=instead_of, kind=Promotion.Kind.AUTOMATIC)
    return run


def test_a_version_learned_from_it_and_reads_it_right(
    owner_client: Client, agreed: Drawing, version: ModelVersion
) -> None:
    run = promoted(learned(agreed, judged_run(State.PROMOTED, version)), version)
    assert said(owner_client, agreed) == (
        f"Reviewed, and trained into version {run.version_id}, which now reads it as 1."
    )


def test_without_a_correction_nothing_is_said(owner_client: Client, read_drawing: Drawing) -> None:
    page = owner_client.get(read_drawing.get_absolute_url())
    assert page.context["outcome"] is None
    assert "What became of your correction" not in page.content.decode()


def test_it_waits_for_a_reviewer(owner_client: Client, owner: User, read_drawing: Drawing) -> None:
    reviews.correct_drawing(drawing=read_drawing, user=owner, text="1")
    assert stage(owner_client, read_drawing) == "waiting"
    assert "waits for a reviewer" in said(owner_client, read_drawing)


def test_a_reviewer_disagreed(owner_client: Client, read_drawing: Drawing, reviewer: User) -> None:
    reviewed(read_drawing, reviewer, text="1")
    decide(read_drawing, reviewer, "4")
    assert stage(owner_client, read_drawing) == "refused"
    assert "Nothing learns from it" in said(owner_client, read_drawing)


def test_without_consent_it_leads_to_the_switch(
    owner_client: Client, read_drawing: Drawing, reviewer: User
) -> None:
    reviewed(read_drawing, reviewer, text="1")
    assert stage(owner_client, read_drawing) == "no_consent"
    page = owner_client.get(read_drawing.get_absolute_url()).content.decode()
    assert 'href="/accounts/#learning"' in page
    assert 'id="learning"' in owner_client.get("/accounts/").content.decode()


def test_it_waits_for_the_next_training(owner_client: Client, agreed: Drawing) -> None:
    assert stage(owner_client, agreed) == "accepted"
    assert "waits for the next training" in said(owner_client, agreed)


def test_a_run_under_way_has_not_learned_yet(owner_client: Client, agreed: Drawing) -> None:
    sample_of(run_of(State.RUNNING), agreed, Role.TRAIN, review_id=agreed.reviews.get().pk)
    assert stage(owner_client, agreed) == "accepted"


def test_a_run_that_failed_taught_nothing(owner_client: Client, agreed: Drawing) -> None:
    sample_of(run_of(State.FAILED), agreed, Role.TRAIN, review_id=agreed.reviews.get().pk)
    assert stage(owner_client, agreed) == "accepted"


def test_it_was_set_aside_and_why(owner_client: Client, agreed: Drawing) -> None:
    aside = {"review_id": agreed.reviews.get().pk, "reason": "The same drawing is there already."}
    sample_of(run_of(State.REJECTED), agreed, Role.SET_ASIDE, **aside)
    assert stage(owner_client, agreed) == "set_aside"
    assert "The same drawing is there already." in said(owner_client, agreed)


def test_what_it_examines_it_does_not_train(owner_client: Client, agreed: Drawing, version: ModelVersion) -> None:
    run = promoted(learned(agreed, judged_run(State.PROMOTED, version), Role.HELD_OUT), version)
    assert f"kept to examine version {run.version_id}, which now reads it as 1" in said(owner_client, agreed)
    assert "One writer in five never trains" in said(owner_client, agreed)


def test_it_chose_between_weights(owner_client: Client, agreed: Drawing, version: ModelVersion) -> None:
    run = promoted(learned(agreed, judged_run(State.PROMOTED, version), Role.VALIDATE), version)
    assert f"helped to choose the weights of version {run.version_id}" in said(owner_client, agreed)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.CANDIDATE, "which reads it as 1 and waits to be promoted"),
        (State.REJECTED, "which reads it as 1 but is not in use"),
        (State.PROMOTED, "which read it as 1 until another took its place"),
    ],
)
def test_a_version_that_does_not_read_is_not_said_to(
    owner_client: Client, agreed: Drawing, version: ModelVersion, state: str, words: str
) -> None:
    learned(agreed, judged_run(state, version))
    assert words in said(owner_client, agreed)


def test_one_that_still_misreads_it_is_told_as_it_is(
    owner_client: Client, agreed: Drawing, version: ModelVersion
) -> None:
    promoted(learned(agreed, judged_run(State.PROMOTED, version), after="7"), version)
    assert "which now reads it as 7." in said(owner_client, agreed)


def test_of_several_versions_the_one_that_reads_is_named(
    owner_client: Client, agreed: Drawing, version: ModelVersion
) -> None:
    active = promoted(learned(agreed, judged_run(State.PROMOTED, version)), version)
    learned(agreed, judged_run(State.REJECTED, active.version))
    assert f"version {active.version_id}, which now reads" in said(owner_client, agreed)


def test_what_was_learned_from_an_older_correction_is_not_told_of_the_new_one(
    owner_client: Client, agreed: Drawing, version: ModelVersion, reviewer: User
) -> None:
    promoted(learned(agreed, judged_run(State.PROMOTED, version)), version)
    agreed.refresh_from_db()
    reviewed(Drawing.objects.get(pk=agreed.pk), reviewer, text="4")
    assert stage(owner_client, agreed) == "accepted"


def test_consent_that_was_withdrawn_later_is_mentioned(
    owner_client: Client, agreed: Drawing, version: ModelVersion, owner: User
) -> None:
    promoted(learned(agreed, judged_run(State.PROMOTED, version)), version)
    User.objects.filter(pk=owner.pk).update(may_train=False)
    assert "You have withdrawn your consent since" in said(owner_client, agreed)


def test_the_history_says_it_in_a_line(owner_client: Client, agreed: Drawing, version: ModelVersion) -> None:
    run = promoted(learned(agreed, judged_run(State.PROMOTED, version)), version)
    line = f"Trained into version {run.version_id}, which now reads it as 1."
    assert line in owner_client.get("/history/").content.decode()


def test_a_long_history_and_a_long_ledger_cost_the_same(
    owner_client: Client, willing: User, reviewer: User, version: ModelVersion, django_assert_max_num_queries
) -> None:
    drawings_read(willing, version, 20)
    for drawing in Drawing.objects.all():
        reviewed(drawing, reviewer, text="1")
    runs = [judged_run(State.REJECTED, version) for _ in range(5)] + [judged_run(State.PROMOTED, version)]
    promoted(runs[-1], version)
    for run in runs:
        for drawing in Drawing.objects.all():
            learned(drawing, run)
    with django_assert_max_num_queries(11):
        page = owner_client.get("/history/")
    assert page.content.decode().count("Trained into version") == 20
    with django_assert_max_num_queries(11):
        owner_client.get(drawing.get_absolute_url())
