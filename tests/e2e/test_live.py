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
    page.route(LIVE, lambda route: route.fulfill(json=reading("1")))
    (x0, y0), (x1, y1) = hand.on_page([(0.5, 0.2), (0.5, 0.8)])
    page.mouse.move(x0, y0)
    page.mouse.down()
    page.mouse.move(x1, y1, steps=10)
    state(page, "fresh", timeout=1000)
    page.mouse.move(x1 + 40, y1)
    state(page, "stale", timeout=150)
    page.mouse.up()
    state(page, "fresh", timeout=1000)


def test_nobody_answers_and_the_page_says_so_within_three_seconds(page: Any, hand: Hand) -> None:
    away = True

    def answer(route: Any) -> None:
        # Held back: as if nobody were there at all.
        None if away else route.fulfill(json=reading("7"))

    page.route(LIVE, answer)
    began = time.monotonic()
    hand.draw([(0.2, 0.2), (0.2, 0.8)])
    state(page, "away")
    assert time.monotonic() - began < 3.5  # with the time that drawing took
    assert "I'll try again" in page.locator("[data-reading-hint]").inner_text()
    away = False
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
    answers = iter([{"status": 429, "headers": {"Retry-After": "1"}, "json": {}}])
    page.route(LIVE, lambda route: route.fulfill(**next(answers, {"json": reading("7")})))
    hand.write("7")
    page.get_by_text("That was a lot at once").wait_for()
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
