"""Synthetic photographs of strokes on paper, with the faults of real ones, for tests and for reports."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ml.ink.greyscale import Grey
from ml.ink.strokes import Strokes

Brightness = NDArray[np.float32]  # (h, w), 0 black to 1 white

_SPACING = 0.075  # of the longer side, between the lines of ruled paper


@dataclass(frozen=True)
class Scene:
    """Paper, pen, light and camera. Brightness is 0 to 1, lengths are in pixels of the photograph."""

    pen: float = 5.0
    ink: float = 0.15  # brightness; coloured ink and pencil, seen as grey, are brighter
    paper: float = 0.85  # brightness
    lines: str = "none"  # none | ruled | squared | form, which has one line under the writing
    line: float = 0.6  # brightness of the lines
    pattern: float = 0.0  # depth of the fine waves printed on cheques
    gradient: float = 0.0  # share of the light that is lost towards a corner
    shadow: float = 0.0  # share of the light that a shadow with a soft edge takes
    tilt: float = 0.0  # degrees, counter-clockwise
    blur: float = 0.0  # standard deviation
    noise: float = 0.0  # standard deviation, of 255
    jpeg: int = 0  # quality; 0 for none
    inverted: bool = False  # chalk on a board


def photograph(strokes: Strokes, size: tuple[int, int], scene: Scene, rng: Generator) -> Grey:
    """Grey pixels (h, w), 0 black, of strokes in pixels on a page of `size` (width, height).

    Raises ValueError for lines of an unknown kind.
    """
    page = _page(size, scene, strokes)
    cover = np.zeros(page.shape, np.uint8)  # anti-aliased ink, which never brightens the page
    lines = [np.rint(stroke[[0, *range(len(stroke))]] * 16).astype(np.int32) for stroke in strokes]
    cv2.polylines(cover, lines, False, 255, max(1, round(scene.pen)), cv2.LINE_AA, 4)
    share = cover.astype(np.float32) / 255
    page = np.asarray(page * (1 - share) + np.minimum(page, scene.ink) * share, np.float32)
    if scene.tilt:
        rotation = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), scene.tilt, 1.0)
        page = np.asarray(cv2.warpAffine(page, rotation, size, borderMode=cv2.BORDER_REPLICATE), np.float32)
    page = page * _light(size, scene, rng)
    if scene.blur:
        page = np.asarray(cv2.GaussianBlur(page, (0, 0), scene.blur), np.float32)
    pixels = 255 * (1 - page if scene.inverted else page) + rng.normal(0, scene.noise, page.shape)
    grey = np.rint(pixels).clip(0, 255).astype(np.uint8)
    if not scene.jpeg:
        return grey
    _, data = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, scene.jpeg])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)


def _page(size: tuple[int, int], scene: Scene, strokes: Strokes) -> Brightness:
    """The page with its pattern and its lines; the one line of a form lies just below the strokes."""
    if scene.lines not in {"none", "form", "ruled", "squared"}:
        raise ValueError("There are no such lines.")
    width, height = size
    y, x = np.mgrid[:height, :width].astype(np.float32)
    page = np.full((height, width), scene.paper, np.float32)
    page -= scene.pattern * (np.sin(y * 1.1 + 3 * np.sin(x / 40)) > 0.6)
    step = max(8, round(_SPACING * max(size)))
    if scene.lines == "form":
        lowest = max(float(stroke[:, 1].max()) for stroke in strokes)
        rows = [round(lowest + scene.pen / 2)]
    else:
        rows = [] if scene.lines == "none" else list(range(step, height, step))
    columns = list(range(step, width, step)) if scene.lines == "squared" else []
    for row in rows:
        page[row : row + 2] = np.minimum(page[row : row + 2], scene.line)
    for column in columns:
        page[:, column : column + 2] = np.minimum(page[:, column : column + 2], scene.line)
    return page


def _light(size: tuple[int, int], scene: Scene, rng: Generator) -> Brightness:
    """The share of the light (h, w) that reaches the page: a gradient in any direction, and a shadow below."""
    width, height = size
    y, x = np.mgrid[:height, :width].astype(np.float32)
    direction = rng.uniform(0, 2 * np.pi)
    away = np.cos(direction) * (x / width - 0.5) + np.sin(direction) * (y / height - 0.5)
    light = 1 - scene.gradient * (0.5 + away / np.sqrt(2))
    edge = rng.uniform(0.3, 0.7) * height + rng.uniform(-0.2, 0.2) * (x - width / 2)
    softness = 0.03 * height
    shadow = scene.shadow / (1 + np.exp(((edge - y) / softness).clip(-30, 30)))
    return np.asarray(light * (1 - shadow), np.float32)
