"""How accuracy falls as drawings are moved, turned, drawn with other pens, photographed in worse light."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from ml.evaluation.benchmarks import Drawing, LabeledDrawings
from ml.evaluation.evaluate import ReaderLike
from ml.evaluation.metrics import wilson_interval
from ml.evaluation.report.rendering import Grey, place_strokes
from ml.ink.strokes import Strokes, bounds, transform

CANVAS = 280  # px, a square
INK = 0.36  # of the canvas, the longer side of the ink: small enough to be shifted by 30 %
PEN = 8  # px
N = 400  # drawings: a quarter of a point each, in two minutes
_BATCH = 100

Change = Callable[[Strokes, float, Generator], Drawing]


@dataclass(frozen=True)
class Effect:
    """`strengths` start at the least one; `plain` is the one that changes nothing."""

    name: str
    title: str
    unit: str
    strengths: tuple[float, ...]
    plain: float
    change: Change


@dataclass(frozen=True)
class Curve:
    """Of `n` drawings, how many were misread at each strength."""

    effect: Effect
    n: int
    errors: tuple[int, ...]

    @property
    def accuracies(self) -> list[float]:
        return [1.0 - errors / self.n for errors in self.errors]

    @property
    def intervals(self) -> list[tuple[float, float]]:
        return [wilson_interval(errors, self.n) for errors in self.errors]

    @property
    def lost(self) -> float:
        """The worst loss of accuracy against the strength that changes nothing."""
        plain = self.errors[self.effect.strengths.index(self.effect.plain)]
        return (max(self.errors) - plain) / self.n


def measure_robustness(
    reader: ReaderLike, sample: LabeledDrawings, effects: Sequence[Effect] | None = None
) -> Iterator[Curve]:
    """The curves of a sample of single digits as strokes; N of them, always the same, where there are more."""
    chosen = np.random.default_rng(0).permutation(len(sample.texts))[:N]
    strokes = [s for s in (sample.drawings[i] for i in chosen) if not isinstance(s, np.ndarray)]
    texts = [sample.texts[i] for i in chosen if not isinstance(sample.drawings[i], np.ndarray)]
    known: dict[str, int] = {}  # what changes nothing is the same drawings for most effects
    for effect in EFFECTS if effects is None else effects:
        errors = []
        for strength in effect.strengths:
            rng = np.random.default_rng(1)
            changed = [effect.change(drawing, strength, rng) for drawing in strokes]
            key = _digest(changed)
            if key not in known:
                known[key] = _misread(reader, changed, texts)
            errors.append(known[key])
        yield Curve(effect, len(texts), tuple(errors))


def _misread(reader: ReaderLike, drawings: Sequence[Drawing], texts: Sequence[str]) -> int:
    parts = [drawings[i : i + _BATCH] for i in range(0, len(drawings), _BATCH)]
    read = [reading.text for part in parts for reading in reader.read(part)]
    return sum(text != truth for text, truth in zip(read, texts, strict=True))


def _digest(drawings: Sequence[Drawing]) -> str:
    found = hashlib.sha256()
    for drawing in drawings:
        for part in [drawing] if isinstance(drawing, np.ndarray) else drawing:
            found.update(np.ascontiguousarray(part).tobytes())
    return found.hexdigest()


def on_canvas(strokes: Strokes, ink: float = INK, pen: int = PEN, at: tuple[float, float] = (0.5, 0.5)) -> Grey:
    """The picture (280, 280): the longer side of the ink, with the pen, the share `ink` of the canvas."""
    x, y, width, height = bounds(strokes)
    scale = (ink * CANVAS - pen) / max(width, height, 1e-6)
    return place_strokes(strokes, (CANVAS, CANVAS), (x + width / 2, y + height / 2), scale, pen, at)


def _shifted(strokes: Strokes, strength: float, rng: Generator) -> Grey:
    angle = rng.uniform(0, 2 * np.pi)
    way = np.array([np.cos(angle), np.sin(angle)])
    way /= np.abs(way).max()  # to the edge of a square
    return on_canvas(strokes, at=(0.5 + strength * way[0], 0.5 + strength * way[1]))


def _moved_strokes(strokes: Strokes, strength: float, rng: Generator) -> Strokes:
    way = strength * max(bounds(strokes)[2:]) / INK * rng.choice([-1, 1], 2)
    return [(stroke + way).astype(np.float32) for stroke in strokes]


def _turned(strokes: Strokes, degrees: float) -> Strokes:
    x, y, width, height = bounds(strokes)
    matrix = cv2.getRotationMatrix2D((x + width / 2, y + height / 2), -degrees, 1.0)  # clockwise: y points down
    return transform(strokes, np.asarray(matrix, np.float64))


def _shaken(strokes: Strokes, strength: float, rng: Generator) -> Strokes:
    sd = strength * max(bounds(strokes)[2:])
    return [(stroke + rng.normal(0, sd, stroke.shape)).astype(np.float32) for stroke in strokes]


def _noisy(picture: Grey, sd: float, rng: Generator) -> Grey:
    return _bytes(picture + rng.normal(0, sd, picture.shape))


def _blurred(picture: Grey, sd: float) -> Grey:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sd), np.uint8) if sd else picture


def _faint(picture: Grey, ink: float, rng: Generator) -> Grey:
    """Ink of the share `ink` of full black, on paper with the grain of a good camera."""
    return _bytes(255 - ink * (255.0 - picture) + rng.normal(0, 2, picture.shape) - 4)


def _shaded(picture: Grey, dark: float, rng: Generator) -> Grey:
    """Light falls off across the picture, by the share `dark` at the darkest corner."""
    down, right = np.mgrid[0 : 1 : picture.shape[0] * 1j, 0 : 1 : picture.shape[1] * 1j]
    share = (down if rng.random() < 0.5 else 1 - down) + (right if rng.random() < 0.5 else 1 - right)
    return _bytes(picture * (1 - dark * share / 2))


def _jpeg(picture: Grey, quality: float) -> Grey:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=round(quality))
    return np.asarray(Image.open(file), np.uint8)


def _small(picture: Grey, side: float) -> Grey:
    return np.asarray(cv2.resize(picture, (round(side), round(side)), interpolation=cv2.INTER_AREA), np.uint8)


def _bytes(picture: NDArray[np.floating]) -> Grey:
    return np.asarray(np.rint(picture.clip(0, 255)), np.uint8)


_ANGLES = (-30.0, -20.0, -10.0, 0.0, 10.0, 20.0, 30.0)
_SCALES = (0.3, INK, 0.5, 0.7, 0.9, 1.0)
EFFECTS: tuple[Effect, ...] = (
    Effect("shift", "Shift, picture", "of the canvas", (0.0, 0.1, 0.2, 0.3), 0.0, _shifted),
    Effect("scale", "Size, picture", "of the canvas", _SCALES, INK, lambda s, x, rng: on_canvas(s, ink=x)),
    Effect("scale_strokes", "Size, strokes", "times", (0.01, 0.3, 1.0, 100.0), 1.0,
           lambda s, x, rng: [(x * stroke).astype(np.float32) for stroke in s]),
    Effect("shift_strokes", "Shift, strokes", "of the canvas", (0.0, 0.15, 0.3), 0.0, _moved_strokes),
    Effect("rotation", "Turned, picture", "degrees clockwise", _ANGLES, 0.0,
           lambda s, x, rng: on_canvas(_turned(s, x))),
    Effect("rotation_strokes", "Turned, strokes", "degrees clockwise", _ANGLES, 0.0,
           lambda s, x, rng: _turned(s, x)),
    Effect("shake", "Shaky hand, strokes", "of the size, sd of each point", (0.0, 0.01, 0.02, 0.03, 0.05), 0.0,
           _shaken),
    Effect("pen", "Width of the pen", "px of 100", (2.0, 4.0, 8.0, 16.0, 28.0), 8.0,
           lambda s, x, rng: on_canvas(s, pen=round(x))),
    Effect("noise", "Noise", "grey levels, sd", (0.0, 15.0, 30.0, 60.0), 0.0,
           lambda s, x, rng: _noisy(on_canvas(s), x, rng)),
    Effect("blur", "Blur", "px of 100, sd", (0.0, 2.0, 4.0, 6.0), 0.0,
           lambda s, x, rng: _blurred(on_canvas(s), x)),
    Effect("contrast", "Darkness of the ink", "of black", (0.06, 0.1, 0.2, 0.4, 1.0), 1.0,
           lambda s, x, rng: _faint(on_canvas(s), x, rng)),
    Effect("light", "Uneven light", "darker in a corner", (0.0, 0.3, 0.6, 0.9), 0.0,
           lambda s, x, rng: _shaded(on_canvas(s), x, rng)),
    Effect("jpeg", "JPEG", "quality", (5.0, 15.0, 40.0, 90.0), 90.0,
           lambda s, x, rng: _jpeg(on_canvas(s), x)),
    Effect("resolution", "Small pictures", "px a side", (28.0, 40.0, 56.0, 112.0, 280.0), 280.0,
           lambda s, x, rng: _small(on_canvas(s), x)),
)  # fmt: skip
MOVED = ("shift", "scale", "shift_strokes", "scale_strokes")
