"""Robustness: how accuracy falls as drawings are moved, turned, drawn with other pens, or photographed in worse
light."""

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

from ml.evaluation.evaluate import ReaderLike, read_drawings
from ml.evaluation.labeled_drawings import Drawing, LabeledDrawings
from ml.evaluation.metrics import accuracy_interval
from ml.evaluation.report.rendering import Grey, place_strokes
from ml.ink.strokes import Strokes, bounds, transform

CANVAS = 280  # px, width and height
INK = 0.36  # share of the canvas that the longer side of the ink takes: small enough to be shifted by 30 %
PEN = 8  # px
SAMPLE_SIZE = 400  # drawings, each a quarter of a point; all effects together take two minutes

Change = Callable[[Strokes, float, Generator], Drawing]  # of a drawing, by a strength
PictureChange = Callable[[Grey, float, Generator], Grey]  # the same of the drawing on the canvas


@dataclass(frozen=True)
class Effect:
    """A change of drawings with `strengths` in the order of its plot, in `unit`; `plain` is the strength that
    changes nothing."""

    name: str
    title: str
    unit: str
    strengths: tuple[float, ...]
    plain: float
    change: Change


@dataclass(frozen=True)
class Curve:
    """The number of errors in `n` drawings at each strength of an effect."""

    effect: Effect
    n: int
    errors: tuple[int, ...]

    @property
    def accuracies(self) -> list[float]:
        """The share of right readings, 0 to 1, at each strength."""
        return [1.0 - errors / self.n for errors in self.errors]

    @property
    def intervals(self) -> list[tuple[float, float]]:
        """The 95 % intervals of the accuracies."""
        return [accuracy_interval(errors, self.n) for errors in self.errors]

    @property
    def lost(self) -> float:
        """The largest loss of accuracy compared with the strength that changes nothing."""
        plain = self.errors[self.effect.strengths.index(self.effect.plain)]
        return (max(self.errors) - plain) / self.n


def measure_robustness(
    reader: ReaderLike, sample: LabeledDrawings, effects: Sequence[Effect] | None = None
) -> Iterator[Curve]:
    """The curve of each effect on single digits as strokes. Of a larger sample SAMPLE_SIZE drawings are taken,
    always the same."""
    chosen = np.random.default_rng(0).permutation(len(sample.texts))[:SAMPLE_SIZE]
    labeled = [(sample.drawings[i], sample.texts[i]) for i in chosen]
    strokes = [drawing for drawing, _ in labeled if not isinstance(drawing, np.ndarray)]
    texts = [text for drawing, text in labeled if not isinstance(drawing, np.ndarray)]
    errors_by_digest: dict[bytes, int] = {}  # unchanged drawings are the same for most effects
    for effect in EFFECTS if effects is None else effects:
        errors = []
        for strength in effect.strengths:
            rng = np.random.default_rng(1)
            changed = [effect.change(drawing, strength, rng) for drawing in strokes]
            arrays = [
                a for drawing in changed for a in ([drawing] if isinstance(drawing, np.ndarray) else drawing)
            ]
            key = hashlib.sha256(b"".join(array.tobytes() for array in arrays)).digest()
            if key not in errors_by_digest:
                answers = read_drawings(reader, changed, glyphs=False)
                wrong = [answer.text != text for answer, text in zip(answers, texts, strict=True)]
                errors_by_digest[key] = sum(wrong)
            errors.append(errors_by_digest[key])
        yield Curve(effect, len(texts), tuple(errors))


def on_canvas(strokes: Strokes, ink: float = INK, pen: int = PEN, at: tuple[float, float] = (0.5, 0.5)) -> Grey:
    """A picture (280, 280). The longer side of the ink with the pen takes the share `ink` of the canvas; `at` says
    where the middle of the ink is, as shares (x, y) of the canvas."""
    _, _, width, height = bounds(strokes)
    scale = (ink * CANVAS - pen) / max(width, height, 1e-6)
    return place_strokes(strokes, (CANVAS, CANVAS), scale, pen, at)


def _shift(strokes: Strokes, share: float, rng: Generator) -> Grey:
    """Towards the edge of the canvas, in any direction."""
    angle = rng.uniform(0, 2 * np.pi)
    direction = np.array([np.cos(angle), np.sin(angle)])
    direction /= np.abs(direction).max()  # as far as the edge of a square
    return on_canvas(strokes, at=(0.5 + share * direction[0], 0.5 + share * direction[1]))


def _shift_strokes(strokes: Strokes, share: float, rng: Generator) -> Strokes:
    offset = share * max(bounds(strokes)[2:]) / INK * rng.choice([-1, 1], 2)
    return [(stroke + offset).astype(np.float32) for stroke in strokes]


def _scale(strokes: Strokes, ink: float, rng: Generator) -> Grey:
    return on_canvas(strokes, ink=ink)


def _scale_strokes(strokes: Strokes, factor: float, rng: Generator) -> Strokes:
    return [(factor * stroke).astype(np.float32) for stroke in strokes]


