"""The wall in a browser: selecting, deciding on many at once, taking that back."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.conftest import PHONE, follow
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.redis]

PASSWORD = "correct horse battery"
MAKE = """
from django.contrib.auth.models import Group
from accounts.models import User
from ml.decoding.reading import Reading
from recognizer.models import Drawing, ModelVersion, Review, ReviewItem
from recognizer.services import predictions, review_queue
from tests.e2e.hand import DIGITS
reviewer = User.objects.create_user({name!r}, password={password!r})
reviewer.groups.add(Group.objects.get(name="reviewers"))
writer = User.objects.create_user({name!r} + "-writer", may_train=True)
strokes = [[[80 * x, 100 * y] for x, y in stroke] for stroke in DIGITS["7"]]
drawings = [predictions.submit_strokes(user=writer, strokes=strokes) for _ in range(62)]
version = ModelVersion.objects.get(active=True)
readings = [(d.pk, Reading("recognised", "7", 0.3 + k / 100, ())) for k, d in enumerate(drawings)]
predictions.store(readings=readings, version_id=version.pk)
made = Drawing.objects.with_predictions().with_verdicts().filter(pk__in=[d.pk for d in drawings])
review_queue.put_many(drawings=list(made))
print("writer", writer.pk)
"""
# Another reviewer decides on the first drawing of the page, and the writer corrects the second one.
MEANWHILE = """
from accounts.models import User
from recognizer.models import Drawing, Review, ReviewItem
from recognizer.services import reviews
other, _ = User.objects.get_or_create(username="other-" + {name!r})
first, second = ReviewItem.objects.filter(writer={writer}).order_by("confidence", "pk")[:2]
decision = reviews.Decision(Review.Verdict.NUMBER, "1")
reviews.decide_many(reviewer=other, decision=decision, seen={{first.pk: first.drawing.seen}})
reviews.correct_drawing(drawing=second.drawing, user=second.writer, text="4")
"""
COUNT = """
from recognizer.models import Review
found = Review.objects.in_force().filter(drawing__user={writer}, bulk=True)
print("found", found.count(), set(found.values_list("text", "shown_for")) or "")
"""


@pytest.fixture
def crowd(site: Site) -> tuple[str, int]:
    """A reviewer's name, and the number of a writer of 62 drawings that are read as 7."""
    name = f"reviewer-{secrets.token_hex(4)}"
    printed = site.manage("shell", "-c", MAKE.format(name=name, password=PASSWORD))
    return name, int(printed.split("writer ")[1].split()[0])


@pytest.fixture
def enter(open_page: Callable[..., Any], crowd: tuple[str, int]) -> Callable[..., Any]:
    """Opens the wall with all sevens of the writer, as the reviewer."""

    def enter(**options: Any) -> Any:
        name, writer = crowd
        page = open_page(f"/accounts/login/?next=/review/grid/%3Fread=7%26writer={writer}", **options)
        page.get_by_label("Username or email").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        follow(page.get_by_role("button", name="Log in", exact=True))
        page.locator("[data-tile]").first.wait_for()
        return page

    return enter


def decided(site: Site, writer: int) -> str:
    return site.manage("shell", "-c", COUNT.format(writer=writer)).split("found ")[1].strip()


def tiles_of(page: Any) -> Any:
    return page.locator("[data-tiles]").get_by_role("option")


def status_of(page: Any) -> Any:
    return page.locator("[data-status]")


def selected(page: Any) -> Any:
    return page.locator('[role=option][aria-selected="true"]')


def test_a_range_by_mouse_is_decided_and_one_undo_takes_all_back(
    enter: Callable[..., Any], site: Site, crowd: tuple[str, int]
) -> None:
    from playwright.sync_api import expect

    page = enter()
    tiles = tiles_of(page)
    expect(tiles).to_have_count(60)
    expect(tiles.first).to_have_accessible_name("read 7, 30 %")
    tiles.nth(2).click()
    tiles.nth(13).click(modifiers=["Shift"])
    tiles.nth(5).click()
    expect(selected(page)).to_have_count(11)
    expect(page.get_by_label("Number", exact=True)).to_have_value("7")
    page.get_by_role("button", name="Decide").click()
    expect(status_of(page)).to_contain_text("11 drawings decided: 7")
    expect(tiles.nth(2)).to_have_accessible_name("read 7, 32 %, decided: 7")
    expect(tiles.nth(2)).to_have_attribute("aria-disabled", "true")
    assert decided(site, crowd[1]) == "11 {('7', 'wall')}"
    page.get_by_role("button", name="Undo").click()
    expect(status_of(page)).to_contain_text("11 drawings undone")
    expect(tiles.nth(2)).to_have_accessible_name("read 7, 32 %")
    expect(selected(page)).to_have_count(11)
    assert decided(site, crowd[1]) == "0"


