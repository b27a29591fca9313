"""What learns from what is said in one sentence everywhere, and the sentence is true."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client
from django.utils.html import escape

from accounts import services
from accounts.models import User
from recognizer.models import Correction, Drawing, Review, ReviewItem, TrainingSample
from recognizer.presentation.learning import LEARNING, STAFF_SEES
from recognizer.services import review_queue, reviews
from recognizer.serving import writer_profiles
from tests.conftest import drawings_read
from tests.recognizer.course import decide


@pytest.mark.parametrize("path", ["/accounts/"])
def test_pages_of_an_account_say_it(owner_client: Client, path: str) -> None:
    page = owner_client.get(path).content.decode()
    assert escape(LEARNING) in page
    assert escape(STAFF_SEES) in page


def test_the_sign_up_says_it(client: Client, db: None) -> None:
    page = client.get("/accounts/signup/").content.decode()
    assert escape(LEARNING) in page
    assert escape(STAFF_SEES) in page
    assert "for you alone" not in page


def test_whoever_agrees_is_told_what_to(owner_client: Client) -> None:
    sent = {"switch": "may_train", "on": "on"}
    page = owner_client.post("/accounts/switches/", sent, follow=True).content.decode()
    assert page.count(escape(STAFF_SEES)) == 2  # as the answer, and above the switch


def test_a_drawing_whose_correction_waits_says_it(
    owner: User, owner_client: Client, read_drawing: Drawing
) -> None:
    reviews.correct_drawing(drawing=read_drawing, user=owner, text="4")
    assert escape(LEARNING) in owner_client.get(read_drawing.get_absolute_url()).content.decode()


def test_no_page_says_it_in_other_words() -> None:
    """Sentences that would contradict it; "Nothing learns from it, because a reviewer disagrees" is true."""
    others = re.compile(
        r"nothing learns from it before|helps to read your next|once somebody has reviewed them", re.I
    )
    for folder in ("templates", "static/js", "recognizer", "accounts"):
        for path in (settings.BASE_DIR / folder).rglob("*"):
            if path.suffix in {".html", ".js", ".py"} and "migrations" not in path.parts:
                said = others.search(path.read_text())
                assert said is None or path.name == "models.py", path


def test_it_helps_at_once_the_writer_alone_unless_switched_off(owner: User, stranger: User, version) -> None:
    drawings_read(owner, version, 3, correction="4")
    assert writer_profiles.claimed_digits([owner.pk]).count() == 3
    assert writer_profiles.claimed_digits([stranger.pk]).count() == 0
    services.allow_adapting(user=owner, allowed=False)
    assert writer_profiles.claimed_digits([owner.pk]).count() == 0


def test_training_takes_what_is_allowed_and_agreed_on(owner: User, reviewer: User, version) -> None:
    drawings_read(owner, version, 2, correction="4")
    services.allow_training(user=owner, allowed=True)
    assert not Review.objects.trainable().exists()
    for correction in Correction.objects.open():
        decide(correction.drawing, reviewer, correction.text)
    assert Review.objects.trainable().count() == 2
    services.allow_training(user=owner, allowed=False)
    assert not Review.objects.trainable().exists()
    assert not TrainingSample.objects.exists()


def test_staff_see_what_it_says(owner: User, trainer: User, read_drawing: Drawing, upload: Drawing) -> None:
    def shown() -> tuple[set[Drawing], set[object]]:
        items = ReviewItem.objects.shown().values_list("drawing", flat=True)
        return set(Drawing.objects.visible_to(trainer)), set(items)

    assert shown() == (set(), set())
    reviews.correct_drawing(drawing=read_drawing, user=owner, text="4")
    assert shown() == ({read_drawing}, {read_drawing.pk})
    services.allow_training(user=owner, allowed=True)
    rest = Drawing.objects.filter(pk=upload.pk).with_predictions().with_verdicts()
    review_queue.put_many(drawings=list(rest))
    assert shown() == ({read_drawing, upload}, {read_drawing.pk, upload.pk})
    services.allow_training(user=owner, allowed=False)
    assert shown() == ({read_drawing}, {read_drawing.pk})


def test_withdrawing_takes_out_of_the_queue_what_nobody_corrected(
    owner: User, read_drawing: Drawing, upload: Drawing
) -> None:
    services.allow_training(user=owner, allowed=True)
    reviews.correct_drawing(drawing=read_drawing, user=owner, text="4")
    rest = Drawing.objects.filter(pk=upload.pk).with_predictions().with_verdicts()
    review_queue.put_many(drawings=list(rest))
    services.allow_training(user=owner, allowed=False)
    assert list(ReviewItem.objects.values_list("drawing", flat=True)) == [read_drawing.pk]
