"""Saving where something is in the way: a network that is gone, a log-in, more than can be read along."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.conftest import follow, sign_up
from tests.e2e.hand import Hand

pytestmark = [pytest.mark.browser, pytest.mark.redis]


@pytest.fixture
def signed_in(page: Any) -> Any:
    sign_up(page)
    return page


def note(page: Any) -> Any:
    from playwright.sync_api import expect

    return expect(page.locator("[data-note]"))


def put(page: Any, strokes: list[Any]) -> None:
    """Onto the pad, as a draft of this tab."""
    page.evaluate("draft => sessionStorage.setItem('numeral.draft', draft)", json.dumps({"strokes": strokes}))
    page.reload()


def open_saved(page: Any) -> None:
    page.keyboard.press("Control+s")
    follow(page.locator("[data-note]").get_by_role("link"))


def test_it_is_saved_when_the_network_is_back(signed_in: Any) -> None:
    Hand(signed_in).write("7")
    signed_in.context.set_offline(True)
    signed_in.keyboard.press("Control+s")
    note(signed_in).to_contain_text("Not saved yet: you seem to be offline. Your drawing is safe here")
    signed_in.context.set_offline(False)
    note(signed_in).to_contain_text("Saved.")
    signed_in.goto("/history/")
    assert signed_in.locator(".card").count() == 1


def test_what_was_changed_meanwhile_is_not_saved_unasked(signed_in: Any) -> None:
    from playwright.sync_api import expect

    Hand(signed_in).write("7", right=0.4)
    signed_in.context.set_offline(True)
    signed_in.keyboard.press("Control+s")
    note(signed_in).to_contain_text("Not saved yet")
    Hand(signed_in).write("1", left=0.6)
    note(signed_in).to_have_text("Only you see this until you save.")
    signed_in.context.set_offline(False)
    expect(signed_in.locator("[data-reading]")).to_have_attribute("data-state", "fresh")
    expect(signed_in.locator("[data-tool=save]")).to_be_enabled()


def test_a_fault_of_ours_is_called_so(signed_in: Any) -> None:
    signed_in.route("**/api/v1/predictions/", lambda route: route.fulfill(status=500, json={}))
    Hand(signed_in).write("7")
    signed_in.keyboard.press("Control+s")
    note(signed_in).to_contain_text("Not saved: Something went wrong on our side.")


def test_the_way_through_log_in_says_that_the_drawing_waits(page: Any, hand: Hand) -> None:
    hand.write("7")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/accounts/login/**")
    words = "Your drawing is kept here. Log in or sign up, and it is saved."
    page.get_by_text(words).wait_for()
    page.get_by_label("Username or email").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    page.locator(".errorlist").wait_for()
    page.get_by_text(words).wait_for()
    page.get_by_role("link", name="Sign up").first.click()
    page.wait_for_url("**/accounts/signup/**")
    page.get_by_text(words).wait_for()
    page.goto("/accounts/login/")
    assert page.get_by_text("Your drawing is kept here").count() == 0


def test_what_is_too_much_to_be_read_along_is_read_when_saved(signed_in: Any) -> None:
    put(signed_in, [[[40 + 6 * i, 300, 40 * i], [40 + 6 * i, 700, 40 * i + 20]] for i in range(121)])
    words = "This is too much to be read along. Save it, then it is read."
    signed_in.get_by_text(words).wait_for()
    signed_in.keyboard.press("Control+s")
    note(signed_in).to_contain_text("Saved.")
    signed_in.get_by_text(words).wait_for(state="hidden")


def test_a_long_correction_stays_on_its_page(signed_in: Any) -> None:
    from playwright.sync_api import expect

    Hand(signed_in).write("7")
    open_saved(signed_in)
    signed_in.set_viewport_size({"width": 390, "height": 844})
    signed_in.get_by_label("It should be").fill("1234567890" * 20)
    assert signed_in.evaluate("document.documentElement.scrollWidth") <= 390
    button = signed_in.get_by_role("button", name="Correct", exact=True)
    box = button.bounding_box()
    assert box["x"] + box["width"] <= 390
    button.click()
    expect(signed_in.locator(".user-says")).to_contain_text("1234567890")
    assert signed_in.evaluate("document.documentElement.scrollWidth") <= 390
    signed_in.goto("/history/")
    assert signed_in.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_correction_of_two_lines_shows_both(signed_in: Any) -> None:
    from playwright.sync_api import expect

    Hand(signed_in).write("7")
    open_saved(signed_in)
    field = signed_in.get_by_label("It should be")
    field.fill("28\n5")
    field.press("Enter")
    expect(signed_in.locator(".user-says")).to_have_text("You say 28 / 5.")
    signed_in.goto("/history/")
    expect(signed_in.locator(".card-correction")).to_have_text("You say 28 / 5.")


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_shares_of_a_saved_digit_stand_in_one_line(signed_in: Any, width: int) -> None:
    Hand(signed_in).write("7")
    open_saved(signed_in)
    signed_in.set_viewport_size({"width": width, "height": 800})
    share = signed_in.locator(".bar[data-best] .bar-share")
    assert share.bounding_box()["height"] < 20
    assert signed_in.evaluate("document.documentElement.scrollWidth") <= width
