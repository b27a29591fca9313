"""From the first stroke to the corrected drawing in the history, with everything real."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.conftest import follow
from tests.e2e.hand import Hand

pytestmark = [pytest.mark.browser, pytest.mark.redis]


@pytest.fixture
def name() -> str:
    return f"ada-{secrets.token_hex(4)}"


def sign_up(page: Any, name: str) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password", exact=True).fill("correct horse battery")
    page.get_by_label("Password (again)").fill("correct horse battery")
    follow(page.get_by_role("button", name="Sign up"))


def test_draw_save_find_correct_delete(page: Any, hand: Hand, name: str) -> None:
    from playwright.sync_api import expect

    hand.write("407")
    expect(page.locator("[data-reading-number]")).to_have_text("407")
    expect(page.locator("[data-boxes] .box")).to_have_count(3)

    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile("/accounts/login/"))
    page.get_by_role("link", name="Sign up").first.click()
    sign_up(page, name)

    note = page.locator("[data-note]")
    expect(note).to_contain_text("Saved.")
    expect(page).to_have_url(re.compile(r"/$"))
    expect(page.locator("[data-pad]")).to_have_attribute("aria-label", "Drawing pad, 4 strokes")
    note.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("407")
    expect(page.locator(".ink-box")).to_have_count(3)

    page.get_by_role("link", name="History").first.click()
    follow(page.locator(".card").filter(has_text="407").get_by_role("link"))
    field = page.get_by_label("It should be")
    expect(field).to_have_value("407")
    field.fill("401")
    field.press("Enter")
    expect(page.locator(".user-says")).to_contain_text("401")

    page.get_by_role("button", name="Delete this drawing").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Nothing here yet")).to_be_visible()


def test_a_reload_neither_loses_nor_saves_again(page: Any, hand: Hand, name: str) -> None:
    from playwright.sync_api import expect

    page.goto("/accounts/signup/")
    sign_up(page, name)
    hand.write("7")
    page.reload()
    expect(page.locator("[data-pad]")).to_have_attribute("aria-label", "Drawing pad, 1 stroke")
    page.keyboard.press("Control+s")
    expect(page.locator("[data-note]")).to_contain_text("Saved.")
    page.reload()
    expect(page.locator("[data-pad]")).to_have_attribute("aria-label", "Drawing pad, empty")
    page.goto("/history/")
    expect(page.locator(".card")).to_have_count(1)


def test_an_uploaded_picture_goes_the_same_way(page: Any, picture: bytes, name: str) -> None:
    from playwright.sync_api import expect

    page.locator("[data-file]").set_input_files({"name": "1.png", "mimeType": "image/png", "buffer": picture})
    expect(page.locator("[data-boxes] .box")).to_have_count(1)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Sign up").first.click()
    sign_up(page, name)
    page.locator("[data-note]").get_by_role("link").click()
    expect(page.get_by_role("img", name="The uploaded picture")).to_be_visible()
    expect(page.locator(".ink-box")).to_have_count(1)


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_page_is_wider_than_its_window(open_page: Callable[..., Any], width: int) -> None:
    page = open_page(viewport={"width": width, "height": 740})
    for path in ["/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_the_pages_of_an_account_show_without_complaint(page: Any, name: str) -> None:
    from playwright.sync_api import expect

    page.goto("/accounts/signup/")
    sign_up(page, name)
    own = ["email", "password/change", "2fa", "sessions", "reauthenticate", "logout"]
    for path in ["/history/", "/accounts/", *(f"/accounts/{part}/" for part in own)]:
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto("/accounts/")
    page.get_by_role("button", name="Make a token").click()
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_label("Your new token")).not_to_be_empty()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("You have no tokens.")).to_be_visible()
