"""What learns from what is said in one sentence everywhere, and the sentence is true."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client
from django.utils.html import escape

from accounts import services
from accounts.models import User
from recognizer.models import Correction, Drawing, Review, TrainingSample
from recognizer.presentation.learning import LEARNING
from recognizer.services import reviews
from recognizer.serving import writer_profiles
from tests.conftest import drawings_read
from tests.recognizer.course import decide


@pytest.mark.parametrize("path", ["/accounts/"])
def test_pages_of_an_account_say_it(owner_client: Client, path: str) -> None:
    assert escape(LEARNING) in owner_client.get(path).content.decode()


def test_the_sign_up_says_it(client: Client, db: None) -> None:
    assert escape(LEARNING) in client.get("/accounts/signup/").content.decode()


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
