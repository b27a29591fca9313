""" "It should be ...": a correction beside the prediction, never over it."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import User
from recognizer.models import Correction, Drawing
from recognizer.services import reviews


def correct(client: Client, drawing: Drawing, **data: object):
    return client.post(f"{drawing.get_absolute_url()}correct/", data)


def test_it_works(owner_client: Client, owner: User, read_drawing: Drawing) -> None:
    assert correct(owner_client, read_drawing, text="1").status_code == 302
    correction = Correction.objects.get()
    assert (correction.drawing, correction.user, correction.text) == (read_drawing, owner, "1")
    assert correction.drawing.verdict_on_correction == ""
    assert read_drawing.predictions.get().text == "7"
    assert "1" in owner_client.get(read_drawing.get_absolute_url()).context["correction"].text


def test_a_later_claim_replaces_and_keeps_the_earlier_one(owner_client: Client, read_drawing: Drawing) -> None:
    correct(owner_client, read_drawing, text="1")
    correct(owner_client, read_drawing, text="2")
    assert Correction.objects.count() == 2
    assert Correction.objects.in_force().get().text == "2"


def test_it_can_be_no_number_at_all(owner_client: Client, read_drawing: Drawing) -> None:
    correct(owner_client, read_drawing, not_a_number="on", text="7")
    assert Correction.objects.get().text == ""


@pytest.mark.parametrize(
    ("typed", "kept"), [(" 1  2 ", "1 2"), ("1\r\n2", "1\n2"), ("1\n\n 2", "1\n2"), ("0042", "0042")]
)
def test_white_space_is_tidied(owner_client: Client, read_drawing: Drawing, typed: str, kept: str) -> None:
    correct(owner_client, read_drawing, text=typed)
    assert Correction.objects.get().text == kept


@pytest.mark.parametrize("typed", ["", "  ", "seven", "4,5", "-3", "١", "9" * 1001])
def test_what_is_no_number_is_refused_and_the_page_says_so(
    owner_client: Client, read_drawing: Drawing, typed: str
) -> None:
    answer = correct(owner_client, read_drawing, text=typed)
    assert answer.status_code == 422
    assert answer.context["form"].errors
    assert not Correction.objects.exists()


def test_a_stranger_cannot_correct(stranger_client: Client, read_drawing: Drawing) -> None:
    assert correct(stranger_client, read_drawing, text="1").status_code == 404
    assert not Correction.objects.exists()


def test_the_service_refuses_what_is_no_number(owner: User, read_drawing: Drawing) -> None:
    with pytest.raises(ValidationError):
        reviews.correct_drawing(drawing=read_drawing, user=owner, text="seven")
