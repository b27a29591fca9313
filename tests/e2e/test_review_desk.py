"""The desk of reviewers in a browser, with everything real but the readings."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import pytest

from tests.e2e.conftest import PHONE
from tests.e2e.review_rows import PASSWORD, numbers
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.redis]

PATIENCE = 10  # seconds until verdicts are sent
BARRIERS = {"serious", "critical"}


@dataclass
class Rows:
    """Rows of the site's database, made and read beside the site."""

    site: Site

    def run(self, code: str) -> Any:
        """Run code that may print JSON in its last line."""
        printed = self.site.manage("shell", "-v", "0", "-c", f"from tests.e2e.review_rows import *\n{code}")
        lines = printed.strip().splitlines()
        return json.loads(lines[-1]) if lines else None

    def fill(self, *texts: str, **options: Any) -> list[str]:
        found: list[str] = self.run(f"import json; print(json.dumps(fill_queue({list(texts)!r}, **{options!r})))")
        return found

    def verdicts(self) -> list[list[Any]]:
        """[drawing, verdict, text, undone] of all, the oldest first."""
        found: list[list[Any]] = self.run(
            "import json; from recognizer.models import Review; print(json.dumps("
            "[[str(r.drawing_id), r.verdict, r.text, bool(r.undone_at)] for r in Review.objects.order_by('pk')]))"
        )
        return found

    def decide(self, drawing: str, text: str) -> None:
        """Somebody else decides."""
        self.run(f"decide_beside({drawing!r}, {text!r})")


@pytest.fixture(scope="module")
def rows(site: Site) -> Rows:
    return Rows(site)


@pytest.fixture
def reviewer(rows: Rows) -> str:
    name = f"reviewer-{secrets.token_hex(4)}"
    rows.run(f"make_reviewer({name!r})")
    return name


@pytest.fixture
def enter(open_page: Callable[..., Any], reviewer: str) -> Callable[..., Any]:
    """Opens a page as a reviewer."""

    def enter(path: str = "/review/", name: str = reviewer, **options: Any) -> Any:
        page = open_page(f"/accounts/login/?next={path}", **options)
        log_in(page, name, path)
        page.locator("[data-item]").wait_for()
        return page

    return enter


def log_in(page: Any, name: str, path: str = "/review/") -> None:
    page.get_by_label("Username or email").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"**{path}")


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def expect_reading(page: Any, text: str) -> None:
    from playwright.sync_api import expect

    expect(page.locator("[data-reading-text]")).to_have_text(text)


def expect_said(page: Any, text: str) -> None:
    from playwright.sync_api import expect

    expect(page.locator("[data-announce]")).to_have_text(re.compile(re.escape(text)))


def all_sent(page: Any) -> None:
    """Waits until the outbox is empty. The content policy forbids Playwright's own way to wait for a condition."""
    wait_for(page, "Object.keys(localStorage).every(key => localStorage[key] === '[]')")


def wait_for(page: Any, condition: str) -> None:
    end = time.monotonic() + PATIENCE
    while not page.evaluate(condition):
        assert time.monotonic() < end, page.evaluate("JSON.stringify(localStorage)")
        page.wait_for_timeout(20)


