"""Staff look at drawings and decide on corrections."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.models import User
from recognizer.admin import drawings, read_only
from recognizer.models import Correction, Drawing, Review, ReviewItem
from recognizer.services import predictions, review_queue, reviews
from tests.conftest import ONE, drawings_read, reading_of, signed_in
from tests.recognizer.course import decide

URL = "/admin/recognizer/drawing/"


@pytest.fixture
def correction(read_drawing: Drawing, owner: User) -> Correction:
    return reviews.correct_drawing(drawing=read_drawing, user=owner, text="1")


def act(client: Client, action: str, *drawings: Drawing):
    chosen = [str(drawing.pk) for drawing in drawings]
    return client.post(URL, {"action": action, "_selected_action": chosen}, follow=True)


def sent_with(client: Client, action: str, *drawings: Drawing) -> str:
    """What the list answers to an action on drawings as it shows them."""
    page = client.get(URL).content.decode()
    seen = dict(re.findall(r'name="(seen-[^"]+)" value="([^"]+)"', page))
    chosen = [str(drawing.pk) for drawing in drawings]
    answer = client.post(URL, {"action": action, "_selected_action": chosen, **seen}, follow=True)
    return answer.content.decode()


@pytest.mark.parametrize(
    ("action", "verdict", "text"),
    [
        ("agree_with_writer", "number", "1"),
        ("agree_with_reading", "number", "7"),
        ("no_number", "no_number", ""),
        ("unreadable", "unreadable", ""),
    ],
)
def test_deciding(
    reviewer_client: Client, reviewer: User, correction: Correction, action: str, verdict: str, text: str
) -> None:
    assert "1 decided." in sent_with(reviewer_client, action, correction.drawing)
    review = Review.objects.get()
    assert (review.correction, review.reviewer, review.verdict, review.text) == (
        correction, reviewer, verdict, text,
    )  # fmt: skip
    assert correction.drawing.predictions.get().text == "7"


def test_many_are_decided_in_one_step(reviewer_client: Client, reviewer: User, owner: User, version) -> None:
    for text in ["3", "4", ""]:
        drawings_read(owner, version, 1, correction="0")
        reviews.correct_drawing(drawing=Drawing.objects.first(), user=owner, text=text)
    assert "3 decided." in sent_with(reviewer_client, "agree_with_writer", *Drawing.objects.all())
    assert set(Review.objects.values_list("text", flat=True)) == {"3", "4", ""}
    assert len(reviews.undo(reviewer=reviewer).reviews) == 3


def test_what_changed_since_the_list_was_shown_is_left_alone(
    reviewer_client: Client, owner: User, correction: Correction
) -> None:
    seen = {f"seen-{correction.drawing_id}": Drawing.objects.get(pk=correction.drawing_id).seen}
    reviews.correct_drawing(drawing=correction.drawing, user=owner, text="2")
    chosen = {"action": "agree_with_writer", "_selected_action": [str(correction.drawing_id)]}
    page = reviewer_client.post(URL, chosen | seen, follow=True).content.decode()
    assert "1 not decided: they have changed meanwhile." in page
    assert not Review.objects.exists()


def test_what_nobody_corrected_is_left_alone(reviewer_client: Client, owner: User, read_drawing: Drawing) -> None:
    services.allow_training(user=owner, allowed=True)
    page = sent_with(reviewer_client, "agree_with_writer", read_drawing)
    assert "1 not decided: nobody has corrected them." in page
    assert not Review.objects.exists()


def test_a_drawing_that_no_worker_has_put_into_the_queue_is_decided(
    reviewer_client: Client, owner: User, read_drawing: Drawing
) -> None:
    services.allow_training(user=owner, allowed=True)
    assert not ReviewItem.objects.exists()
    assert "1 decided." in sent_with(reviewer_client, "agree_with_reading", read_drawing)
    assert ReviewItem.objects.get().state == "decided"


def test_an_action_on_more_than_a_step_may_have_is_refused(
    reviewer_client: Client, correction: Correction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawings, "MOST", 0)
    chosen = {"action": "no_number", "_selected_action": [str(correction.drawing_id)], "select_across": "1"}
    assert "More than 0 match." in reviewer_client.post(URL, chosen, follow=True).content.decode()
    assert not Review.objects.exists()


def test_it_lists_what_staff_may_see(reviewer_client: Client, owner: User, read_drawing: Drawing) -> None:
    def listed() -> list[Drawing]:
        return list(reviewer_client.get(URL).context["cl"].result_list)

    page = f"{URL}{read_drawing.pk}/change/"
    assert listed() == []
    assert reviewer_client.get(page).status_code == 302  # to the index, as for one that does not exist
    services.allow_training(user=owner, allowed=True)
    assert listed() == [read_drawing]
    assert reviewer_client.get(page).status_code == 200
    services.allow_training(user=owner, allowed=False)
    assert listed() == []
    reviews.correct_drawing(drawing=read_drawing, user=owner, text="1")
    assert listed() == [read_drawing]


@pytest.fixture
def three(owner: User, version, correction: Correction) -> None:
    """A 7 that was corrected to 1, an 8, and a 9 that is unsure; staff may see all."""
    services.allow_training(user=owner, allowed=True)
    for read in [reading_of("8"), reading_of("9", "unsure", 0.4)]:
        drawing = predictions.submit_strokes(user=owner, strokes=ONE)
        predictions.store(readings=[(drawing.pk, read)], version_id=version.pk)
    review_queue.put_many(drawings=list(Drawing.objects.with_predictions().with_verdicts()))


TODAY = timezone.now().date()


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ("", "789"),
        ("corrected=open", "7"),
        ("corrected=any", "7"),
        ("corrected=no", "89"),
        ("reading=unsure", "9"),
        ("verdict=none", "789"),
        ("verdict=number", ""),
        ("state=read&source=canvas", "789"),
        ("q=owner", "789"),
        ("q=stranger", ""),
        ("q=8", "8"),
        ("q=1", "7"),
        (f"q={TODAY}", "789"),
        (f"q=2020-01-01..{TODAY}", "789"),
        ("q=2020-01-01", ""),
        ("q=2020-13-01", ""),
        ("q=9999-12-31", ""),
        ("q=owner+8", "8"),
        ("q=%22+%22+8", "8"),
        ("o=3", "987"),
        ("o=-3", "789"),
        ("corrected=nonsense", "789"),
    ],
)
def test_search_filters_and_order(reviewer_client: Client, three: None, query: str, texts: str) -> None:
    shown = reviewer_client.get(f"{URL}?{query}").context["cl"].result_list
    found = [drawing.latest.text for drawing in shown]
    assert sorted(found) == sorted(texts)
    if query.startswith("o="):
        assert found[0 if query == "o=3" else -1] == "9"


def test_it_is_found_by_its_verdict_and_by_its_id(
    reviewer_client: Client, reviewer: User, three: None, correction: Correction
) -> None:
    decide(correction.drawing, reviewer, "55")
    for query in ["q=55", f"q={correction.drawing_id}", "verdict=number"]:
        shown = reviewer_client.get(f"{URL}?{query}").context["cl"].result_list
        assert list(shown) == [correction.drawing]


@pytest.mark.parametrize("few", [1, 15])
def test_the_list_costs_the_same_however_long_it_is(
    reviewer_client: Client, owner: User, version, upload: Drawing, few: int, django_assert_num_queries
) -> None:
    reviews.correct_drawing(drawing=upload, user=owner, text="1")
    drawings_read(owner, version, few, correction="3")
    with django_assert_num_queries(8):
        page = reviewer_client.get(URL).content.decode()
    assert page.count('<svg class="ink"') == few
    assert f"/history/{upload.pk}/thumbnail/" in page


def test_the_list_counts_no_further_than_it_leads(
    reviewer_client: Client, owner: User, version, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries
) -> None:
    drawings_read(owner, version, 3, correction="3")
    assert "Only the first" not in reviewer_client.get(URL).content.decode()
    monkeypatch.setattr(read_only, "LISTED", 2)
    monkeypatch.setattr(read_only.BoundedPaginator, "bound", 2)
    with django_assert_max_num_queries(10) as queries:
        page = reviewer_client.get(URL).content.decode()
    assert "Only the first 2 are listed." in page
    for query in queries:
        assert "COUNT(*)" not in query["sql"] or "LIMIT 3" in query["sql"]
    assert reviewer_client.get(f"{URL}?p=2").status_code in {200, 302}


def test_the_page_shows_ink_boxes_and_the_history_of_verdicts(
    reviewer_client: Client, reviewer: User, owner: User, correction: Correction
) -> None:
    decide(correction.drawing, reviewer, "1")
    reviews.correct_drawing(drawing=correction.drawing, user=owner, text="")
    decide(correction.drawing, reviewer, None)
    page = reviewer_client.get(f"{URL}{correction.drawing_id}/change/").content.decode()
    history = page[page.index("field-verdicts") :]
    rows = re.findall(r"<td>(verdict|corrected)</td><td>([^<]*)</td><td>(\w+)</td><td>([^<]*)</td>", history)
    assert [row[:3] for row in rows] == [
        ("verdict", "unreadable", "reviewer"),
        ("corrected", "not a number", "owner"),
        ("verdict", "1", "reviewer"),
        ("corrected", "1", "owner"),
    ]
    assert [row[3] == "in force" for row in rows] == [True, True, False, False]
    assert page.count('class="ink-box"') == 1


def test_the_page_of_a_drawing_costs_the_same_with_many_verdicts(
    reviewer_client: Client, reviewer: User, correction: Correction, django_assert_max_num_queries
) -> None:
    for text in ["1", "2", "3", "4"] * 3:
        decide(correction.drawing, reviewer, text)
    with django_assert_max_num_queries(16):
        reviewer_client.get(f"{URL}{correction.drawing_id}/change/")


def test_facts_are_not_edited(reviewer_client: Client, correction: Correction) -> None:
    page = f"{URL}{correction.drawing_id}/change/"
    assert reviewer_client.get(page).status_code == 200
    assert reviewer_client.post(page, {"state": "failed"}).status_code == 403
    assert reviewer_client.get(f"{URL}add/").status_code == 403


def test_deleting_one_and_many(reviewer_client: Client, owner: User, correction: Correction) -> None:
    other = predictions.submit_strokes(user=owner, strokes=ONE)
    reviews.correct_drawing(drawing=other, user=owner, text="1")
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
    assert "agree_with_writer" not in client.get(URL).content.decode()
    act(client, "agree_with_writer", correction.drawing)
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
    act(reviewer_client, "agree_with_writer", correction.drawing)
    assert reviewer_client.get(f"/admin/recognizer/{model}/").status_code == 200
