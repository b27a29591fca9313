"""Staff look at drawings and decide on corrections."""

import pytest
from django.test import Client

from accounts.models import User
from recognizer.models import Correction, Drawing, Review
from recognizer.services import predictions, reviews
from tests.conftest import ONE, drawings_read, reading_of, signed_in

URL = "/admin/recognizer/drawing/"


@pytest.fixture
def correction(read_drawing: Drawing, owner: User) -> Correction:
    return reviews.correct_drawing(drawing=read_drawing, user=owner, text="1")


def act(client: Client, action: str, *drawings: Drawing):
    chosen = [str(drawing.pk) for drawing in drawings]
    return client.post(URL, {"action": action, "_selected_action": chosen}, follow=True)


def test_agreeing_with_the_writer(reviewer_client: Client, reviewer: User, correction: Correction) -> None:
    answer = act(reviewer_client, "accept_corrections", correction.drawing)
    assert "1 correction(s) accepted" in answer.content.decode()
    review = Review.objects.get()
    assert (review.correction, review.reviewer, review.verdict, review.text) == (
        correction,
        reviewer,
        "number",
        "1",
    )
    assert correction.drawing.predictions.get().text == "7"


def test_what_nobody_corrected_is_left_alone(reviewer_client: Client, read_drawing: Drawing) -> None:
    assert "Nobody has corrected" in act(reviewer_client, "accept_corrections", read_drawing).content.decode()
    assert not Review.objects.exists()


def test_a_claim_that_was_replaced_and_one_that_was_decided_on_are_not_open(
    reviewer_client: Client, owner: User, correction: Correction
) -> None:
    for text in ["3", "2"]:
        reviews.correct_drawing(drawing=correction.drawing, user=owner, text=text)
    assert len(reviewer_client.get(f"{URL}?corrected=open").context["cl"].result_list) == 1
    act(reviewer_client, "accept_corrections", correction.drawing)
    assert len(reviewer_client.get(f"{URL}?corrected=open").context["cl"].result_list) == 0


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ("", {"7", "8", "9"}),
        ("corrected=open", {"7"}),
        ("corrected=any", {"7"}),
        ("corrected=no", {"8", "9"}),
        ("reading=unsure", {"9"}),
        ("q=owner", {"7", "8", "9"}),
    ],
)
def test_filters(
    reviewer_client: Client, owner: User, version, correction: Correction, query: str, texts: set[str]
) -> None:
    for read in [reading_of("8"), reading_of("9", "unsure", 0.4)]:
        drawing = predictions.submit_strokes(user=owner, strokes=ONE)
        predictions.store(readings=[(drawing.pk, read)], version_id=version.pk)
    shown = reviewer_client.get(f"{URL}?{query}").context["cl"].result_list
    assert {drawing.latest.text for drawing in shown} == texts


def test_the_list_costs_the_same_however_long_it_is(
    reviewer_client: Client, owner: User, version, upload: Drawing, django_assert_max_num_queries
) -> None:
    drawings_read(owner, version, 15, correction="3")
    with django_assert_max_num_queries(14):
        page = reviewer_client.get(URL).content.decode()
    assert page.count("<svg viewBox") == 15
    assert f"/history/{upload.pk}/thumbnail/" in page


def test_facts_are_not_edited(reviewer_client: Client, read_drawing: Drawing) -> None:
    page = f"{URL}{read_drawing.pk}/change/"
    assert reviewer_client.get(page).status_code == 200
    assert reviewer_client.post(page, {"state": "failed"}).status_code == 403
    assert reviewer_client.get(f"{URL}add/").status_code == 403


def test_deleting_one_and_many(reviewer_client: Client, owner: User, correction: Correction) -> None:
    other = predictions.submit_strokes(user=owner, strokes=ONE)
    yes = {"post": "yes"}
    reviewer_client.post(f"{URL}{correction.drawing.pk}/delete/", yes)
    assert list(Drawing.objects.all()) == [other]
    reviewer_client.post(URL, {"action": "delete_selected", "_selected_action": [str(other.pk)], **yes})
    assert not Drawing.objects.exists()


def test_staff_without_the_right_to_review_are_not_offered_it(owner: User, correction: Correction) -> None:
    from django.contrib.auth.models import Permission

    owner.is_staff = True
    owner.save()
    owner.user_permissions.add(Permission.objects.get(codename="view_drawing"))
    client = signed_in(User.objects.get(pk=owner.pk))
    assert "accept_corrections" not in client.get(URL).content.decode()
    act(client, "accept_corrections", correction.drawing)
    assert not Review.objects.exists()


def test_the_admin_signs_in_through_the_site(db: None, client: Client, owner_client: Client) -> None:
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/accounts/login/")
    assert owner_client.get("/admin/", follow=True).status_code == 403


def test_nobody_guesses_the_password_of_staff_at_the_admin(owner_client: Client, reviewer: User) -> None:
    guess = {"username": "reviewer", "password": "correct horse battery"}
    assert owner_client.post("/admin/login/", guess).status_code == 403
    assert Client().post("/admin/login/", guess)["Location"].startswith("/accounts/login/")
    assert owner_client.get("/admin/", follow=True).status_code == 403


@pytest.mark.parametrize("model", ["review", "modelversion"])
def test_the_other_lists_open(reviewer_client: Client, correction: Correction, model: str) -> None:
    act(reviewer_client, "accept_corrections", correction.drawing)
    assert reviewer_client.get(f"/admin/recognizer/{model}/").status_code == 200
