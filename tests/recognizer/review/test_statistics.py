"""What is counted of reviewing, with numbers that were worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from accounts.models import User
from recognizer.models import ModelVersion, Review, ReviewItem
from recognizer.review import statistics
from recognizer.review.statistics import Figures, Rate
from tests.recognizer.course import new_version
from tests.recognizer.review.rows import decided, read_item, second_opinion, verdict

MONDAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
SUNDAY = datetime(2026, 11, 29, 12, tzinfo=UTC)
NEXT = datetime(2026, 11, 30, 1, tzinfo=UTC)


@pytest.fixture
def writer(owner: User) -> User:
    owner.may_train = True
    owner.save()
    return owner


def test_what_waits_is_counted_by_reason(writer: User, stranger: User, version: ModelVersion) -> None:
    for reason in ("unsure", "unsure", "corrected", ""):
        read_item(writer, version, "7", reason=reason)
    read_item(writer, version, "7", state="folded")
    read_item(writer, version, "7", state="second")
    read_item(writer, version, "7", state="third", reason="")
    figures = Figures.now()
    assert figures.waiting == {"unsure": 2, "corrected": 1}
    assert figures.again == {"second": 1, "third": 1}
    assert figures.waits == 3


def test_drawings_that_staff_may_not_see_are_not_counted(stranger: User, version: ModelVersion) -> None:
    read_item(stranger, version, "7")
    read_item(stranger, version, "7", state="second")
    read_item(stranger, version, "7", reason="corrected")
    figures = Figures.now()
    assert figures.waiting == {"corrected": 1}
    assert figures.again == {}


def test_the_yield_counts_labels_that_differ_from_the_reading(
    writer: User, reviewer: User, version: ModelVersion
) -> None:
    for read, text in (("7", "7"), ("7", "1"), ("7", ""), ("", ""), ("", "4"), ("7", None)):
        decided(writer, version, reviewer, read, text)
    decided(writer, version, reviewer, "12", "72", shown_for="random")
    found = statistics.yield_of_last()
    assert found.last == Rate(4, 7)
    assert found.by_reason == {"unsure": Rate(3, 6), "random": Rate(1, 1)}


def test_only_the_newest_verdicts_are_named(
    writer: User, reviewer: User, version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "LAST", 2)
    for text in ("1", "1", "7"):
        decided(writer, version, reviewer, "7", text)
    assert statistics.yield_of_last().last == Rate(1, 2)
    assert statistics.yield_of_last().by_reason == {"unsure": Rate(2, 3)}


def test_undone_verdicts_second_looks_and_those_of_old_releases_find_nothing(
    writer: User, reviewer: User, stranger: User, version: ModelVersion
) -> None:
    now = datetime.now(UTC)
    decided(writer, version, reviewer, "7", "1", replaced_at=now, undone_at=now)
    decided(writer, version, reviewer, "7", "1", prediction=None)
    old = decided(writer, version, reviewer, "7", "")
    Review.objects.filter(pk=old.pk).update(verdict="refused")
    second_opinion(decided(writer, version, reviewer, "7", "1"), stranger, "1")
    assert statistics.yield_of_last().last == Rate(1, 1)


def test_an_interval_is_wilsons() -> None:
    low, high = Rate(45, 50).interval  # p = 0.9, z = 1.96: (0.93842 +- 0.09114) / 1.07683
    assert (round(low, 4), round(high, 4)) == (0.7864, 0.9565)
    assert Rate(0, 0).interval == (0.0, 1.0)


def test_the_random_sample_is_counted_by_week_and_version(
    writer: User, reviewer: User, version: ModelVersion
) -> None:
    other = new_version()
    for at, read, text in ((MONDAY, "7", "7"), (SUNDAY, "7", "1"), (NEXT, "31", "31"), (NEXT, "", None)):
        decided(writer, version, reviewer, read, text, sampled_at=at)
    decided(writer, other, reviewer, "2", "2", sampled_at=NEXT)
    decided(writer, version, reviewer, "2", "3")  # not drawn by lot
    read_item(writer, version, "2", sampled_at=NEXT)  # nobody has decided
    sample = Figures.now().sample
    assert [(p.week, p.version, p.right, p.wrong, p.unreadable) for p in sample.parts] == [
        (date(2026, 11, 23), version.pk, 1, 1, 0),
        (date(2026, 11, 30), version.pk, 1, 0, 1),
        (date(2026, 11, 30), other.pk, 1, 0, 0),
    ]
    assert sample.accuracy == Rate(3, 4)
    assert sample.errors == Rate(1, 4)
    assert sample.unreadable == 1
    assert sample.by_version == {version.pk: Rate(2, 3), other.pk: Rate(1, 1)}
    assert not sample.is_known


def test_a_matrix_counts_single_digits_and_no_number(writer: User, reviewer: User, version: ModelVersion) -> None:
    other = new_version()
    said = [("7", "7"), ("7", "1"), ("7", "1"), ("", "4"), ("4", ""), ("12", "1"), ("1", "12"), ("7", None)]
    for read, text in said:
        decided(writer, version, reviewer, read, text)
    decided(writer, version, reviewer, "3", "5", sampled_at=MONDAY)
    decided(writer, other, reviewer, "7", "1")
    figures = Figures.now()
    expected = {("7", "7"): 1, ("7", "1"): 2, ("", "4"): 1, ("4", ""): 1, ("3", "5"): 1}
    assert figures.matrices == {version.pk: expected, other.pk: {("7", "1"): 1}}
    assert figures.sample_matrices == {version.pk: {("3", "5"): 1}}
    assert statistics.accuracy_of(figures.matrices[version.pk]) == Rate(1, 6)


def test_only_verdicts_in_force_are_in_a_matrix(
    writer: User, reviewer: User, stranger: User, version: ModelVersion
) -> None:
    second_opinion(decided(writer, version, reviewer, "7", "1"), stranger, "2")
    assert Figures.now().matrices == {version.pk: {("7", "2"): 1}}


def test_figures_are_kept_for_a_while(
    writer: User, reviewer: User, version: ModelVersion, django_assert_num_queries
) -> None:
    decided(writer, version, reviewer, "7", "1", sampled_at=MONDAY)
    with django_assert_num_queries(4):
        first = Figures.now()
    read_item(writer, version, "7")
    with django_assert_num_queries(0):
        assert Figures.now() == first


def test_the_active_version_and_the_newest_run_are_found(version: ModelVersion) -> None:
    newer = new_version()
    assert statistics.newest_version_and_run() == (version.pk, None)
    ModelVersion.objects.update(active=False)
    assert statistics.newest_version_and_run() == (newer.pk, None)


def test_the_summary_is_plain(writer: User, reviewer: User, stranger: User, version: ModelVersion) -> None:
    read_item(writer, version, "7")
    for _ in range(statistics.LEAST_SAMPLE):
        decided(writer, version, reviewer, "7", "7", sampled_at=MONDAY)
    second_opinion(decided(writer, version, reviewer, "7", "1"), stranger, "2")
    found = statistics.summary()
    assert found["waiting"] == {"corrected": 0, "doubtful": 0, "candidate": 0, "unsure": 1, "unusual": 0}
    assert found["looks"] == {"second": 0, "third": 0}
    assert (found["yield"]["last"]["hits"], found["yield"]["last"]["n"]) == (1, 21)
    assert found["sample"]["accuracy"]["share"] == found["sample"]["by_version"][str(version.pk)]["share"] == 1.0
    assert (found["agreement"]["hits"], found["agreement"]["n"]) == (0, 1)


def test_before_anything_was_decided_the_summary_says_that_it_knows_nothing(db: None) -> None:
    found = statistics.summary()
    assert found["sample"] == {"accuracy": None, "unreadable": 0, "by_version": {}}
    assert found["agreement"] is None
    assert found["yield"]["last"]["n"] == 0


def test_a_verdict_of_a_withdrawn_prediction_is_left_out(
    writer: User, reviewer: User, version: ModelVersion
) -> None:
    item = read_item(writer, version, "7", sampled_at=MONDAY)
    verdict(item, reviewer, "7", prediction=None)
    assert ReviewItem.objects.get().state == "decided"
    assert Figures.now().sample.parts == []
