"""A real browser in front of the real site."""

from __future__ import annotations

import io
import secrets
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PIL import Image, ImageDraw

from tests.e2e.hand import Hand
from tests.site import Site

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
# It runs alone and sees only this machine: no sandbox of its own, no GPU, nothing fetched for itself.
ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESK = {"viewport": {"width": 1280, "height": 800}}
# What the reader answers where a test stands in for it.
READING: dict[str, Any] = {
    "state": "recognised", "text": "7", "confidence": 0.97, "alternative": None, "size": None,
    "model_version": "test",
    "digits": [{"label": 7, "confidence": 0.97, "probabilities": [0.0] * 7 + [1.0, 0.0, 0.0],
                "box": [10, 10, 20, 20], "line": 0}],
}  # fmt: skip
PHONE = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 3,
    "is_mobile": True,
    "has_touch": True,
}


# Per module: an open Playwright runs an event loop in this thread, in which Django refuses the database to others.
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if not path:
        pytest.skip("needs Chromium: install the package `chromium` (Debian) or `google-chrome`")
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright: make test")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield running
        running.close()


@pytest.fixture
def open_page(browser: Any, site: Site) -> Iterator[Callable[..., Any]]:
    """Opens the drawing page in a fresh browser. Whatever breaks a script or the content policy fails the test."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def open_page(url: str = "/", prepare: Callable[[Any], None] | None = None, **options: Any) -> Any:
        context = browser.new_context(**{"base_url": site.url, **DESK, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: _note(message, complaints))
        if prepare:
            prepare(page)
        response = page.goto(url)
        assert response.ok, f"{url} answers {response.status}"
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _note(message: Any, complaints: list[str]) -> None:
    # The browser itself reports each answer that is not 200; tests ask for some on purpose.
    if message.type == "error" and "Failed to load resource" not in message.text:
        complaints.append(message.text)


@pytest.fixture
def page(open_page: Callable[..., Any]) -> Any:
    return open_page()


@pytest.fixture
def phone(open_page: Callable[..., Any]) -> Any:
    return open_page(**PHONE)


@pytest.fixture
def hand(page: Any) -> Hand:
    return Hand(page)


def follow(way: Any) -> None:
    """Click what leads to another page, and wait for the scripts there: until then none hears clicks and keys."""
    with way.page.expect_event("load"):
        way.click()


def sign_up(page: Any) -> None:
    """Somebody new signs up; the site takes twenty a minute from one address."""
    page.goto("/accounts/signup/")
    page.get_by_label("Username").fill(f"eve-{secrets.token_hex(4)}")
    page.get_by_label("Password", exact=True).fill("correct horse battery")
    page.get_by_label("Password (again)").fill("correct horse battery")
    follow(page.get_by_role("button", name="Sign up"))
    page.locator("[data-signed-in]").wait_for()


def make_picture(scale: int = 1) -> bytes:
    """A 1 on paper, 400 by 300 pixels times `scale`, as PNG."""
    image = Image.new("L", (400 * scale, 300 * scale), 235)
    line = [(250 * scale, 60 * scale), (250 * scale, 240 * scale)]
    ImageDraw.Draw(image).line(line, fill=40, width=14 * scale)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def picture() -> bytes:
    return make_picture()
