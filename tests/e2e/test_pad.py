"""The drawing surface: what is drawn is what is sent, whatever one draws with and however the window changes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.conftest import PHONE, READING
from tests.e2e.hand import Hand, layout

pytestmark = [pytest.mark.browser, pytest.mark.redis]

DRAFT = "JSON.parse(sessionStorage.getItem('numeral.draft'))?.strokes"


class Reader:
    """Stands in for the reader and remembers what it was asked."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.asked: list[Any] = []
        page.route("**/api/v1/live/", self._answer)

    def newest(self) -> Any:
        """The strokes of the newest question, once they are the draft, which is kept when the pen is lifted.

        A question in mid-stroke is older than that, and on a busy machine the last one comes late.
        """
        deadline = time.monotonic() + 10
        while not self.asked or self.asked[-1] != self.page.evaluate(DRAFT):
            assert time.monotonic() < deadline, "the reader was never asked about the draft"
            self.page.wait_for_timeout(20)
        return self.asked[-1]

    def _answer(self, route: Any) -> None:
        self.asked.append(json.loads(route.request.post_data)["strokes"])
        route.fulfill(json=READING)


@pytest.fixture
def reader(page: Any) -> Reader:
    return Reader(page)


def is_drawn(page: Any, words: str) -> None:
    from playwright.sync_api import expect

    expect(page.locator("[data-pad]")).to_have_attribute("aria-label", f"Drawing pad, {words}")


def ink(page: Any) -> int:
    """How many pixels of the backing store carry ink."""
    return page.evaluate("""() => {
        const canvas = document.querySelector("[data-pad]");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return data.filter((value, i) => i % 4 === 3 && value > 0).length;
    }""")


def test_a_finger_draws_and_the_page_stays(open_page: Callable[..., Any]) -> None:
    page = open_page(**{**PHONE, "viewport": {"width": 360, "height": 480}})
    hand = Hand(page)
    assert page.evaluate("document.documentElement.scrollHeight > innerHeight")
    hand.touch([(0.5, 0.95), (0.5, 0.6), (0.5, 0.3), (0.5, 0.05)])
    is_drawn(page, "1 stroke")
    assert page.evaluate("scrollY") == 0


def test_a_swipe_beside_the_pad_scrolls(open_page: Callable[..., Any]) -> None:
    page = open_page(**{**PHONE, "viewport": {"width": 360, "height": 480}})
    Hand(page).touch([(0.5, -0.05), (0.5, -0.1), (0.5, -0.15), (0.5, -0.2), (0.5, -0.25)])
    page.wait_for_timeout(300)
    is_drawn(page, "empty")
    assert page.evaluate("scrollY") > 0


def test_the_reading_is_seen_without_scrolling_on_a_phone(phone: Any) -> None:
    from playwright.sync_api import expect

    for hook in ["reading", "pad", "tool=save", "digits"]:
        expect(phone.locator(f"[data-{hook}]")).to_be_in_viewport(ratio=0.9)
    assert phone.locator("[data-pad]").bounding_box()["width"] > 330


def test_undo_and_redo_restore_every_point(page: Any, hand: Hand, reader: Reader) -> None:
    hand.write("407")
    is_drawn(page, "4 strokes")
    whole = reader.newest()
    for _ in range(3):
        page.keyboard.press("Control+z")
    is_drawn(page, "1 stroke")
    for _ in range(3):
        page.keyboard.press("Control+Shift+z")
    is_drawn(page, "4 strokes")
    assert reader.newest() == whole


