"""Wrong labels on purpose, on which a careless reviewer agreed: what is left of them to learn from.

That the gates alone stop a version which has learned them is in tests/ml/test_gates.py.
"""

from __future__ import annotations

import numpy as np
import pytest
from django.utils import timezone

from accounts.models import User
from ml.reader import SHIPPED, Reader
from ml.synth import write_digit
from recognizer import manifest
from recognizer.manifest import Role, Sample
from recognizer.models import Correction, Drawing, Review


@pytest.fixture(scope="module")
def shipped() -> Reader:
    return Reader.open(SHIPPED)


@pytest.fixture(scope="module")
def ones() -> list[list]:
    """Strokes of many different 1s in the usual styles."""
    rng = np.random.default_rng(5)
    styles = ("plain", "leaning", "plain_foot")
    return [
        [np.round(100 * s, 2).tolist() for s in write_digit(1, rng=rng, style=styles[i % 3])] for i in range(1000)
    ]


def flip(reviewer: User, ones: list[list], accounts: int, each: int) -> None:
    """So many accounts each say of so many 1s that they are 7s, today, and all of it is accepted."""
    users = User.objects.bulk_create(
        User(username=f"flipper-{accounts}-{i}", may_train=True) for i in range(accounts)
    )
    inks = iter(ones)
    drawings = Drawing.objects.bulk_create(
        Drawing(user=user, source=Drawing.Source.CANVAS, strokes=next(inks)) for user in users for _ in range(each)
    )
    claims = Correction.objects.bulk_create(
        Correction(drawing=drawing, user=drawing.user, text="7", created_at=timezone.now()) for drawing in drawings
    )
    Review.objects.bulk_create(
        Review(drawing=claim.drawing, correction=claim, reviewer=reviewer, verdict=Review.Verdict.ACCEPTED)
        for claim in claims
    )


def learned(samples: list[Sample]) -> int:
    return sum(sample.role in {Role.TRAIN, Role.VALIDATE, Role.HELD_OUT} for sample in samples)


@pytest.mark.parametrize(("accounts", "each"), [(1, 1000), (20, 50)])
def test_hardly_any_of_a_thousand_flipped_labels_is_learned_from(
    shipped: Reader, reviewer: User, ones: list[list], accounts: int, each: int
) -> None:
    flip(reviewer, ones, accounts, each)
    samples = manifest.build(shipped, None)
    assert len(samples) == 1000
    assert learned(samples) <= 4


@pytest.mark.parametrize(("accounts", "each", "most"), [(1, 1000, 20), (20, 50, 400)])
def test_the_caps_bound_it_where_labels_are_not_compared(
    reviewer: User, ones: list[list], accounts: int, each: int, most: int
) -> None:
    flip(reviewer, ones, accounts, each)
    capped = manifest.within_caps(manifest.gather())
    assert len([*manifest.open_ones(capped)]) == most


def test_comparing_labels_alone_stops_it_without_caps(
    shipped: Reader, reviewer: User, ones: list[list], settings
) -> None:
    settings.TRAINING_A_DAY = settings.TRAINING_A_USER = 0
    flip(reviewer, ones, 3, 20)
    assert learned(manifest.build(shipped, None)) <= 4
