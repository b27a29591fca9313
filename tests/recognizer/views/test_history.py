"""The history, the page of one drawing, its picture, and deleting it."""

import pytest
from django.test import Client

from accounts.models import User
from recognizer.models import Drawing
from recognizer.services import predictions, reviews
from tests.conftest import ONE, drawings_read


def test_the_history_shows_ones_own_drawings(owner_client: Client, read_drawing: Drawing) -> None:
    page = owner_client.get("/history/")
    assert page.status_code == 200
    assert read_drawing.get_absolute_url() in page.content.decode()
    assert "98" in page.content.decode()


def test_an_empty_history_says_what_to_do(owner_client: Client) -> None:
    assert 'href="/"' in owner_client.get("/history/").content.decode()


def test_nobody_elses(stranger_client: Client, read_drawing: Drawing) -> None:
    assert str(read_drawing.pk) not in stranger_client.get("/history/").content.decode()


@pytest.mark.parametrize("state", ["waiting", "failed", "upload"])
def test_drawings_without_a_reading_are_shown_as_well(
    owner_client: Client, owner: User, upload, state: str
) -> None:
    if state == "failed":
        predictions.fail(drawing_id=upload.pk, why="The reader broke off.")
    if state == "waiting":
        upload = predictions.submit_strokes(user=owner, strokes=ONE)
    assert upload.get_absolute_url() in owner_client.get("/history/").content.decode()
    assert owner_client.get(upload.get_absolute_url()).status_code == 200


def test_a_long_history_costs_the_same(
    owner_client: Client, owner: User, version, django_assert_max_num_queries
) -> None:
    drawings_read(owner, version, 30, correction="13")
    with django_assert_max_num_queries(11):
        owner_client.get("/history/")
    assert owner_client.get("/history/?page=2").status_code == 200
    assert owner_client.get("/history/?page=nonsense").status_code == 200


def test_the_page_of_a_drawing_shows_its_digits_and_all_ten_probabilities(
    owner_client: Client, read_drawing: Drawing
) -> None:
    page = owner_client.get(read_drawing.get_absolute_url())
    assert page.status_code == 200
    assert page.context["prediction"].text == "7"
    assert len(page.context["digits"][0].bars) == 10
    assert f'data-url="/api/v1/predictions/{read_drawing.pk}/explanation/"' in page.content.decode()


@pytest.mark.parametrize("path", ["", "picture/", "thumbnail/"])
def test_a_stranger_finds_no_page_and_no_picture(stranger_client: Client, upload: Drawing, path: str) -> None:
    assert stranger_client.get(upload.get_absolute_url() + path).status_code == 404


def test_a_picture_is_served_so_that_nothing_in_it_can_run(owner_client: Client, upload: Drawing) -> None:
    answer = owner_client.get(f"{upload.get_absolute_url()}picture/")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Cache-Control"].startswith("private")


def test_a_canvas_drawing_has_no_picture_file(owner_client: Client, read_drawing: Drawing) -> None:
    assert owner_client.get(f"{read_drawing.get_absolute_url()}picture/").status_code == 404


def test_staff_who_review_see_the_picture_if_its_writer_lets_them(
    reviewer_client: Client, upload: Drawing
) -> None:
    assert reviewer_client.get(f"{upload.get_absolute_url()}picture/").status_code == 404
    upload.user.may_train = True
    upload.user.save()
    assert reviewer_client.get(f"{upload.get_absolute_url()}picture/").status_code == 200


def test_deleting_takes_everything_with_it(owner_client: Client, owner: User, read_drawing: Drawing) -> None:
    reviews.correct_drawing(drawing=read_drawing, user=owner, text="1")
    answer = owner_client.post(f"{read_drawing.get_absolute_url()}delete/")
    assert answer.status_code == 302
    assert not Drawing.objects.exists()


def test_a_stranger_cannot_delete(stranger_client: Client, read_drawing: Drawing) -> None:
    assert stranger_client.post(f"{read_drawing.get_absolute_url()}delete/").status_code == 404
    assert Drawing.objects.exists()


def test_looking_does_not_delete(owner_client: Client, read_drawing: Drawing) -> None:
    assert owner_client.get(f"{read_drawing.get_absolute_url()}delete/").status_code == 405


@pytest.mark.parametrize("path", ["/history/", "/accounts/"])
def test_without_an_account_one_is_asked_to_sign_in(db: None, client: Client, path: str) -> None:
    assert client.get(path)["Location"] == f"/accounts/login/?next={path}"


def test_the_drawing_page_is_open_to_everybody(db: None, client: Client, owner_client: Client) -> None:
    assert client.get("/").status_code == 200
    assert owner_client.get("/").status_code == 200