def test_a_hundred_by_keyboard_then_fifty_undone_across_a_reload(enter: Callable[..., Any], rows: Rows) -> None:
    from playwright.sync_api import expect

    drawings = rows.fill(*numbers(110))
    page = enter()
    said = {}
    for i in range(100):
        text = page.locator("[data-reading-text]").text_content()
        if i % 10 == 3:
            page.keyboard.type("77")
            said[i] = ("number", "77")
        else:
            said[i] = ("number", text)
        key = {5: "x", 7: "u"}.get(i % 10, "Enter")
        said[i] = {"x": ("no_number", ""), "u": ("unreadable", "")}.get(key, said[i])
        page.keyboard.press(key)
        expect(page.locator("[data-reading-text]")).not_to_have_text(text)
    all_sent(page)
    made = [row for row in rows.verdicts() if row[0] in drawings]
    assert [(row[1], row[2]) for row in made] == list(said.values())

    for i in range(50):
        if i == 20:
            page.reload()
            page.locator("[data-item]").wait_for()
        verdict, text = said[99 - i]
        page.keyboard.press("z")
        words = {"no_number": "no number", "unreadable": "unreadable"}.get(verdict, text)
        expect_said(page, f"Undone: {words}." if i < 20 else "Undone: ")
        expect_reading(page, numbers(100)[drawings.index(made[99 - i][0])])
    undone = [row[3] for row in rows.verdicts() if row[0] in drawings]
    assert undone == [False] * 50 + [True] * 50


def test_the_next_ones_are_there_before_the_server_answers(enter: Callable[..., Any], rows: Rows) -> None:
    """How many milliseconds that takes is measured by `bench/review_wait.py`."""
    texts = numbers(8)
    rows.fill(*texts)
    page = enter()
    page.wait_for_timeout(500)  # the next four are fetched
    held: list[Any] = []
    page.route("**/api/v1/reviews/**", lambda route: held.append(route))
    for text in texts[1:4]:
        page.keyboard.press("Enter")
        expect_reading(page, text)
    assert held
    page.unroute_all(behavior="ignoreErrors")
    page.reload()
    all_sent(page)


def test_several_lines_and_numbers_and_what_is_half_typed(enter: Callable[..., Any], rows: Rows) -> None:
    from playwright.sync_api import expect

    first, *_ = rows.fill("71\n04", "4")
    page = enter()
    page.keyboard.type("71 0")
    press(page, "Shift+Enter")
    page.keyboard.type("4q")
    page.reload()
    field = page.get_by_label("What was written?")
    expect(field).to_have_value("71 0\n4")
    expect(page.get_by_role("button", name="It is 71 0 / 4")).to_be_visible()
    press(page, "Escape")
    expect(field).to_have_value("")
    page.keyboard.type("71 0")
    press(page, "Shift+Enter", "4", "Enter")
    expect_reading(page, "4")
    all_sent(page)
    assert rows.verdicts()[-1][:3] == [first, "number", "71 0\n4"]


def test_one_agrees_with_the_writer_and_decides_anew(enter: Callable[..., Any], rows: Rows) -> None:
    from playwright.sync_api import expect

    first, second, _ = rows.fill("11", "17", "4", corrections={0: "77", 1: ""})
    page = enter()
    expect(page.get_by_role("button", name="Writer: 77")).to_be_visible()
    press(page, "a", "a")
    expect_reading(page, "4")
    all_sent(page)
    assert [row[:3] for row in rows.verdicts()[-2:]] == [[first, "number", "77"], [second, "no_number", ""]]
    press(page, "ArrowLeft")
    expect_said(page, "You decided no number.")
    press(page, "ArrowLeft")
    expect_said(page, "You decided 77.")
    press(page, "ArrowRight", "ArrowRight")
    expect_said(page, "Back at the desk. Next: read as 4.")
    page.reload()
    page.locator("[data-item]").wait_for()
    held: list[Any] = []
    page.route(f"**/items/{second}/", lambda route: held.append(route))
    with page.expect_request(f"**/items/{second}/"):
        press(page, "ArrowLeft", "ArrowLeft")
    page.wait_for_timeout(300)  # the other item, were it asked for now
    expect_said(page, "Next: read as 4.")
    held.pop().continue_()
    expect_said(page, "You decided 77.")
    press(page, "1", "Enter")
    expect_said(page, "1. Next: read as 4.")
    all_sent(page)
    assert rows.verdicts()[-1][:3] == [first, "number", "1"]


