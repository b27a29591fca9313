"""Pictures that people bring: by the button, dropped or pasted, shown on the pad."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests import hostile
from tests.e2e.hand import Hand

pytestmark = [pytest.mark.browser, pytest.mark.redis]

# A file as the browser hands it over with a drop or a paste.
HAND_OVER = """([kind, data, type]) => {
    const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], "number", { type }));
    const init = { bubbles: true, cancelable: true };
    document.body.dispatchEvent(kind === "paste"
        ? new ClipboardEvent(kind, { ...init, clipboardData: transfer })
        : new DragEvent(kind, { ...init, dataTransfer: transfer }));
}"""


def hand_over(page: Any, kind: str, data: bytes, type_: str = "image/png") -> None:
    page.evaluate(HAND_OVER, [kind, base64.b64encode(data).decode(), type_])


def is_shown(page: Any) -> None:
    page.locator("[data-pad][aria-label='Drawing pad, a picture']").wait_for()


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_picture_is_handed_over(page: Any, picture: bytes, kind: str) -> None:
    from playwright.sync_api import expect

    hand_over(page, kind, picture)
    is_shown(page)
    expect(page.locator("[data-boxes] .box")).to_have_count(1)


def test_the_button_opens_the_chooser(page: Any, picture: bytes) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload").click()
    chooser.value.set_files({"name": "1.png", "mimeType": "image/png", "buffer": picture})
    is_shown(page)


def test_the_box_lies_on_the_digit(page: Any, picture: bytes) -> None:
    """The stroke of the picture stands at 5/8 of its width; its box is drawn there."""
    hand_over(page, "paste", picture)
    box = page.locator("[data-boxes] .box")
    box.wait_for()
    pad, found = page.locator("[data-pad]").bounding_box(), box.bounding_box()
    zoom = min(pad["width"] * 0.9 / 400, pad["height"] * 0.9 / 300)
    expected = pad["x"] + (pad["width"] - 400 * zoom) / 2 + 250 * zoom
    assert found["x"] + found["width"] / 2 == pytest.approx(expected, abs=10)


def test_a_stroke_puts_the_picture_away_and_undo_brings_it_back(page: Any, hand: Hand, picture: bytes) -> None:
    hand_over(page, "paste", picture)
    is_shown(page)
    hand.write("7")
    page.locator("[data-pad][aria-label='Drawing pad, 1 stroke']").wait_for()
    page.keyboard.press("Control+z")
    is_shown(page)


def test_a_picture_survives_a_reload(page: Any, picture: bytes) -> None:
    hand_over(page, "drop", picture)
    is_shown(page)
    page.wait_for_function("JSON.parse(sessionStorage.getItem('numeral.draft'))?.picture")
    page.reload()
    is_shown(page)


def test_a_large_picture_is_sent_smaller(page: Any) -> None:
    from tests.e2e.conftest import make_picture

    with page.expect_request("**/api/v1/live/") as sent:
        hand_over(page, "drop", make_picture(scale=10))
    assert max(sent.value.response().json()["size"]) == 1600


def test_what_is_no_picture_is_said_in_words(page: Any) -> None:
    hand_over(page, "drop", json.dumps({}).encode(), "application/json")
    page.get_by_text("I can't open this file.").wait_for()
    page.locator("[data-pad][aria-label='Drawing pad, empty']").wait_for()


def test_a_picture_that_only_the_server_can_open_is_read(page: Any) -> None:
    from playwright.sync_api import expect

    heic = hostile.saved(hostile.number((400, 300)), "HEIF")
    page.locator("[data-file]").set_input_files({"name": "1.heic", "mimeType": "image/heic", "buffer": heic})
    is_shown(page)
    expect(page.locator("[data-boxes] .box")).to_have_count(1)
