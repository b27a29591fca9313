"""What a run learns from: consent, caps, doubles, alignment, contradicted labels, and who is kept out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from django.utils import timezone

from accounts.models import User
from ml.inference.reader import SHIPPED, Reader
from ml.synthesis.handwriting import write_digit, write_number
from recognizer.models import Drawing
from recognizer.services import predictions, reviews
from recognizer.training import dataset
from recognizer.training.dataset import DatasetItem, Role
from recognizer.training.ink_store import InkStore
from recognizer.training.writer_roles import is_held_out
from tests.recognizer.course import decide

Submit = Callable[..., Drawing]
CAST = (1, 2, 3, 4, 5, 6, 7, 8)  # enough for all roles


@pytest.fixture(scope="module")
def shipped() -> Reader:
    return Reader.open(SHIPPED)


def writer(name: str, role: str = Role.TRAIN) -> User:
    """Somebody who agrees, and whose drawings train; or of the fifth that never does."""
    for i in range(200):
        user = User(pk=1000 + sum(map(ord, name)) * 200 + i, username=name, may_train=True)
        if role_of(user.pk) == role:
            user.save()
            return user
    raise AssertionError("there are writers of all roles")


def role_of(writer_id: int) -> str:
    """Beside one who trains and one who chooses."""
    some = [sample_by(n, i) for i, n in enumerate([*CAST, writer_id])]
    return dataset.with_roles(some)[-1].role


def sample_by(writer_id: int, number: int = 0) -> DatasetItem:
    return DatasetItem(UUID(int=number), writer_id, 1, "7", timezone.now().date())


def plain(strokes: Any) -> list[Any]:
    return [np.round(100 * stroke, 2).tolist() for stroke in strokes]


def digit(label: int, seed: int = 0, **how: Any) -> list[Any]:
    return plain(write_digit(label, rng=np.random.default_rng((label, seed)), **how))


@pytest.fixture
def reviewed(reviewer: User) -> Submit:
    """A drawing that is said to be `text`, with which a reviewer agreed."""

    def submit(user: User, strokes: list[Any], text: str, said: str | None = "") -> Drawing:
        drawing = predictions.submit_strokes(user=user, strokes=strokes)
        reviews.correct_drawing(drawing=drawing, user=user, text=text)
        decide(drawing, reviewer, text if said == "" else said)
        return drawing

    return submit


def roles(samples: list[DatasetItem]) -> list[tuple[str, str]]:
    return [(sample.role, sample.reason) for sample in samples]


def without_duplicates() -> list[DatasetItem]:
    inks = InkStore()
    return dataset.without_duplicates(dataset.gather_reviewed(inks), inks)


def built(shipped: Reader) -> list[DatasetItem]:
    return dataset.build_dataset(shipped, None, InkStore())


def test_it_works(shipped: Reader, reviewed: Submit) -> None:
    anna = writer("anna")
    strokes = plain([stroke / 100 for stroke in write_number("407", rng=np.random.default_rng(1))])
    reviewed(anna, strokes, "407")
    reviewed(anna, digit(3), "3")
    number, single = built(shipped)
    assert {number.role, single.role} <= {Role.TRAIN, Role.VALIDATE}
    assert number.aligned is not None
    assert number.aligned.labels.tolist() == [4, 0, 7]
    assert single.aligned is not None
    assert single.aligned.labels.tolist() == [3]


def test_without_consent_or_agreement_nothing_trains(shipped: Reader, reviewed: Submit, reviewer: User) -> None:
    anna, shy, gone = writer("anna"), writer("shy"), writer("gone")
    User.objects.filter(pk=shy.pk).update(may_train=False)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    reviewed(shy, digit(1), "1")
    reviewed(gone, digit(2), "2")
    reviewed(anna, digit(3), "3", None)
    replaced = reviewed(anna, digit(4), "4")
    reviews.correct_drawing(drawing=replaced, user=anna, text="9")
    predictions.submit_strokes(user=anna, strokes=digit(5))
    assert built(shipped) == []


def test_what_is_withdrawn_or_deleted_is_absent_from_the_next_manifest(shipped: Reader, reviewed: Submit) -> None:
    anna, ben = writer("anna"), writer("ben")
    first, _second = reviewed(anna, digit(3), "3"), reviewed(ben, digit(4), "4")
    assert len(built(shipped)) == 2
    User.objects.filter(pk=ben.pk).update(may_train=False)
    assert [sample.drawing_id for sample in built(shipped)] == [first.pk]
    predictions.delete_drawing(drawing=first)
    assert built(shipped) == []


def test_nobody_outvotes_the_others_in_a_day(reviewed: Submit, settings) -> None:
    settings.TRAINING_A_DAY = 2
    anna, ben = writer("anna"), writer("ben")
    for i in range(3):
        reviewed(anna, digit(3, i), "3")
    reviewed(ben, digit(3, 9), "3")
    found = dataset.within_caps(dataset.gather_reviewed(InkStore()))
    aside = [sample for sample in found if sample.reason]
    assert [(sample.writer_id, sample.reason) for sample in aside] == [
        (anna.pk, "No more than 2 drawings of one writer a day train.")
    ]


def test_another_day_is_another_day(reviewed: Submit, settings) -> None:
    settings.TRAINING_A_DAY = 1
    anna = writer("anna")
    reviewed(anna, digit(3, 0), "3")
    Drawing.objects.update(created_at=timezone.now() - timedelta(days=1))
    reviewed(anna, digit(3, 1), "3")
    assert not any(sample.reason for sample in dataset.within_caps(dataset.gather_reviewed(InkStore())))


def test_nor_in_all_and_the_newest_count(reviewed: Submit, settings) -> None:
    settings.TRAINING_A_USER = 2
    anna = writer("anna")
    old, *_ = [reviewed(anna, digit(3, i), "3") for i in range(3)]
    aside = [sample for sample in dataset.within_caps(dataset.gather_reviewed(InkStore())) if sample.reason]
    assert [sample.drawing_id for sample in aside] == [old.pk]


def test_no_cap_is_no_cap(reviewed: Submit, settings) -> None:
    settings.TRAINING_A_DAY = settings.TRAINING_A_USER = 0
    anna = writer("anna")
    for i in range(3):
        reviewed(anna, digit(3, i), "3")
    assert not any(sample.reason for sample in dataset.within_caps(dataset.gather_reviewed(InkStore())))


def test_the_same_ink_counts_once_wherever_it_lies_and_whoever_sends_it(reviewed: Submit) -> None:
    anna, ben = writer("anna"), writer("ben")
    strokes = digit(3)
    moved = [[[2 * x + 30, 2 * y + 40] for x, y in stroke] for stroke in strokes]
    reviewed(anna, strokes, "3")
    reviewed(ben, moved, "3")
    first, second = without_duplicates()
    assert not first.role
    assert second.reason == "The same drawing is there already."


def test_nearly_the_same_by_one_writer_counts_once(reviewed: Submit) -> None:
    anna, ben = writer("anna"), writer("ben")
    strokes = digit(3)
    shaken = [[[x + 0.4 * (i % 2), y] for i, (x, y) in enumerate(stroke)] for stroke in strokes]
    reviewed(anna, strokes, "3")
    reviewed(anna, shaken, "3")
    reviewed(ben, [[[x + 0.5 * (i % 2), y] for i, (x, y) in enumerate(stroke)] for stroke in strokes], "3")
    reasons = [sample.reason for sample in without_duplicates()]
    assert reasons == ["", "Nearly the same drawing by the same writer is there already.", ""]


def test_a_damaged_drawing_is_listed_and_spoils_nothing(shipped: Reader, reviewed: Submit) -> None:
    anna = writer("anna")
    broken = reviewed(anna, digit(3), "3")
    reviewed(anna, digit(4), "4")
    Drawing.objects.filter(pk=broken.pk).update(strokes=[[["?", 1]]])
    first, second = built(shipped)
    assert first.role == Role.SET_ASIDE
    assert first.reason.startswith("It is damaged: ")
    assert second.role != Role.SET_ASIDE


def test_what_cannot_be_parted_into_its_text_is_listed(shipped: Reader, reviewed: Submit) -> None:
    reviewed(writer("anna"), digit(1), "1234567")
    assert roles(built(shipped)) == [(Role.SET_ASIDE, "Its ink could not be divided into the digits of its text.")]


def test_a_plain_one_that_is_called_seven_is_not_believed(shipped: Reader, reviewed: Submit) -> None:
    anna = writer("anna")
    reviewed(anna, digit(1, style="plain"), "7")
    reviewed(anna, digit(1, 1, style="plain"), "1")
    wrong, right = built(shipped)
    assert wrong.reason == "A digit of it looks just like others of another label."
    assert right.role in {Role.TRAIN, Role.VALIDATE}


def test_labels_are_believed_where_the_site_says_so(shipped: Reader, reviewed: Submit, settings) -> None:
    settings.TRAINING_CHECKS_LABELS = False
    reviewed(writer("anna"), digit(1, style="plain"), "7")
    assert built(shipped)[0].role in {Role.TRAIN, Role.VALIDATE}


def test_a_fifth_of_the_writers_never_train_in_any_run() -> None:
    held = {i for i in range(2000) if is_held_out(i)}
    assert 0.15 < len(held) / 2000 < 0.25
    for last in (30, 500):
        roles = {s.writer_id: s.role for s in dataset.with_roles([sample_by(i, i) for i in range(last)])}
        assert {i for i, role in roles.items() if role == Role.HELD_OUT} == {i for i in held if i < last}
        assert {*roles.values()} == {Role.HELD_OUT, Role.VALIDATE, Role.TRAIN}


def test_the_writers_who_choose_do_not_train() -> None:
    roles = [(s.writer_id, s.role) for s in dataset.with_roles([sample_by(i % 50, i) for i in range(500)])]
    assert len({*roles}) == 50


def test_where_one_writes_some_of_the_drawings_choose() -> None:
    alone = next(i for i in range(100) if not is_held_out(i))
    roles = [s.role for s in dataset.with_roles([sample_by(alone, i) for i in range(10)])]
    assert (roles.count(Role.TRAIN), roles.count(Role.VALIDATE)) == (8, 2)


def test_the_writers_held_out_examine(shipped: Reader, reviewed: Submit) -> None:
    reviewed(writer("carol", Role.HELD_OUT), digit(3), "3")
    assert roles(built(shipped)) == [(Role.HELD_OUT, "")]


@pytest.mark.slow
def test_the_hash_names_the_manifest(shipped: Reader, reviewed: Submit) -> None:
    anna = writer("anna")
    reviewed(anna, digit(3), "3")
    once = dataset.hash_of(built(shipped), seed=1)
    assert once == dataset.hash_of(built(shipped), seed=1)
    assert once != dataset.hash_of(built(shipped), seed=2)
    reviewed(anna, digit(4), "4")
    assert once != dataset.hash_of(built(shipped), seed=1)
