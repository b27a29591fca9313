"""A hand that writes digits on the pad: with the mouse, a finger or a pen."""

from __future__ import annotations

from collections.abc import Iterator
from math import cos, pi, sin
from typing import Any

Point = tuple[float, float]
Stroke = list[Point]


def arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> Stroke:
    """Points of an ellipse; angles in turns, 0 to the right, y down."""
    turns = [start + (end - start) * i / 24 for i in range(25)]
    return [(x + rx * cos(2 * pi * t), y + ry * sin(2 * pi * t)) for t in turns]


# How people write them: each in a box of 1 by 1, y down.
DIGITS: dict[str, list[Stroke]] = {
    "0": [arc(0.5, 0.5, 0.36, 0.5, -0.25, 0.75)],
    "1": [[(0.3, 0.22), (0.55, 0.0), (0.55, 1.0)]],
    "4": [[(0.55, 0.0), (0.08, 0.64), (0.95, 0.64)], [(0.7, 0.35), (0.7, 1.0)]],
    "7": [[(0.08, 0.02), (0.92, 0.02), (0.4, 1.0)]],
}


def layout(
    text: str, left: float = 0.1, right: float = 0.9, top: float = 0.3, height: float = 0.4
) -> Iterator[Stroke]:
    """The strokes of a number across the pad, in shares of its width and height."""
    cell = (right - left) / len(text)
    for i, digit in enumerate(text):
        for stroke in DIGITS[digit]:
            yield [(left + cell * (i + 0.15 + 0.7 * x), top + height * y) for x, y in stroke]


class Hand:
    """Writes on the pad of a page."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self._session: Any = None

    def on_page(self, stroke: Stroke) -> list[Point]:
        box = self.page.locator("[data-pad]").bounding_box()
        return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]

    def write(self, text: str, **where: float) -> None:
        for stroke in layout(text, **where):
            self.draw(stroke)

    def draw(self, stroke: Stroke, steps: int = 5) -> None:
        first, *rest = self.on_page(stroke)
        mouse = self.page.mouse
        mouse.move(*first)
        mouse.down()
        for point in rest:
            mouse.move(*point, steps=steps)
        mouse.up()

    def touch(self, stroke: Stroke) -> None:
        """The same with a finger: real touch input, which scrolls where the page lets it."""
        first, *rest = stroke
        self.fingers("Start", first)
        for point in rest:
            self.fingers("Move", point)
        self.fingers("End")

    def fingers(self, kind: str, *points: Point) -> None:
        """Touch input: `points` are all that touch the screen now. Kinds: Start, Move, End, Cancel."""
        touches = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(self.on_page(list(points)))]
        self._send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": touches})

    def pen(self, kind: str, point: Point) -> None:
        """Pen input. Kinds: Pressed, Moved, Released."""
        ((x, y),) = self.on_page([point])
        init = {"x": x, "y": y, "button": "left", "buttons": 1, "pointerType": "pen", "clickCount": 1}
        self._send("Input.dispatchMouseEvent", {"type": f"mouse{kind}", **init})

    def _send(self, method: str, params: dict[str, Any]) -> None:
        self._session = self._session or self.page.context.new_cdp_session(self.page)
        self._session.send(method, params)
