"""Synthetic forms that somebody has filled in: boxes, combs, tables, rings, ruled paper, as pictures with texts.

The writer may be synthetic or recorded: see `ml.synthesis.number_cases.DigitWriter`. Lengths are in heights of a
digit, y down, until a form is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ml.ink.strokes import Box, Strokes, bounds
from ml.labels import Floats
from ml.synthesis.form_layouts import LAYOUTS, Form
from ml.synthesis.number_cases import DigitWriter

Colour = tuple[int, int, int]  # red, green, blue

_INKS: tuple[Colour, ...] = ((25, 25, 28), (20, 28, 95), (35, 60, 150), (90, 90, 95), (160, 25, 35))
_PRINTS: tuple[Colour, ...] = (
    (20, 20, 20),
    (90, 90, 90),
    (160, 160, 160),
    (150, 175, 215),
    (215, 120, 110),
    (120, 175, 130),
)


@dataclass(frozen=True)
class Look:
    """Pen, print and camera. Lengths are in pixels of the picture."""

    height: float  # of a digit
    pen: float
    line: float  # thickness of the printed lines
    ink: Colour
    print: Colour
    tilt: float = 0.0  # degrees
    gradient: float = 0.0  # share of the light that is lost towards a corner
    blur: float = 0.0  # standard deviation
    noise: float = 0.0  # standard deviation, of 255
    jpeg: int = 0  # quality; 0 for none


@dataclass(frozen=True)
class FilledForm:
    """A picture (h, w, 3) uint8 of a form, and its text: numbers separated by spaces, rows by line ends."""

    picture: NDArray[np.uint8]
    text: str


def random_look(rng: Generator) -> Look:
    """A look from a phone's photograph to a clean scan."""
    height = float(np.exp(rng.uniform(np.log(26), np.log(95))))
    is_photograph = rng.random() < 0.5
    return Look(
        height=height,
        pen=max(1.6, height * rng.uniform(0.05, 0.11)),
        line=max(1.0, height * rng.uniform(0.015, 0.06)),
        ink=_INKS[int(rng.integers(len(_INKS)))],
        print=_PRINTS[int(rng.integers(len(_PRINTS)))],
        tilt=float(rng.uniform(-3, 3)) if is_photograph else float(rng.normal(0, 0.3)),
        gradient=float(rng.uniform(0, 0.5)) if is_photograph else 0.0,
        blur=float(rng.uniform(0.4, 1.2)) if is_photograph else 0.0,
        noise=float(rng.uniform(1, 5)) if is_photograph else 0.0,
        jpeg=int(rng.integers(60, 95)) if rng.random() < 0.6 else 0,
    )


def fill_form(
    layout: str, digits: DigitWriter, rng: Generator, *, is_empty: bool = False, look: Look | None = None
) -> FilledForm:
    """A form of this layout, filled in by a writer of digits or empty. Raises KeyError for an unknown layout."""
    form = LAYOUTS[layout](rng)
    look = look or random_look(rng)
    strokes: Strokes = []
    rows = []
    for row in [] if is_empty else form.rows:
        numbers = []
        for number in row:
            written = [digits(rng) for _ in number]
            for place, (_, drawing) in zip(number, written, strict=True):
                strokes += _written_into(drawing, place, rng)
            numbers.append("".join(str(label) for label, _ in written))
        rows.append(" ".join(numbers))
    return FilledForm(_picture(form, strokes, look, rng), "\n".join(rows))


def _written_into(drawing: Strokes, place: Box, rng: Generator) -> Strokes:
    """A drawing as large as its place, or a little smaller or larger, so that it may touch what is around it."""
    x, y, width, height = bounds(drawing)
    scale = min(place[3] / max(height, 1e-6), 1.1 * place[2] / max(width, 1e-6)) * rng.uniform(0.85, 1.05)
    centre = [place[0] + place[2] / 2 + rng.normal(0, 0.06), place[1] + place[3] / 2 + rng.normal(0, 0.05)]
    return [((stroke - [x + width / 2, y + height / 2]) * scale + centre).astype(np.float32) for stroke in drawing]


def _picture(form: Form, strokes: Strokes, look: Look, rng: Generator) -> NDArray[np.uint8]:
    width, height = (max(12, round(side * look.height)) for side in form.size)
    angle = np.deg2rad(look.tilt)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * look.height
    centre = np.array(form.size) / 2

    def in_pixels(line: Floats) -> Floats:
        return np.asarray((line - centre) @ turn.T + centre * look.height)

    page = np.empty((height, width, 3), np.float32)
    page[:] = rng.uniform(225, 255) + rng.uniform(-6, 6, 3)
    lines = [in_pixels(piece) for line in form.lines for piece in _dashes(line, form.dash)]
    if form.is_drawn:
        _draw(page, lines, look.pen, look.ink)
    else:
        _draw(page, lines, look.line * form.thickness, look.print)
    _draw(page, [in_pixels(stroke.astype(np.float64)) for stroke in strokes], look.pen, look.ink)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    direction = rng.uniform(0, 2 * np.pi)
    away = np.cos(direction) * (x / width - 0.5) + np.sin(direction) * (y / height - 0.5)
    page *= (1 - look.gradient * (0.5 + away / np.sqrt(2)))[..., None]
    if look.blur:
        page = np.asarray(cv2.GaussianBlur(page, (0, 0), look.blur), np.float32)
    pixels = np.rint(page + rng.normal(0, look.noise, page.shape)).clip(0, 255).astype(np.uint8)
    if not look.jpeg:
        return pixels
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, look.jpeg])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _draw(page: NDArray[np.float32], lines: Sequence[Floats], thickness: float, colour: Colour) -> None:
    """Lines (n, 2) in pixels onto a page (h, w, 3); where they cross, the darker one counts."""
    fine = 4  # OpenCV draws whole pixels: lines are drawn larger, and averaged
    height, width = page.shape[:2]
    cover = np.zeros((fine * height, fine * width), np.uint8)
    points = [np.rint((line[[0, *range(len(line))]] * fine + fine / 2) * 16).astype(np.int32) for line in lines]
    cv2.polylines(cover, points, False, 255, max(1, round(fine * thickness)), cv2.LINE_8, 4)
    share = cv2.resize(cover, (width, height), interpolation=cv2.INTER_AREA)[..., None].astype(np.float32) / 255
    page[:] = np.minimum(page, page * (1 - share) + share * np.array(colour, np.float32))


def _dashes(line: Floats, dash: float) -> list[Floats]:
    """The line (n, 2) itself, or its dashes of this length with as long gaps between them."""
    if not dash:
        return [line]
    pieces = []
    for a, b in pairwise(line):
        length = float(np.hypot(*(b - a)))
        for start in np.arange(0, length - dash / 2, 2 * dash):
            ends = np.array([[start], [min(start + dash, length)]]) / length
            pieces.append(a + ends * (b - a))
    return pieces
