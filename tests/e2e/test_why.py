"""Why this number: the panel on the page of a drawing, with the real reader behind it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.conftest import PHONE, follow, sign_up
from tests.e2e.hand import Hand
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.redis]


@pytest.fixture(scope="module")
def account(browser: Any, site: Site) -> Any:
    """Cookies of somebody who signed up, once for all tests: the site takes twenty a minute from one address."""
    with browser.new_context(base_url=site.url) as context:
        page = context.new_page()
        sign_up(page)
        return context.storage_state()


@pytest.fixture
def page(open_page: Callable[..., Any], account: Any) -> Any:
    return open_page(storage_state=account)


def save(page: Any) -> None:
    page.keyboard.press("Control+s")
    follow(page.locator("[data-note]").get_by_role("link"))


@pytest.fixture
def seven(page: Any) -> Any:
    """The page of a drawing that reads 7."""
    Hand(page).write("7")
    save(page)
    page.locator(".why summary").wait_for()  # hidden, and so without focus, until its script runs
    return page


def found(page: Any) -> Any:
    return page.locator("[data-why-found]")


def test_it_says_why_and_shows_it(seven: Any) -> None:
    from playwright.sync_api import expect

    asked = []
    seven.on("request", lambda request: asked.append(request.url) if "explanation" in request.url else None)
    summary = seven.locator(".why summary")
    summary.focus()
    assert asked == []
    seven.keyboard.press("Enter")
    expect(found(seven)).to_be_visible()
    expect(seven.locator("[data-why-words]")).to_contain_text("speaks most for 7")
    expect(seven.locator("[data-why-words]")).to_contain_text("The next best reading is")
    lines = seven.get_by_role("img", name="The strokes").locator("path")
    assert lines.count() >= 8
    assert seven.get_by_role("img", name="The glyph").locator("rect").count() == 28 * 28
    assert len(asked) == 1
    seven.keyboard.press("Enter")
    seven.keyboard.press("Enter")
    expect(found(seven)).to_be_visible()
    assert len(asked) == 1


def test_colours_can_show_the_contrast(seven: Any) -> None:
    from playwright.sync_api import expect

    seven.locator(".why summary").click()
    expect(found(seven)).to_be_visible()
    before = seven.locator("[data-why-drawing] svg").inner_html()
    seven.get_by_role("radio", name="for a 7", exact=True).focus()
    seven.keyboard.press("ArrowRight")
    expect(seven.get_by_role("radio", name=re.compile("rather than"))).to_be_checked()
    assert seven.locator("[data-why-drawing] svg").inner_html() != before


def test_each_digit_of_a_number(page: Any) -> None:
    from playwright.sync_api import expect

    Hand(page).write("407")
    save(page)
    page.locator(".why summary").click()
    expect(page.locator("[data-why-for]")).to_have_text("for a 4")
    page.get_by_role("group", name="Explain the digit").get_by_role("radio", name="7").check()
    expect(page.locator("[data-why-for]")).to_have_text("for a 7")


def test_a_picture_has_no_strokes_to_colour(page: Any, picture: bytes) -> None:
    from playwright.sync_api import expect

    page.locator("[data-file]").set_input_files({"name": "1.png", "mimeType": "image/png", "buffer": picture})
    expect(page.locator("[data-boxes] .box")).to_have_count(1)
    save(page)
    page.locator(".why summary").click()
    expect(found(page)).to_be_visible()
    expect(page.get_by_role("img", name="The glyph")).to_be_visible()
    expect(page.get_by_role("img", name="The strokes")).to_be_hidden()


def test_a_reader_that_is_away_can_be_asked_again(seven: Any) -> None:
    from playwright.sync_api import expect

    seven.route("**/explanation/**", lambda route: route.fulfill(status=503, json={}))
    seven.locator(".why summary").click()
    expect(seven.locator("[data-why-words]")).to_have_text("The reader is away.")
    expect(found(seven)).to_be_hidden()
    seven.unroute("**/explanation/**")
    seven.get_by_role("button", name="Try again").click()
    expect(found(seven)).to_be_visible()
    expect(seven.get_by_role("button", name="Try again")).to_be_hidden()


@pytest.mark.parametrize("options", [PHONE, {"viewport": {"width": 320, "height": 600}}], ids=["phone", "320"])
def test_it_fits_a_phone(open_page: Callable[..., Any], account: Any, options: dict[str, Any]) -> None:
    from playwright.sync_api import expect

    page = open_page(**options, storage_state=account)
    Hand(page).write("7")
    save(page)
    page.locator(".why summary").click()
    expect(found(page)).to_be_visible()
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_drawing_without_digits_has_no_panel(page: Any) -> None:
    page.locator("[data-file]").set_input_files(
        {"name": "white.png", "mimeType": "image/png", "buffer": white_picture()}
    )
    page.locator("[data-reading]").get_by_text("I see no number here").wait_for()
    save(page)
    assert page.locator("[data-why]").count() == 0


def white_picture() -> bytes:
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.new("L", (200, 200), 255).save(file, "PNG")
    return file.getvalue()
