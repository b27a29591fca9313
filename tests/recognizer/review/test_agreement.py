"""How reviewers work and agree."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import User
from recognizer.models import ModelVersion
from recognizer.review import agreement
from tests.recognizer.review.rows import decided, read_item, second_opinion


def test_kappa_is_agreement_beyond_chance() -> None:
    # The 50 of 2x2 (20, 5, 10, 15): 0.7 observed, 0.5 by chance.
    pairs = {("1", "1"): 20, ("1", "7"): 5, ("7", "1"): 10, ("7", "7"): 15}
    assert agreement.cohens_kappa(pairs) == pytest.approx(0.4)
    assert agreement.cohens_kappa({("1", "1"): 10, ("7", "7"): 10}) == pytest.approx(1.0)


def test_kappa_needs_enough_pairs_that_are_not_all_the_same() -> None:
    assert agreement.cohens_kappa({("1", "1"): 10, ("7", "7"): 9}) is None
    assert agreement.cohens_kappa({("1", "1"): 100}) is None


def test_second_opinions_are_compared_with_the_first(
    owner: User, reviewer: User, stranger: User, trainer: User, version: ModelVersion
) -> None:
    for first, second in (("1", "1"), ("1", "7"), ("12", "12"), (None, None), ("", "1")):
        second_opinion(decided(owner, version, reviewer, "1", first), stranger, second)
    second_opinion(decided(owner, version, trainer, "1", "1"), stranger, "1")
    undone = datetime.now(UTC)
    second_opinion(
        decided(owner, version, reviewer, "1", "1"), stranger, "1", replaced_at=undone, undone_at=undone
    )
    work = agreement.work()
    found = {reviewer.name: reviewer.agreement for reviewer in work.reviewers}
    assert (work.agreement.equal, work.agreement.pairs, work.agreement.kappa) == (4, 6, None)
    assert (found["reviewer"].equal, found["reviewer"].pairs) == (3, 5)
    assert (found["stranger"].equal, found["stranger"].pairs) == (4, 6)
    assert (found["trainer"].equal, found["trainer"].pairs) == (1, 1)
    assert agreement.overall() == work.agreement


def test_the_work_of_a_reviewer_is_counted(owner: User, reviewer: User, version: ModelVersion) -> None:
    now = datetime.now(UTC)
    old = now - timedelta(days=agreement.DAYS + 1)
    decided(owner, version, reviewer, "7", "1", created_at=old)
    decided(owner, version, reviewer, "7", "7")
    decided(owner, version, reviewer, "7", None)
    decided(owner, version, reviewer, "7", "1", replaced_at=now, undone_at=now)
    [found] = agreement.work().reviewers
    assert (found.name, found.verdicts, found.lately, found.undone, found.errors) == ("reviewer", 3, 2, 1, 1)


def test_the_pace_is_the_median_of_a_sitting(owner: User, reviewer: User, version: ModelVersion) -> None:
    start = datetime(2026, 11, 30, 8, tzinfo=UTC)
    for seconds in (0, 3, 5, 15, 1000, 1004):  # steps of 3, 2, 10 and 4 seconds, and a pause
        decided(owner, version, reviewer, "7", "7", created_at=start + timedelta(seconds=seconds))
    [found] = agreement.work().reviewers
    assert found.pace == 3.5


def test_drawings_of_one_step_are_one(owner: User, reviewer: User, version: ModelVersion) -> None:
    first = decided(owner, version, reviewer, "7", "7")
    decided(owner, version, reviewer, "7", "7", step=first.step)
    [found] = agreement.work().reviewers
    assert (found.verdicts, found.pace) == (2, None)


def test_disagreements_wait_unless_staff_may_not_see_them(owner: User, version: ModelVersion) -> None:
    shown = read_item(owner, version, "7", state="third", reason="corrected")
    read_item(owner, version, "7", state="third")
    read_item(owner, version, "7", state="second", reason="corrected")
    assert agreement.work().disputes == [shown]