def test_what_is_decided_without_a_network_arrives_later(enter: Callable[..., Any], rows: Rows) -> None:
    from playwright.sync_api import expect

    drawings = rows.fill("1", "4", "7", "0", "11", "14")
    page = enter()
    expect_reading(page, "1")
    page.wait_for_timeout(300)  # what is fetched ahead has come
    page.context.set_offline(True)
    press(page, "Enter", "7", "1", "Enter", "s", "x", "z", "u")
    expect(page.get_by_text("4 verdicts wait to be sent.")).to_be_visible()
    page.context.set_offline(False)
    all_sent(page)
    expect(page.get_by_text("wait to be sent")).to_be_hidden()
    assert [row[:3] for row in rows.verdicts()[-3:]] == [
        [drawings[0], "number", "1"], [drawings[1], "number", "71"], [drawings[3], "unreadable", ""],
    ]  # fmt: skip


def test_two_reviewers_never_get_the_same_drawing(enter: Callable[..., Any], rows: Rows) -> None:
    from playwright.sync_api import expect

    rows.fill(*numbers(30))
    other = f"reviewer-{secrets.token_hex(4)}"
    rows.run(f"make_reviewer({other!r})")
    pages = [enter(), enter(name=other)]
    seen: list[str] = []
    for _ in range(10):
        for page in pages:
            text = page.locator("[data-reading-text]").text_content()
            seen.append(text)
            page.keyboard.press("Enter")
            expect(page.locator("[data-reading-text]")).not_to_have_text(text)
    assert len(set(seen)) == 20


def test_an_ended_session_keeps_what_was_decided(enter: Callable[..., Any], rows: Rows, reviewer: str) -> None:
    first, second, *_ = rows.fill("1", "4", "7")
    page = enter()
    page.context.clear_cookies()
    press(page, "Enter", "0", "Enter", "4")
    page.get_by_role("link", name="logged in").click()
    log_in(page, reviewer)
    all_sent(page)
    assert page.get_by_label("What was written?").input_value() == "4"
    assert [row[:3] for row in rows.verdicts()[-2:]] == [[first, "number", "1"], [second, "number", "0"]]


def test_what_somebody_else_said_meanwhile_is_shown(enter: Callable[..., Any], rows: Rows) -> None:
    from playwright.sync_api import expect

    first, second, _ = rows.fill("1", "4", "7")
    page = enter()
    expect_reading(page, "1")
    rows.decide(first, "7")
    rows.decide(second, "0")
    press(page, "Enter")
    expect_said(page, "Somebody decided meanwhile")
    press(page, "Enter")
    expect(page.get_by_text("beside said 7 meanwhile. You said 1.")).to_be_visible()
    wait_for(page, 'Object.values(localStorage).join().split("conflict").length > 2')  # both were answered
    page.reload()
    expect(page.get_by_text("beside said 7 meanwhile. You said 1.")).to_be_visible()
    press(page, "Enter")
    expect(page.get_by_text("beside said 0 meanwhile. You said 4.")).to_be_visible()
    page.get_by_role("button", name="Keep 0").click()
    expect_reading(page, "7")
    all_sent(page)
    assert rows.verdicts()[-1][:3] == [first, "number", "1"]
    assert [row[2] for row in rows.verdicts() if row[0] == second] == ["0"]


def test_the_empty_desk_shows_skipped_ones_again(enter: Callable[..., Any], rows: Rows) -> None:
    from playwright.sync_api import expect

    rows.fill("1", "4")
    page = enter()
    press(page, "s", "s")
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    expect(page.locator("[data-empty-text]")).to_have_text("You skipped 2 drawings.")
    page.get_by_role("button", name="See the skipped ones again").click()
    expect_reading(page, "1")