def _rotate(strokes: Strokes, degrees: float, rng: Generator) -> Grey:
    return on_canvas(_rotate_strokes(strokes, degrees, rng))


def _rotate_strokes(strokes: Strokes, degrees: float, rng: Generator) -> Strokes:
    """Clockwise."""
    x, y, width, height = bounds(strokes)
    matrix = cv2.getRotationMatrix2D((x + width / 2, y + height / 2), -degrees, 1.0)  # y points down
    return transform(strokes, np.asarray(matrix, np.float64))


def _shake(strokes: Strokes, share: float, rng: Generator) -> Strokes:
    sd = share * max(bounds(strokes)[2:])
    return [(stroke + rng.normal(0, sd, stroke.shape)).astype(np.float32) for stroke in strokes]


def _widen_pen(strokes: Strokes, pen: float, rng: Generator) -> Grey:
    return on_canvas(strokes, pen=round(pen))


def _of_picture(change: PictureChange) -> Change:
    """A change of the drawing on the canvas."""
    return lambda strokes, strength, rng: change(on_canvas(strokes), strength, rng)


def _add_noise(picture: Grey, sd: float, rng: Generator) -> Grey:
    return _to_bytes(picture + rng.normal(0, sd, picture.shape))


def _blur(picture: Grey, sd: float, rng: Generator) -> Grey:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sd), np.uint8) if sd else picture


def _fade(picture: Grey, ink: float, rng: Generator) -> Grey:
    """Ink of the share `ink` of full black, on paper with the grain of a good camera."""
    return _to_bytes(255 - ink * (255.0 - picture) + rng.normal(0, 2, picture.shape) - 4)


def _shade(picture: Grey, dark: float, rng: Generator) -> Grey:
    """Light falls off across the picture, by the share `dark` at the darkest corner."""
    down, right = np.mgrid[0 : 1 : picture.shape[0] * 1j, 0 : 1 : picture.shape[1] * 1j]
    share = (down if rng.random() < 0.5 else 1 - down) + (right if rng.random() < 0.5 else 1 - right)
    return _to_bytes(picture * (1 - dark * share / 2))


def _compress(picture: Grey, quality: float, rng: Generator) -> Grey:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=round(quality))
    return np.asarray(Image.open(file), np.uint8)


def _shrink(picture: Grey, side: float, rng: Generator) -> Grey:
    return np.asarray(cv2.resize(picture, (round(side), round(side)), interpolation=cv2.INTER_AREA), np.uint8)


def _to_bytes(picture: NDArray[np.floating]) -> Grey:
    return np.asarray(np.rint(picture.clip(0, 255)), np.uint8)


_ANGLES = (-30.0, -20.0, -10.0, 0.0, 10.0, 20.0, 30.0)
_SCALES = (0.3, INK, 0.5, 0.7, 0.9, 1.0)
EFFECTS: tuple[Effect, ...] = (
    Effect("shift", "Shift, picture", "of the canvas", (0.0, 0.1, 0.2, 0.3), 0.0, _shift),
    Effect("scale", "Size, picture", "of the canvas", _SCALES, INK, _scale),
    Effect("scale_strokes", "Size, strokes", "times", (0.01, 0.3, 1.0, 100.0), 1.0, _scale_strokes),
    Effect("shift_strokes", "Shift, strokes", "of the canvas", (0.0, 0.15, 0.3), 0.0, _shift_strokes),
    Effect("rotation", "Turned, picture", "degrees clockwise", _ANGLES, 0.0, _rotate),
    Effect("rotation_strokes", "Turned, strokes", "degrees clockwise", _ANGLES, 0.0, _rotate_strokes),
    Effect("shake", "Shaky hand, strokes", "of the size, sd of each point", (0.0, 0.01, 0.02, 0.03, 0.05), 0.0,
           _shake),
    Effect("pen", "Width of the pen", "px of 100", (2.0, 4.0, 8.0, 16.0, 28.0), 8.0, _widen_pen),
    Effect("noise", "Noise", "grey levels, sd", (0.0, 15.0, 30.0, 60.0), 0.0, _of_picture(_add_noise)),
    Effect("blur", "Blur", "px of 100, sd", (0.0, 2.0, 4.0, 6.0), 0.0, _of_picture(_blur)),
    Effect("contrast", "Darkness of the ink", "of black", (0.06, 0.1, 0.2, 0.4, 1.0), 1.0, _of_picture(_fade)),
    Effect("light", "Uneven light", "darker in a corner", (0.0, 0.3, 0.6, 0.9), 0.0, _of_picture(_shade)),
    Effect("jpeg", "JPEG", "quality", (5.0, 15.0, 40.0, 90.0), 90.0, _of_picture(_compress)),
    Effect("resolution", "Small pictures", "px a side", (28.0, 40.0, 56.0, 112.0, 280.0), 280.0,
           _of_picture(_shrink)),
)  # fmt: skip
MOVED = ("shift", "scale", "shift_strokes", "scale_strokes")  # effects whose worst loss has a target
