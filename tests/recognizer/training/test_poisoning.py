"""Wrong labels on purpose, on which a careless reviewer agreed: what is left of them, and what it does.

That the gates alone stop a version which has learned them is in tests/ml/evaluation/test_promotion_gates.py.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from django.utils import timezone

from accounts.models import User
from ml.inference.reader import SHIPPED, Reader
from ml.synthesis.handwriting import write_digit
from ml.training.finetune import finetune
from ml.training.reviewed_data import ReviewedDigits
from recognizer.models import Correction, Drawing, Review
from recognizer.training import dataset
from recognizer.training.dataset import DatasetItem, Role
from recognizer.training.ink_store import InkStore
from tests.ml.training.test_finetune import QUICK

pytestmark = pytest.mark.slow

ATTACKS = [(1, 1000), (20, 50)]  # accounts, and how many each of them flips


@pytest.fixture(scope="module")
def shipped() -> Reader:
    return Reader.open(SHIPPED)


@pytest.fixture(scope="module")
def ones() -> list[list]:
    """Strokes of many different 1s in the usual styles."""
    return written(1000, seed=5)


def written(n: int, seed: int) -> list[list]:
    rng = np.random.default_rng(seed)
    styles = ("plain", "leaning", "plain_foot")
    return [
        [np.round(100 * s, 2).tolist() for s in write_digit(1, rng=rng, style=styles[i % 3])] for i in range(n)
    ]


def flip(reviewer: User, ones: list[list], accounts: int, each: int) -> None:
    """So many accounts each say of so many 1s that they are 7s, today, and all of it is accepted."""
    users = User.objects.bulk_create(
        # Who trains, who chooses and who examines goes by the number.
        User(pk=1_000_032 + i, username=f"flipper-{i}", may_train=True)
        for i in range(accounts)
    )
    inks = iter(ones)
    drawings = Drawing.objects.bulk_create(
        Drawing(user=user, source=Drawing.Source.CANVAS, strokes=next(inks)) for user in users for _ in range(each)
    )
    corrections = Correction.objects.bulk_create(
        Correction(drawing=drawing, user=drawing.user, text="7", created_at=timezone.now()) for drawing in drawings
    )
    Review.objects.bulk_create(
        Review(drawing=correction.drawing, correction=correction, reviewer=reviewer, verdict="number", text="7")
        for correction in corrections
    )


def learned(samples: list[DatasetItem]) -> int:
    return sum(sample.role in {Role.TRAIN, Role.VALIDATE, Role.HELD_OUT} for sample in samples)


@pytest.mark.parametrize(("accounts", "each"), ATTACKS)
def test_hardly_any_of_a_thousand_flipped_labels_is_learned_from(
    shipped: Reader, reviewer: User, ones: list[list], accounts: int, each: int
) -> None:
    flip(reviewer, ones, accounts, each)
    samples = dataset.build_dataset(shipped, None, InkStore())
    assert len(samples) == 1000
    assert learned(samples) <= 4


@pytest.mark.parametrize(("accounts", "each", "most"), [(1, 1000, 20), (20, 50, 400)])
def test_the_caps_bound_it_where_labels_are_not_compared(
    reviewer: User, ones: list[list], accounts: int, each: int, most: int
) -> None:
    flip(reviewer, ones, accounts, each)
    capped = dataset.within_caps(dataset.gather_reviewed(InkStore()))
    assert len([*dataset.open_items(capped)]) == most


def test_comparing_labels_alone_stops_it_without_caps(
    shipped: Reader, reviewer: User, ones: list[list], settings
) -> None:
    settings.TRAINING_A_DAY = settings.TRAINING_A_USER = 0
    flip(reviewer, ones, 3, 20)
    assert learned(dataset.build_dataset(shipped, None, InkStore())) <= 4


def trained(samples: list[DatasetItem]) -> Reader:
    """By whatever has a role in these samples, as a new style is learned in tests/ml/training/test_finetune.py."""
    new, chosen_by = (
        ReviewedDigits.of(s.aligned for s in samples if s.role == role and s.aligned is not None)
        for role in (Role.TRAIN, Role.VALIDATE)
    )
    # Among 60 synthetic digits are too few 1s to show that 1s are unlearned.
    return Reader.open(finetune(SHIPPED.read_bytes(), new, chosen_by, None, replace(QUICK, examined=600)).artifact)


def answers(reader: Reader) -> list[str]:
    """To 1s that nobody labelled; where no share of what was learned did any good they are those of before."""
    inks = [[np.array(stroke, np.float32) for stroke in strokes] for strokes in written(200, seed=6)]
    return [reading.text for reading in reader.read(inks)]


@pytest.mark.parametrize(("accounts", "each"), ATTACKS)
def test_the_caps_alone_leave_every_answer_as_it_was(
    shipped: Reader, reviewer: User, ones: list[list], accounts: int, each: int
) -> None:
    """Nothing is compared, and whatever comes of the training is taken."""
    flip(reviewer, ones, accounts, each)
    inks = InkStore()
    capped = dataset.with_digits(dataset.within_caps(dataset.gather_reviewed(inks)), shipped, inks)
    assert answers(trained(dataset.with_roles(capped))) == answers(shipped)


def test_what_else_is_trained_on_contradicts_a_thousand_lies(
    shipped: Reader, reviewer: User, ones: list[list]
) -> None:
    """No caps, no comparison, no gates."""
    flip(reviewer, ones, 20, 50)
    inks = InkStore()
    after = trained(dataset.with_roles(dataset.with_digits(dataset.gather_reviewed(inks), shipped, inks)))
    assert after.version != shipped.version
    assert answers(after) == answers(shipped)
