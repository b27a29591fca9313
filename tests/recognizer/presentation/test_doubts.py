"""Which numbers of a reading are doubtful, in words and marked in the text."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from recognizer.models import Drawing, ModelVersion, Prediction
from recognizer.presentation import doubts
from recognizer.services import predictions
from tests.conftest import ONE, page_of, reading_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def stored(owner: User, version: ModelVersion):
    def store(reading) -> Prediction:
        drawing = predictions.submit_strokes(user=owner, strokes=ONE)
        predictions.store(readings=[(drawing.pk, reading)], version_id=version.pk)
        prediction = Drawing.objects.with_predictions().get(pk=drawing.pk).latest
        assert prediction is not None
        return prediction

    return store


def test_the_doubtful_numbers_are_named_with_their_lines(stored) -> None:
    read = stored(page_of("12 7", "48?", "6", "9 305?"))
    assert doubts.has_several(read)
    assert doubts.in_short(read) == "6 numbers, 2 doubtful"
    assert doubts.in_full(read) == "10 digits in 6 numbers. 2 numbers are doubtful: 48 (line 2), 305 (line 4)."


@pytest.mark.parametrize(
    ("lines", "short", "full"),
    [
        (["12 7"], "2 numbers, none doubtful", "3 digits in 2 numbers. None of them is doubtful."),
        (["12 7?"], "2 numbers, 1 doubtful", "3 digits in 2 numbers. 1 number is doubtful: 7."),
        (
            ["12 7", "-"],
            "2 numbers, some ink not read",
            "3 digits in 2 numbers. None of them is doubtful. Some ink was not read.",
        ),
        # A line without numbers is none to people.
        (
            ["12", "-", "7?"],
            "2 numbers, 1 doubtful",
            "3 digits in 2 numbers. 1 number is doubtful: 7 (line 2). Some ink was not read.",
        ),
    ],
)
def test_a_sentence_for_every_page(stored, lines: list[str], short: str, full: str) -> None:
    read = stored(page_of(*lines))
    assert (doubts.in_short(read), doubts.in_full(read)) == (short, full)


def test_of_many_doubtful_numbers_the_first_are_named(stored) -> None:
    words = doubts.in_full(stored(page_of(*(f"{n}?" for n in range(1, 8)))))
    assert words.endswith("7 numbers are doubtful: 1 (line 1), 2 (line 2), 3 (line 3), 4 (line 4), and 3 more.")


@pytest.mark.parametrize("reading", [reading_of("7"), page_of("48?"), reading_of("", "empty", 0.0)])
def test_one_number_needs_none_of_these_words(stored, reading) -> None:
    assert not doubts.has_several(stored(reading))


def test_nothing_is_known_of_the_numbers_of_an_older_reading(stored) -> None:
    read = stored(page_of("12 7?"))
    Prediction.objects.update(numbers_kept=None)
    old = Prediction.objects.get(pk=read.pk)
    assert old.numbers is None
    assert not doubts.has_several(old)
    assert old.least_confidence == old.confidence


def test_the_pages_mark_doubtful_numbers_for_screen_readers_as_well(stored, owner_client: Client) -> None:
    drawing = stored(page_of("12 48?", "6")).drawing
    doubtful = '<span class="doubtful">48<span class="visually-hidden"> (doubtful)</span></span>'
    history = owner_client.get("/history/").content.decode()
    page = owner_client.get(drawing.get_absolute_url()).content.decode()
    for html in (history, page):
        assert f"12 {doubtful}<br>6" in html
        assert "3 numbers, 1 doubtful" in html
        assert "unsure, 10 %" not in html
    assert "5 digits in 3 numbers. 1 number is doubtful: 48 (line 1)." in page
    assert page.count("ink-box-doubtful") == 2


def test_a_page_that_was_read_before_numbers_were_kept_is_shown_as_it_was(stored, owner_client: Client) -> None:
    drawing = stored(page_of("12 48?", "6")).drawing
    Prediction.objects.update(numbers_kept=None)
    page = owner_client.get(drawing.get_absolute_url()).content.decode()
    assert "12 48<br>6" in page
    assert "unsure, 10 %" in page
    assert "ink-box-doubtful" not in page


def test_a_stored_number_is_the_one_that_was_read(stored) -> None:
    reading = page_of("12 48?", "- 6")
    numbers = stored(reading).numbers
    assert numbers is not None
    assert [(n.text, n.line, n.box, tuple(n.digits)) for n in numbers] == [
        (n.text, n.line, n.box, n.digits) for n in reading.numbers
    ]
    assert [(n.confidence, n.state, n.alternative) for n in numbers] == [
        (n.confidence, n.state, n.alternative) for n in reading.numbers
    ]


def test_the_digits_of_doubtful_numbers_are_marked_on_the_ink(stored) -> None:
    assert [frame[4] for frame in stored(page_of("12 48?", "6")).drawing.frames] == [
        False,
        False,
        True,
        True,
        False,
    ]
    assert [frame[4] for frame in stored(page_of("48?")).drawing.frames] == [False, False]
