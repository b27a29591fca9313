"""The reading while one draws: the newest drawing counts, and silence is never long."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.conftest import READING
from tests.e2e.hand import Hand

pytestmark = [pytest.mark.browser, pytest.mark.redis]

LIVE = "**/api/v1/live/"


def reading(text: str) -> dict[str, Any]:
    return {**READING, "text": text, "digits": READING["digits"] * len(text)}


def state(page: Any, wanted: str, timeout: int = 5000) -> None:
    page.locator(f"[data-reading][data-state={wanted}]").wait_for(timeout=timeout)


def test_a_late_answer_never_replaces_a_newer_one(page: Any, hand: Hand) -> None:
    from playwright.sync_api import expect

    held: list[Any] = []

    def answer(route: Any) -> None:
        if len(json.loads(route.request.post_data)["strokes"]) == 1:
            held.append(route)
        else:
            route.fulfill(json=reading("22"))

    page.route(LIVE, answer)
    hand.draw([(0.2, 0.2), (0.2, 0.8)])
    page.wait_for_timeout(50)
    hand.draw([(0.6, 0.2), (0.6, 0.8)])
    expect(page.locator("[data-reading-number]")).to_have_text("22")
    for route in held:
        route.fulfill(json=reading("1"))
    page.wait_for_timeout(300)
    expect(page.locator("[data-reading-number]")).to_have_text("22")


def test_it_reads_in_a_pause_before_the_pen_is_lifted(page: Any, hand: Hand) -> None:
    holding, held = False, []

    def answer(route: Any) -> None:
        held.append(route) if holding else route.fulfill(json=reading("1"))

    page.route(LIVE, answer)
    (x0, y0), (x1, y1) = hand.on_page([(0.5, 0.2), (0.5, 0.8)])
    page.mouse.move(x0, y0)
    page.mouse.down()
    page.mouse.move(x1, y1, steps=10)
    state(page, "fresh")
    holding = True
    page.mouse.move(x1 + 40, y1)
    state(page, "stale")
    page.mouse.up()
    holding = False
    for route in held:
        route.fulfill(json=reading("1"))
    state(page, "fresh")


def test_nobody_answers_and_the_page_says_so_within_three_seconds(page: Any, hand: Hand) -> None:
    away = True

    def answer(route: Any) -> None:
        # Held back: as if nobody were there at all.
        None if away else route.fulfill(json=reading("7"))

    page.route(LIVE, answer)
    page.clock.install()  # the page's own clock: three of its seconds, however busy the machine is
    hand.draw([(0.2, 0.2), (0.2, 0.8)])
    page.clock.run_for(3000)
    state(page, "away")
    assert "I'll try again" in page.locator("[data-reading-hint]").inner_text()
    away = False
    page.clock.run_for(2000)
    state(page, "fresh")


def test_who_keeps_drawing_hears_it_too(page: Any, hand: Hand) -> None:
    page.route(LIVE, lambda route: None)
    began = time.monotonic()
    while time.monotonic() - began < 3.2:
        hand.draw([(0.2, 0.2), (0.3, 0.8)])
        page.wait_for_timeout(300)
    state(page, "away", timeout=100)


def test_a_refusal_comes_in_the_servers_words(page: Any, hand: Hand) -> None:
    problem = {"title": "Bad Request", "status": 400, "detail": "The drawing has too many points."}
    page.route(LIVE, lambda route: route.fulfill(status=400, json=problem))
    hand.write("7")
    state(page, "refused")
    assert page.locator("[data-reading-hint]").inner_text() == problem["detail"]


def test_too_many_questions_are_waited_out(page: Any, hand: Hand) -> None:
    answer: dict[str, Any] = {"status": 429, "headers": {"Retry-After": "1"}, "json": {}}
    page.route(LIVE, lambda route: route.fulfill(**answer))
    hand.write("7")
    page.get_by_text("That was a lot at once").wait_for()
    answer = {"json": reading("7")}
    state(page, "fresh")


def test_nothing_moves_as_results_come(page: Any, hand: Hand) -> None:
    page.route(LIVE, lambda route: route.fulfill(json=reading("4071234567890")))
    places = lambda: [page.locator(s).bounding_box() for s in ["[data-pad]", ".tools", ".digits", ".bars"]]  # noqa: E731
    before = places()
    hand.write("7")
    state(page, "fresh")
    assert places() == before


def test_a_digit_is_chosen_by_its_chip(page: Any, hand: Hand) -> None:
    from playwright.sync_api import expect

    digits = [
        {**READING["digits"][0], "label": n, "probabilities": [float(k == n) for k in range(10)]} for n in (4, 0)
    ]
    page.route(LIVE, lambda route: route.fulfill(json={**READING, "text": "40", "digits": digits}))
    hand.write("7")
    expect(page.locator("[data-bars-heading]")).to_have_text("Digit 2 of 2: 0, sure")
    page.get_by_role("button", name="4", exact=True).click()
    expect(page.locator("[data-bars-heading]")).to_have_text("Digit 1 of 2: 4, sure")
    expect(page.locator("[data-bar][data-best] .bar-label")).to_have_text("4")


def test_who_listens_hears_the_result(page: Any, hand: Hand) -> None:
    from playwright.sync_api import expect

    page.route(LIVE, lambda route: route.fulfill(json=reading("7")))
    hand.write("7")
    expect(page.locator("[data-announce]")).to_have_text("Looks like 7, sure")


def test_a_session_that_ended_loses_no_drawing(open_page: Callable[..., Any]) -> None:
    page = open_page()
    page.route("**/api/v1/predictions/", lambda route: route.fulfill(status=403, json={}))
    Hand(page).write("7")
    page.evaluate("document.querySelector('[data-draw]').dataset.signedIn = ''")
    page.keyboard.press("Control+s")
    page.wait_for_url("**/accounts/login/**")
    page.goto("/")
    page.locator("[data-pad][aria-label='Drawing pad, 1 stroke']").wait_for()


GLYPH = {**READING["digits"][0], "label": None, "probabilities": [0.1] * 10}
NO_NUMBER = {**READING, "text": "", "confidence": 0.9}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({**NO_NUMBER, "state": "empty", "digits": []}, "I see no number here"),
        (
            {**NO_NUMBER, "state": "not_a_digit", "digits": [GLYPH]},
            "That does not look like a number.",
        ),
        ({**NO_NUMBER, "state": "failed", "digits": []}, "I can't read this one"),
    ],
)
def test_no_number_is_said_by_its_reason(page: Any, hand: Hand, answer: dict[str, Any], words: str) -> None:
    from playwright.sync_api import expect

    page.route(LIVE, lambda route: route.fulfill(json=answer))
    hand.write("7")
    expect(page.locator("[data-reading]")).to_contain_text(words)
    expect(page.locator("[data-chip]")).to_have_count(0)
    expect(page.locator("[data-bar][data-best]")).to_have_count(0)
    assert set(
        page.locator("[data-bar-fill]").evaluate_all("bars => bars.map(b => b.getAttribute('height'))")
    ) == {"0"}


def test_what_is_not_a_digit_is_shown_and_not_chosen(page: Any, hand: Hand) -> None:
    from playwright.sync_api import expect

    answer = {**READING, "state": "unsure", "digits": [*READING["digits"], GLYPH]}
    page.route(LIVE, lambda route: route.fulfill(json=answer))
    hand.write("7")
    expect(page.locator("[data-boxes] .box-label")).to_have_text(["7", "?"])
    expect(page.locator("[data-chip]")).to_have_text(["7"])
    expect(page.locator("[data-bar][data-best] .bar-label")).to_have_text("7")
    expect(page.locator("[data-boxes] .box[data-chosen] .box-label")).to_have_text("7")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (503, "The reader is away."),
        (502, "The reader is away."),
        (500, "That was on our side."),
        (None, "You seem to be offline."),
    ],
)
def test_silence_is_said_by_its_reason(page: Any, hand: Hand, status: int | None, words: str) -> None:
    from playwright.sync_api import expect

    away = True

    def answer(route: Any) -> None:
        if not away:
            route.fulfill(json=reading("7"))
        elif status:
            route.fulfill(status=status, json={})
        else:
            route.abort("internetdisconnected")

    page.route(LIVE, answer)
    hand.draw([(0.2, 0.2), (0.2, 0.2)])
    expect(page.locator("[data-reading-hint]")).to_contain_text(f"{words} Your drawing is safe here")
    away = False
    state(page, "fresh")


@pytest.mark.parametrize("width", [320, 360, 720, 1280])
def test_a_share_stands_in_one_line_beside_no_other(open_page: Callable[..., Any], width: int) -> None:
    """Over a narrow bar it may stand out on both sides, but within the page and above the bar."""
    page = open_page(viewport={"width": width, "height": 740})
    page.route(LIVE, lambda route: route.fulfill(json=reading("7")))
    Hand(page).write("7")
    share = page.locator("[data-bar][data-best] [data-bar-share]")
    share.get_by_text(">99").wait_for()
    words, track = share.bounding_box(), page.locator("[data-bar][data-best] .bar-track").bounding_box()
    assert words["height"] < 20
    assert words["y"] + words["height"] <= track["y"] + 1
    assert words["x"] + words["width"] / 2 == pytest.approx(track["x"] + track["width"] / 2, abs=1)


@pytest.mark.parametrize("width", [320, 360, 390, 768, 1280])
@pytest.mark.parametrize(
    "answer",
    [
        {"json": {**NO_NUMBER, "state": "empty", "digits": []}},
        {"json": {**NO_NUMBER, "state": "not_a_digit", "digits": [GLYPH]}},
        {"json": {**NO_NUMBER, "state": "failed", "digits": []}},
        {"status": 400, "json": {"detail": "This is too much to be read along. Save it, then it is read."}},
        {"status": 503, "json": {}},
        {"status": 500, "json": {}},
        None,
    ],
    ids=["empty", "not_a_digit", "failed", "refused", "away", "broken", "offline"],
)
def test_words_stay_in_their_place(
    open_page: Callable[..., Any], width: int, answer: dict[str, Any] | None
) -> None:
    page = open_page(viewport={"width": width, "height": 740})
    page.route(LIVE, lambda route: route.fulfill(**answer) if answer else route.abort())
    Hand(page).draw([(0.5, 0.5), (0.5, 0.5)])
    page.locator("[data-reading][data-state]:not([data-state=idle], [data-state=reading])").wait_for()
    place = page.locator("[data-reading]").bounding_box()
    for part in ["lead", "hint"]:
        box = page.locator(f"[data-reading-{part}]").bounding_box()
        assert box["y"] >= place["y"] - 9  # the leading of one line; a second would be on the header
        assert box["y"] + box["height"] <= place["y"] + place["height"] + 1