def test_strokes_are_replayed_and_pictures_are_not(enter: Callable[..., Any], rows: Rows) -> None:
    from playwright.sync_api import expect

    rows.fill("471", "1", uploads=1)
    page = enter()
    press(page, "r")
    expect(page.locator(".desk-replayed")).to_have_count(1)
    lengths = [page.locator(".desk-replayed").evaluate("path => path.getAttribute('d').length")]
    page.wait_for_timeout(300)
    lengths.append(page.locator(".desk-replayed").evaluate("path => path.getAttribute('d').length"))
    assert lengths[0] < lengths[1]
    expect(page.locator(".desk-replayed")).to_have_count(0)
    press(page, "Enter")
    expect(page.get_by_role("img", name="The uploaded picture, 1 digit found in it")).to_be_visible()
    press(page, "r")
    expect_said(page, "it is a picture")


def test_on_a_phone_buttons_decide_and_a_swipe_skips(enter: Callable[..., Any], rows: Rows) -> None:
    from playwright.sync_api import expect

    first, second, third = rows.fill("1", "4", "7")
    page = enter(**PHONE)
    bar = page.get_by_role("group", name="Decide")
    box = bar.bounding_box()
    assert box["y"] + box["height"] == pytest.approx(740, abs=2)
    for button in bar.get_by_role("button").all():
        size = button.bounding_box()
        assert size["height"] >= 44
        assert size["width"] >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.get_by_label("What was written?").get_attribute("inputmode") == "numeric"
    swipe(page)
    expect_reading(page, "4")
    page.get_by_role("button", name="It is 4").tap()
    expect_reading(page, "7")
    page.get_by_role("button", name="Unreadable").tap()
    expect(page.locator("[data-empty-text]")).to_have_text("You skipped 1 drawing.")
    all_sent(page)
    assert [row[:2] for row in rows.verdicts()[-2:]] == [[second, "number"], [third, "unreadable"]]
    assert first not in [row[0] for row in rows.verdicts()]


def swipe(page: Any) -> None:
    """A finger to the left across the drawing."""
    box = page.locator("[data-drawing-frame]").bounding_box()
    session = page.context.new_cdp_session(page)
    y = box["y"] + box["height"] / 2
    for kind, x in [("Start", 300), ("Move", 240), ("Move", 180), ("Move", 120), ("End", None)]:
        points = [] if x is None else [{"x": x, "y": y}]
        page.wait_for_timeout(30)  # a finger that is still at the end moves nothing on
        session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})


@pytest.mark.parametrize(
    "options", [{}, {"color_scheme": "dark"}, PHONE, {"viewport": {"width": 320, "height": 256}}]
)
def test_there_are_no_barriers(enter: Callable[..., Any], rows: Rows, options: dict[str, Any]) -> None:
    first, *_ = rows.fill("407", "17", corrections={0: "401"})
    page = enter(**options)
    page.locator("[data-item]").wait_for()
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    press(page, "?")
    assert barriers(page) == []
    page.goto(f"/review/drawings/{first}/")
    page.locator("[data-item]").wait_for()
    assert barriers(page) == []


def barriers(page: Any) -> list[Any]:
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text())
    found = page.evaluate("axe.run().then(({violations}) => violations)")
    return [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in BARRIERS]


def test_one_drawing_with_the_history_of_its_verdicts(enter: Callable[..., Any], rows: Rows) -> None:
    from playwright.sync_api import expect

    first, *_ = rows.fill("407", "17")
    rows.decide(first, "401")
    page = enter(f"/review/drawings/{first}/")
    verdicts = page.get_by_role("region", name="Verdicts on it").get_by_role("listitem")
    expect(verdicts).to_have_count(1)
    page.locator("[data-item]").wait_for()
    page.keyboard.type("407")
    press(page, "Enter")
    expect(verdicts).to_have_count(2)
    expect(verdicts.first).to_contain_text(re.compile(r"401.*→.*407.*in force", re.S))
    press(page, "z")
    expect(verdicts.first).to_contain_text("undone")
    expect(verdicts.last).to_contain_text("in force")
    expect_reading(page, "407")
