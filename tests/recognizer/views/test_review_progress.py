"""The pages about reviewing: what waits, what verdicts have found, how reviewers agree."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from recognizer.models import ModelVersion
from recognizer.review import statistics
from tests.conftest import signed_in
from tests.recognizer.course import State, compared, judged_run, sample_of, text_of
from tests.recognizer.review.rows import decided, read_item, second_opinion

PROGRESS, REVIEWERS = "/review/progress/", "/review/reviewers/"
MONDAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
QUERIES = 12  # of a page, counting those of the sign-in and the header


@pytest.fixture
def writer(owner: User) -> User:
    owner.may_train = True
    owner.save()
    return owner


@pytest.fixture
def helper(db: None) -> User:
    """One of the group of reviewers, and nothing more."""
    user = User.objects.create_user("helper", "helper@example.com")
    user.groups.add(Group.objects.get(name="reviewers"))
    return user


@pytest.fixture
def helper_client(helper: User) -> Client:
    return signed_in(helper)


def words(page: str) -> str:
    return " ".join(page.split())


def test_before_anything_happened_it_says_that_nothing_is_known(helper_client: Client) -> None:
    page = words(text_of(helper_client, PROGRESS))
    assert "Nothing waits" in page
    assert "Not known yet: there is no verdict on a reading." in page
    assert "Not known yet: 0 drawings of the random sample are decided, and it takes 20." in page
    assert "has a verdict." in page
    assert "Not known yet: no training has learned from reviewed drawings." in page


def test_it_says_what_waits_and_why(helper_client: Client, writer: User, version: ModelVersion) -> None:
    for state in ("waiting", "waiting", "second", "third"):
        read_item(writer, version, "7", state=state)
    answer = helper_client.get(PROGRESS)
    assert {name: count for name, _, _, count in answer.context["waiting"]} == {
        "corrected": 0, "doubtful": 0, "candidate": 0, "unsure": 2, "unusual": 0
    }  # fmt: skip
    assert (answer.context["second"], answer.context["third"]) == (1, 1)
    assert "drawings wait<" in answer.content.decode()


def test_it_compares_what_verdicts_find_with_the_random_sample(
    helper_client: Client, helper: User, writer: User, version: ModelVersion
) -> None:
    for number in range(statistics.LEAST_SAMPLE):  # one of ten is wrong
        text = "1" if number % 10 == 0 else "7"
        decided(writer, version, helper, "7", text, sampled_at=MONDAY, shown_for="random")
    for number in range(20):
        decided(writer, version, helper, "7", "1" if number % 2 else "7")
    page = words(text_of(helper_client, PROGRESS))
    assert 'The last 40 verdicts found <strong class="figure">12</strong> errors' in page
    assert "in no particular order would hold about <strong>4.0</strong>" in page
    assert "the reader got <strong>90.0 %</strong> right" in page
    reasons = helper_client.get(PROGRESS).context["by_reason"]
    assert [(title, rate["hits"], rate["n"]) for title, rate in reasons] == [
        ("Unsure", 10, 20),
        ("Random sample", 2, 20),
    ]


def test_too_small_a_sample_is_not_a_figure(
    helper_client: Client, helper: User, writer: User, version: ModelVersion
) -> None:
    decided(writer, version, helper, "7", None, sampled_at=MONDAY)
    decided(writer, version, helper, "7", "7", sampled_at=MONDAY)
    page = words(text_of(helper_client, PROGRESS))
    assert (
        "Not known yet: 1 drawing of the random sample is decided, and it takes 20. 1 more is unreadable." in page
    )
    assert "would hold is not known yet" in page


def test_a_matrix_is_that_of_the_active_version_unless_another_is_asked_for(
    helper_client: Client, helper: User, writer: User, version: ModelVersion
) -> None:
    other = judged_run(State.CANDIDATE, version).version
    assert other
    decided(writer, version, helper, "7", "1")
    decided(writer, other, helper, "2", "3", sampled_at=MONDAY)
    asked = [
        ("", version.pk, ("1", 7)),
        (f"?version={other.pk}", other.pk, ("3", 2)),
        (f"?version={other.pk}&sample=1", other.pk, ("3", 2)),
        ("?sample=1", version.pk, None),
        ("?version=nonsense", version.pk, ("1", 7)),
        ("?version=99999", version.pk, ("1", 7)),
    ]
    for query, number, wrong in asked:
        context = helper_client.get(PROGRESS + query).context
        assert context["version"] == number
        assert context["versions"] == [other.pk, version.pk]
        cells = [
            (row.truth, place) for row in context["rows"] for place, cell in enumerate(row.cells) if cell.count
        ]
        assert cells == ([wrong] if wrong else [])


def test_it_says_what_more_reviewing_is_worth(helper_client: Client, version: ModelVersion) -> None:
    for trained, wrong in ((2, 9), (4, 6), (8, 3)):
        run = judged_run(State.PROMOTED, version)
        for _ in range(trained):
            sample_of(run, None, "train")
        for number in range(30):
            sample_of(run, None, "held_out", **compared("7", "1" if number < wrong else "7"))
    page = words(text_of(helper_client, PROGRESS))
    assert "100 more reviewed drawings: " in page
    assert "8 drawings: 10.0 % of 30 misread" in page


def test_many_verdicts_cost_no_more_queries(
    helper_client: Client, helper: User, writer: User, version: ModelVersion, django_assert_max_num_queries
) -> None:
    for number in range(25):
        decided(writer, version, helper, "7", str(number % 10), sampled_at=MONDAY)
        read_item(writer, version, "7", state="third", reason="corrected")
    judged_run(State.PROMOTED, version)
    cache.clear()
    with django_assert_max_num_queries(QUERIES):
        text_of(helper_client, PROGRESS)
    with django_assert_max_num_queries(8):  # from the cache
        text_of(helper_client, PROGRESS)
    auditor = signed_in(User.objects.create_superuser("auditor"))
    with django_assert_max_num_queries(QUERIES):
        text_of(auditor, REVIEWERS)


def test_the_page_of_reviewers_says_what_each_has_done(
    reviewer_client: Client, reviewer: User, stranger: User, writer: User, version: ModelVersion
) -> None:
    for first, second in (("1", "1"), ("1", "7")):
        second_opinion(decided(writer, version, reviewer, "1", first), stranger, second)
    read_item(writer, version, "5", state="third")
    page = words(text_of(reviewer_client, REVIEWERS))
    assert "1 of 2 second opinions equal the first verdict" in page
    assert "Kappa is not known yet" in page
    assert "Read as 5" in page
    rows = reviewer_client.get(REVIEWERS).context["rows"]
    assert [(row.name, row.verdicts, row.errors) for row, _ in rows] == [("reviewer", 2, 0), ("stranger", 2, 0)]


def test_enough_pairs_have_a_kappa(
    reviewer_client: Client, reviewer: User, stranger: User, writer: User, version: ModelVersion
) -> None:
    for number in range(20):
        text = str(number % 2)
        second_opinion(decided(writer, version, reviewer, "1", text), stranger, text)
    assert "<strong>1.00</strong>: 1 is perfect agreement" in text_of(reviewer_client, REVIEWERS)


def test_before_anybody_decided_the_page_of_reviewers_says_so(reviewer_client: Client) -> None:
    page = text_of(reviewer_client, REVIEWERS)
    assert "there is no second opinion" in page
    assert "Nobody has given a verdict yet." in page
    assert "There are none." in page


def test_how_reviewers_agree_is_for_admins(helper_client: Client) -> None:
    assert helper_client.get(REVIEWERS).status_code == 403
    assert REVIEWERS not in text_of(helper_client, PROGRESS)
