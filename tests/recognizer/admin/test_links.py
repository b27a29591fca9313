"""No link of an admin page leads whoever sees it to a refusal or to nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.models import User
from recognizer.models import DataExport, Drawing, ModelVersion, Promotion, ReviewItem, ShadowReading
from recognizer.services import predictions, review_queue, reviews
from tests.conftest import PASSWORD, reading_of, signed_in
from tests.recognizer.course import Role, State, decide, judged_run, sample_of

MOST = 400  # pages; far more than there are, if the crawl keeps to addresses without parameters
# Beat's and allauth's tables have pages of their own, which other tests open.
OURS = re.compile(r"/admin/(recognizer/.*|accounts/user/.*)?$")


@pytest.fixture
def rows(owner: User, stranger: User, reviewer: User, trainer: User, version: ModelVersion) -> None:
    """One of everything, also of people who show their drawings to nobody."""
    services.allow_training(user=owner, allowed=True)
    run = judged_run(State.CANDIDATE, version, requested_by=trainer)
    Promotion.objects.create(version=version, kind="forced", by=trainer, reason="a demonstration")
    for user in (owner, stranger):
        for _ in range(2):
            drawing = predictions.submit_strokes(user=user, strokes=[[[50, 10], [50, 60], [50, 110]]])
            predictions.store(readings=[(drawing.pk, reading_of("7"))], version_id=version.pk)
            sample_of(run, drawing, Role.TRAIN)
            ShadowReading.objects.create(
                drawing=drawing, model_version=version, state="recognised", text="1", confidence=0.5, agrees=False
            )
        DataExport.objects.create(user=user, total=2)
    sample_of(run, None, Role.TRAIN)
    reviews.correct_drawing(drawing=drawing, user=stranger, text="1")
    shown = Drawing.objects.shown_to_staff().with_predictions().with_verdicts()
    review_queue.put_many(drawings=list(shown))
    for drawing in Drawing.objects.shown_to_staff():
        decide(drawing, reviewer, "7")
        decide(drawing, trainer, "1")
    first, *others = ReviewItem.objects.all()
    later = timezone.now() + timedelta(minutes=2)
    ReviewItem.objects.filter(pk=others[0].pk).update(like=first, leased_to=trainer, leased_until=later)


def staff(name: str, *groups: str, permissions: tuple[str, ...] = ()) -> User:
    user = User.objects.create_user(name, password=PASSWORD, is_staff=True)
    user.groups.set(Group.objects.filter(name__in=groups))
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


LOOKERS: dict[str, Callable[[], User]] = {
    "superuser": lambda: User.objects.get(username="reviewer"),
    "trainer": lambda: staff("trainer-2", "trainers"),
    "reviewer": lambda: staff("reviewer-2", "reviewers"),
    "both": lambda: staff("both", "trainers", "reviewers"),
    "who looks at reviews only": lambda: staff("narrow", permissions=("view_review", "view_dataexport")),
    "nobody in particular": lambda: staff("plain"),
}


@pytest.mark.parametrize("who", LOOKERS)
def test_every_link_opens(rows: None, who: str) -> None:
    client = signed_in(LOOKERS[who]())
    waiting, seen, broken = ["/admin/"], {"/admin/"}, []
    while waiting:
        page = waiting.pop()
        answer = client.get(page)
        for address in addresses(page, answer.content.decode()) - seen:
            seen.add(address)
            if is_broken(client, address):
                broken.append((page, address))
            elif OURS.match(address):
                waiting.append(address)
        assert len(seen) < MOST
    assert broken == []
    if who == "superuser":
        kinds = {
            match[1] for address in seen if (match := re.match(r"/admin/recognizer/(\w+)/.+/change/", address))
        }
        assert kinds == {
            "correction", "dataexport", "drawing", "modelversion", "prediction", "promotion", "review",
            "reviewitem", "shadowreading", "trainingrun", "trainingsample",
        }  # fmt: skip


def addresses(page: str, content: str) -> set[str]:
    """Where the links and pictures of a page lead on this site, without parameters."""
    found = re.findall(r'<(?:a|img|image)[^>]*\s(?:href|src)="([^"#]+)"', content)
    targets = {
        urlsplit(urljoin(page, unescape(target))).path for target in found if not target.startswith("data:")
    }
    return {
        target for target in targets if not target.startswith(("/static/", "/accounts/logout", "/admin/logout"))
    }


def is_broken(client: Client, address: str) -> bool:
    """Whether it is refused or missing; the admin leads from a row that it does not find to its index."""
    answer = client.get(address)
    to_index = answer.status_code == 302 and answer["Location"] == "/admin/"
    to_sign_in = answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
    return answer.status_code >= 400 or to_index or to_sign_in


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("trainer", {"drawing", "correction", "prediction", "reviewitem", "shadowreading", "trainingrun",
                     "trainingsample", "modelversion", "promotion"}),
        ("reviewer", {"drawing", "correction", "prediction", "reviewitem", "review"}),
        ("who looks at reviews only", {"dataexport"}),
        ("nobody in particular", set()),
    ],
)  # fmt: skip
def test_who_sees_what(rows: None, who: str, sees: set[str]) -> None:
    client = signed_in(LOOKERS[who]())
    listed = set(re.findall(r'href="/admin/recognizer/(\w+)/"', client.get("/admin/").content.decode()))
    assert listed == sees
    everything = ["drawing", "correction", "prediction", "review", "reviewitem", "shadowreading", "trainingrun",
                  "trainingsample", "modelversion", "promotion", "dataexport"]  # fmt: skip
    for kind in everything:
        assert client.get(f"/admin/recognizer/{kind}/").status_code == (200 if kind in sees else 403)


def test_staff_do_not_see_rows_of_drawings_that_nobody_shows_them(rows: None, owner: User) -> None:
    services.allow_training(user=owner, allowed=False)
    client = signed_in(LOOKERS["both"]())
    for kind, count in [("drawing", 1), ("prediction", 1), ("reviewitem", 1), ("shadowreading", 1), ("review", 2)]:
        listed = client.get(f"/admin/recognizer/{kind}/").context["cl"].result_list
        assert len(listed) == count, kind