def test_everything_with_the_keyboard_alone(enter: Callable[..., Any], site: Site, crowd: tuple[str, int]) -> None:
    from playwright.sync_api import expect

    page = enter()
    tiles = tiles_of(page)
    tiles.first.focus()
    keys = page.keyboard
    keys.press("ArrowRight")
    expect(tiles.nth(1)).to_be_focused()
    keys.press("Space")
    keys.press("Shift+ArrowRight")
    keys.press("Shift+ArrowRight")
    expect(selected(page)).to_have_count(3)
    keys.press("ArrowDown")
    expect(selected(page)).to_have_count(3)
    keys.press("Escape")
    expect(selected(page)).to_have_count(0)
    keys.press("Control+a")
    expect(selected(page)).to_have_count(60)
    keys.type("12")
    expect(status_of(page)).to_have_text("Enter decides: 12")
    keys.press("Enter")
    expect(status_of(page)).to_contain_text("60 drawings decided: 12")
    assert decided(site, crowd[1]) == "60 {('12', 'wall')}"
    keys.press("z")
    expect(status_of(page)).to_contain_text("60 drawings undone")
    keys.press("x")
    expect(status_of(page)).to_contain_text("60 drawings decided: no number")
    keys.press("n")
    expect(tiles).to_have_count(2)


def test_what_changed_meanwhile_is_told_and_stays(
    enter: Callable[..., Any], site: Site, crowd: tuple[str, int]
) -> None:
    from playwright.sync_api import expect

    name, writer = crowd
    page = enter()
    site.manage("shell", "-c", MEANWHILE.format(name=name, writer=writer))
    tiles = tiles_of(page)
    tiles.first.click()
    tiles.nth(3).click(modifiers=["Shift"])
    page.keyboard.press("Enter")
    expect(status_of(page)).to_contain_text("2 drawings decided: 7")
    expect(status_of(page)).to_contain_text("2 drawings had changed meanwhile")
    expect(tiles.first).to_have_accessible_name(f"read 7, 30 %, other-{name} decided: 1")
    expect(tiles.nth(1)).to_have_accessible_name("read 7, 31 %, its writer says 4 now")
    tiles.first.click()  # it can be decided again, now that the reviewer knows
    page.keyboard.press("Enter")
    expect(status_of(page)).to_contain_text("1 drawing decided: 7")


def test_without_a_network_the_selection_stays_and_is_sent_once(
    enter: Callable[..., Any], site: Site, crowd: tuple[str, int]
) -> None:
    from playwright.sync_api import expect

    page = enter()
    tiles_of(page).first.click()
    sent: list[Any] = []
    page.on("request", lambda request: sent.append(request) if request.url.endswith("/bulk/") else None)
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    expect(status_of(page)).to_contain_text("You seem to be offline. Your selection stays.")
    expect(selected(page)).to_have_count(1)
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(status_of(page)).to_contain_text("1 drawing decided: 7")
    assert len(sent) == 2
    assert len({request.post_data_json["step"] for request in sent}) == 1
    assert decided(site, crowd[1]).startswith("1 ")


def test_after_the_session_is_over_the_selection_stays(enter: Callable[..., Any]) -> None:
    from playwright.sync_api import expect

    page = enter()
    tiles_of(page).first.click()
    page.context.clear_cookies()
    page.keyboard.press("Enter")
    expect(status_of(page)).to_contain_text("You are logged out")
    expect(page.get_by_role("link", name="Log in").last).to_have_attribute("target", "_blank")
    expect(selected(page)).to_have_count(1)


def test_a_finger_selects_and_decides(enter: Callable[..., Any], site: Site, crowd: tuple[str, int]) -> None:
    from playwright.sync_api import expect

    page = enter(**PHONE)
    tiles = tiles_of(page)
    tiles.nth(0).tap()
    tiles.nth(1).tap()
    tiles.nth(0).tap()
    expect(selected(page)).to_have_count(1)
    page.get_by_role("button", name="Unreadable").tap()
    expect(status_of(page)).to_contain_text("1 drawing decided: unreadable")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for button in page.locator(".wall-bar button").all():
        assert button.bounding_box()["height"] >= 44
    assert decided(site, crowd[1]).startswith("1 ")


def test_a_double_click_opens_the_drawing_beside_the_wall(enter: Callable[..., Any]) -> None:
    page = enter()
    with page.context.expect_page() as opened:
        tiles_of(page).nth(1).dblclick()
    opened.value.wait_for_url("**/review/drawings/**")
    assert page.url.endswith("read=7&writer=" + page.url.rpartition("=")[2])


def test_the_wall_is_no_wider_than_its_window_at_400_percent(enter: Callable[..., Any]) -> None:
    page = enter(viewport={"width": 320, "height": 200})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.locator("[data-bar]").evaluate("bar => getComputedStyle(bar).position") == "static"