def test_clear_can_be_undone(page: Any, hand: Hand, reader: Reader) -> None:
    from playwright.sync_api import expect

    hand.write("7")
    expect(page.locator("[data-reading-number]")).to_have_text("7")
    page.get_by_role("button", name="Clear").click()
    is_drawn(page, "empty")
    expect(page.locator("[data-reading-lead]")).to_have_text("Draw a number")
    expect(page.locator("[data-boxes] .box")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    is_drawn(page, "1 stroke")
    expect(page.locator("[data-reading-number]")).to_have_text("7")


def test_an_empty_pad_asks_nothing(page: Any, hand: Hand, reader: Reader) -> None:
    hand.write("7")
    reader.newest()
    before = len(reader.asked)
    page.keyboard.press("Delete")
    page.keyboard.press("Control+s")
    page.wait_for_timeout(500)
    assert len(reader.asked) == before


def test_no_sample_is_lost(page: Any, hand: Hand, reader: Reader) -> None:
    hand.draw([(0.1, 0.5), (0.9, 0.5)], steps=20)
    (stroke,) = reader.newest()
    assert len(stroke) >= 20
    times = [t for _x, _y, t in stroke]
    assert times == sorted(times)
    assert times[0] == 0


def test_time_never_runs_back(page: Any, hand: Hand, reader: Reader) -> None:
    """Not even where undo brings back older ink and one goes on with that."""
    hand.write("7")
    page.wait_for_timeout(300)
    hand.draw([(0.1, 0.9), (0.9, 0.9)])
    page.keyboard.press("Delete")
    hand.write("1")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    hand.draw([(0.1, 0.95), (0.9, 0.95)])
    strokes = reader.newest()
    times = [t for stroke in strokes for _x, _y, t in stroke]
    assert len(strokes) == 3
    assert times == sorted(times)


def test_keys_alone_draw_a_seven(page: Any, reader: Reader) -> None:
    page.locator("[data-pad]").focus()
    page.keyboard.press("Space")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    page.keyboard.down("ArrowDown")
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    page.keyboard.up("ArrowDown")
    page.keyboard.press("Space")
    is_drawn(page, "1 stroke")
    (stroke,) = reader.newest()
    (x0, y0, _), (x1, y1, _), (x2, y2, _) = stroke[0], stroke[6], stroke[-1]
    assert (x1 > x0, y1 == y0) == (True, True)
    assert (x2 < x1, y2 > y1) == (True, True)


def test_letters_count_only_on_the_pad(page: Any, hand: Hand) -> None:
    hand.write("7")
    page.get_by_role("link", name="Numeral").focus()
    page.keyboard.press("s")
    page.wait_for_timeout(200)
    assert "/accounts/" not in page.url
    page.locator("[data-pad]").focus()
    page.keyboard.press("s")
    page.wait_for_url("**/accounts/login/**")


@pytest.mark.parametrize("ratio", [1, 2, 3])
def test_one_pixel_of_ink_for_each_of_the_screen(open_page: Callable[..., Any], ratio: int) -> None:
    page = open_page(device_scale_factor=ratio)
    box = page.locator("[data-pad]").bounding_box()
    width = page.locator("[data-pad]").evaluate("canvas => canvas.width")
    assert abs(width - box["width"] * ratio) <= 1


def test_ink_is_where_the_pointer_was(open_page: Callable[..., Any]) -> None:
    page = open_page(device_scale_factor=2)
    Hand(page).draw([(0.25, 0.75), (0.25, 0.75)])
    is_drawn(page, "1 stroke")
    page.evaluate("new Promise(painted => requestAnimationFrame(() => requestAnimationFrame(painted)))")
    x, y = page.evaluate("""() => {
        const canvas = document.querySelector("[data-pad]");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        let [count, x, y] = [0, 0, 0];
        for (let i = 3; i < data.length; i += 4) {
            if (!data[i]) continue;
            count += 1;
            x += ((i - 3) / 4) % canvas.width;
            y += Math.floor((i - 3) / 4 / canvas.width);
        }
        return [(x / count + 0.5) / canvas.width, (y / count + 0.5) / canvas.height];
    }""")
    assert (x, y) == (pytest.approx(0.25, abs=0.0015), pytest.approx(0.75, abs=0.0015))


def test_no_ink_is_lost_in_a_narrower_window(page: Any, hand: Hand, reader: Reader) -> None:
    hand.write("1407", left=0.02, right=0.98, top=0.1, height=0.8)
    is_drawn(page, "5 strokes")
    before = reader.newest()
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(200)
    assert ink(page) > 0
    hand.draw([(0.5, 0.95), (0.55, 0.95)])
    is_drawn(page, "6 strokes")
    strokes = reader.newest()
    assert strokes[:5] == before
    right = max(x for stroke in before for x, _y, _t in stroke)
    # The pad shows at least as far to the right as there is ink.
    assert strokes[5][0][0] > right / 2 - 30


def test_a_second_finger_adds_nothing(phone: Any) -> None:
    hand = Hand(phone)
    hand.fingers("Start", (0.2, 0.2))
    hand.fingers("Start", (0.2, 0.2), (0.8, 0.8))
    hand.fingers("Move", (0.2, 0.5), (0.8, 0.6))
    hand.fingers("End")
    is_drawn(phone, "1 stroke")


def test_the_palm_gives_way_to_the_pen(phone: Any) -> None:
    reader, hand = Reader(phone), Hand(phone)
    hand.fingers("Start", (0.9, 0.9))
    hand.pen("Pressed", (0.2, 0.2))
    hand.fingers("Move", (0.9, 0.8))
    hand.pen("Moved", (0.2, 0.5))
    hand.pen("Released", (0.2, 0.5))
    hand.fingers("End")
    is_drawn(phone, "1 stroke")
    (stroke,) = reader.newest()
    assert stroke[0][0] == stroke[-1][0]  # the pen went straight down; nothing of the palm is in it


def test_a_cancelled_touch_keeps_what_it_drew(phone: Any) -> None:
    hand = Hand(phone)
    hand.fingers("Start", (0.2, 0.2))
    hand.fingers("Move", (0.2, 0.6))
    hand.fingers("Cancel")
    is_drawn(phone, "1 stroke")
    hand.touch([(0.6, 0.2), (0.6, 0.6)])
    is_drawn(phone, "2 strokes")


def test_dark_and_light_ink_are_the_same_drawing(open_page: Callable[..., Any]) -> None:
    asked = []
    for scheme in ["light", "dark"]:
        page = open_page(color_scheme=scheme)
        reader = Reader(page)
        for stroke in layout("7"):
            Hand(page).draw(stroke)
        asked.append([[point[:2] for point in stroke] for stroke in reader.newest()])
    assert asked[0] == asked[1]


def test_undo_in_the_middle_of_a_stroke_takes_that_stroke(page: Any, hand: Hand, reader: Reader) -> None:
    hand.draw([(0.1, 0.2), (0.1, 0.8)])
    hand.draw([(0.3, 0.2), (0.3, 0.8)])
    (x, y), (_, down) = hand.on_page([(0.6, 0.2), (0.6, 0.7)])
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, down, steps=5)
    is_drawn(page, "3 strokes")
    page.keyboard.press("Control+z")
    is_drawn(page, "2 strokes")
    page.mouse.move(x, y)
    page.mouse.up()
    is_drawn(page, "2 strokes")
    page.keyboard.press("Control+Shift+z")
    is_drawn(page, "3 strokes")


