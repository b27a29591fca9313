"""From waiting to read, whoever dies on the way."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from recognizer.models import Digit, Drawing, ModelVersion, Prediction
from recognizer.services import predictions
from tests.conftest import ONE, reading_of


def submit(user: User, count: int = 1) -> list[Drawing]:
    return [predictions.submit_strokes(user=user, strokes=ONE) for _ in range(count)]


def expire_leases() -> None:
    Drawing.objects.update(leased_until=timezone.now() - timedelta(seconds=1))


def attempts(count: int) -> None:
    Drawing.objects.update(attempts=count)


def test_it_works(drawing: Drawing, version: ModelVersion) -> None:
    [claimed] = predictions.claim()
    assert claimed.pk == drawing.pk
    assert claimed.strokes == ONE
    assert predictions.store(readings=[(drawing.pk, reading_of("42"))], version_id=version.pk) == [drawing.pk]
    drawing.refresh_from_db()
    assert (drawing.state, drawing.attempts, drawing.leased_until) == ("read", 1, None)
    assert drawing.latest.text == "42"
    assert [digit.label for digit in drawing.latest.digits.all()] == [4, 2]


def test_an_upload_comes_with_its_picture(upload: Drawing) -> None:
    [claimed] = predictions.claim()
    assert bytes(claimed.image).startswith(b"\x89PNG")


def test_oldest_first_and_no_more_than_asked_for(owner: User) -> None:
    drawings = submit(owner, 5)
    assert [drawing.pk for drawing in predictions.claim(limit=3)] == [drawing.pk for drawing in drawings[:3]]


def pages(user: User, count: int) -> list[Drawing]:
    return [predictions.submit_strokes(user=user, strokes=ONE * 100) for _ in range(count)]


def test_a_digit_goes_before_the_pages_that_another_has_piled_up(owner: User, stranger: User) -> None:
    pile, [digit] = pages(owner, 3), submit(stranger)
    assert [drawing.pk for drawing in predictions.claim(limit=2)] == [digit.pk, pile[0].pk]


def test_a_page_goes_before_what_came_long_after_it(owner: User, stranger: User) -> None:
    [page], _ = pages(owner, 1), submit(stranger)
    Drawing.objects.filter(pk=page.pk).update(created_at=timezone.now() - timedelta(seconds=10))
    assert [drawing.pk for drawing in predictions.claim(limit=1)] == [page.pk]


def test_users_with_piles_take_turns(owner: User, stranger: User) -> None:
    first, second = pages(owner, 3), pages(stranger, 3)
    turns = [first[0], second[0], first[1], second[1], first[2], second[2]]
    assert [drawing.pk for drawing in predictions.claim()] == [drawing.pk for drawing in turns]


def test_what_is_claimed_is_not_claimed_again_until_its_lease_ends(drawing: Drawing) -> None:
    assert predictions.claim()
    assert not predictions.claim()
    expire_leases()
    assert predictions.claim()


def test_what_is_released_is_free_at_once_and_its_try_counts(drawing: Drawing) -> None:
    predictions.claim()
    predictions.release(ids=[drawing.pk])
    [again] = predictions.claim()
    assert again.attempts == 2


def test_what_is_released_untried_does_not_count(drawing: Drawing) -> None:
    predictions.claim()
    predictions.release(ids=[drawing.pk], tried=False)
    [again] = predictions.claim()
    assert again.attempts == 1


def test_two_readers_of_one_drawing_store_one_prediction(drawing: Drawing, version: ModelVersion) -> None:
    read = [(drawing.pk, reading_of("1"))]
    assert predictions.store(readings=read, version_id=version.pk) == [drawing.pk]
    assert predictions.store(readings=[(drawing.pk, reading_of("2"))], version_id=version.pk) == []
    assert Prediction.objects.get().text == "1"


def test_a_late_reader_loses_only_its_own_part_of_a_batch(owner: User, version: ModelVersion) -> None:
    first, second = submit(owner, 2)
    predictions.store(readings=[(first.pk, reading_of("1"))], version_id=version.pk)
    both = [(first.pk, reading_of("8")), (second.pk, reading_of("9"))]
    assert predictions.store(readings=both, version_id=version.pk) == [second.pk]
    assert sorted(Prediction.objects.values_list("text", flat=True)) == ["1", "9"]


def test_a_drawing_deleted_meanwhile_stays_deleted(drawing: Drawing, version: ModelVersion) -> None:
    predictions.claim()
    predictions.delete_drawing(drawing=drawing)
    assert predictions.store(readings=[(drawing.pk, reading_of())], version_id=version.pk) == []
    assert not Prediction.objects.exists()
    assert not Digit.objects.exists()


def test_a_batch_costs_the_same_number_of_queries_whatever_its_size(
    owner: User, version: ModelVersion, django_assert_max_num_queries
) -> None:
    drawings = submit(owner, 20)
    with django_assert_max_num_queries(8):
        claimed = predictions.claim()
        predictions.store(readings=[(d.pk, reading_of("123")) for d in claimed], version_id=version.pk)
    assert Digit.objects.count() == 3 * len(drawings)


def test_after_three_claims_a_drawing_is_read_alone(owner: User) -> None:
    submit(owner, 2)
    attempts(predictions.IN_COMPANY)
    assert predictions.claim() == []
    assert len(predictions.claim_suspect()) == 1


@pytest.mark.parametrize(("tried", "state"), [(4, "waiting"), (5, "failed")])
def test_after_five_claims_a_drawing_is_failed_and_says_why(drawing: Drawing, tried: int, state: str) -> None:
    attempts(tried)
    predictions.give_up()
    drawing.refresh_from_db()
    assert drawing.state == state
    assert ("draw it again" in drawing.failure) == (state == "failed")


def test_nobody_gives_up_on_a_drawing_that_is_being_read(drawing: Drawing) -> None:
    attempts(4)
    assert predictions.claim_suspect()
    assert predictions.give_up() == 0
    expire_leases()
    assert predictions.give_up() == 1


def test_a_failed_drawing_is_not_claimed(drawing: Drawing) -> None:
    predictions.fail(drawing_id=drawing.pk, why="The strokes are damaged.")
    drawing.refresh_from_db()
    assert (drawing.state, drawing.failure) == ("failed", "The strokes are damaged.")
    assert not predictions.claim()
    assert not predictions.claim_suspect()


@pytest.mark.django_db(transaction=True)
def test_workers_that_claim_at_once_claim_each_drawing_once(owner: User, stranger: User) -> None:
    for user in (owner, stranger):
        submit(user, 60)
    claimed: list[Drawing] = []

    def claim_all() -> None:
        try:
            while found := predictions.claim(limit=7):
                claimed.extend(found)
        finally:
            connection.close()

    threads = [threading.Thread(target=claim_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while left := predictions.claim():  # what others had locked when all of them looked
        claimed.extend(left)
    assert len(claimed) == len({drawing.pk for drawing in claimed}) == 120
    assert set(Drawing.objects.values_list("attempts", flat=True)) == {1}