def test_clear_in_the_middle_of_a_stroke_is_one_step(page: Any, reader: Reader) -> None:
    page.locator("[data-pad]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    is_drawn(page, "1 stroke")
    page.keyboard.press("Escape")
    is_drawn(page, "empty")
    page.keyboard.press("ArrowDown")  # the pen is up: it only moves
    is_drawn(page, "empty")
    page.keyboard.press("Control+z")
    is_drawn(page, "1 stroke")
    page.keyboard.press("Control+z")
    is_drawn(page, "empty")
    assert page.get_by_role("button", name="Undo").is_disabled()


def test_a_pointer_takes_over_from_the_keys(page: Any, hand: Hand, reader: Reader) -> None:
    page.locator("[data-pad]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    hand.draw([(0.2, 0.2), (0.2, 0.8)])
    is_drawn(page, "2 strokes")
    assert len(reader.newest()[1]) > 2


def test_each_tab_keeps_its_own_drawing(page: Any, hand: Hand, reader: Reader) -> None:
    hand.write("7")
    is_drawn(page, "1 stroke")
    other = page.context.new_page()
    other.goto("/")
    is_drawn(other, "empty")
    Hand(other).write("1")
    is_drawn(other, "1 stroke")
    other.keyboard.press("Delete")
    is_drawn(other, "empty")
    page.bring_to_front()
    page.reload()
    is_drawn(page, "1 stroke")


@pytest.mark.parametrize(("device", "words"), [(PHONE, "Write here"), ({}, "Write here, or drop a picture")])
def test_the_hint_offers_what_the_device_can_do(
    open_page: Callable[..., Any], device: dict[str, Any], words: str
) -> None:
    assert open_page(**device).locator("[data-pad-hint]").inner_text() == words


def test_words_keep_off_the_edge_of_their_tool_in_landscape(open_page: Callable[..., Any]) -> None:
    page = open_page(**{**PHONE, "viewport": {"width": 740, "height": 360}})
    for tool in page.locator("[data-tool]").all():
        room, words = tool.evaluate("""tool => {
            const range = document.createRange();
            range.selectNodeContents(tool);
            return [tool.getBoundingClientRect().width, range.getBoundingClientRect().width];
        }""")
        assert room - words >= 10
