"""Why a glyph was read as it was: how the reading changes when a part of the ink is missing, and what it is like.

Occlusion after "Visualizing and Understanding Convolutional Networks" (Zeiler, Fergus 2014). Of a drawing the
parts are pieces of its strokes, of a picture they are patches. Gaps of several sizes are tried, because ink next
to a small gap often says the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.decoding.reading import ReadGlyph
from ml.inference.exemplars import Exemplars, unit_vectors
from ml.ink.glyph import BOX, PEN, SIDE, Glyph
from ml.ink.strokes import Strokes, bounds
from ml.ink.trajectory import strokes_to_trajectory

NO_DIGIT = 10  # the column of "no digit" among the chances
MOST_SIMILAR = 5

_PIECES = 16  # a digit's strokes are cut into about so many
_GAPS = (1, 2, 4)  # neighbouring pieces that are missing together
_PATCHES = ((5, 2), (9, 3))  # (side, stride) in pixels
_POINTS = 8  # of a piece
_STRAIGHT = 0.93  # chord by length, above which a line is no curve
_LEVEL = 0.45  # a straight line that rises less than this is a bar, one as steep is upright

Floats = NDArray[np.float64]
Maps = NDArray[np.float32]  # (n, 28, 28)
Ways = NDArray[np.float32]  # (n, 48, 5), see `ml.ink.trajectory`
# Glyphs (n, 28, 28), and how they were drawn where that is known, to the chances (n, 11) of the ten labels and of
# no digit, and the embeddings (n, d).
Classify = Callable[[NDArray[np.uint8], Ways | None], tuple[Floats, NDArray[np.float32]]]


@dataclass(frozen=True, eq=False)
class StrokeContribution:
    """A piece of a stroke: points (n, 2) in units of the drawing, and what it is worth (see `Explanation`)."""

    points: NDArray[np.float32]
    weight: float
    contrast: float


@dataclass(frozen=True)
class OcclusionLoss:
    """What a gap takes and costs. `shape` is "" in a picture, `without` what is read instead (None: no digit)."""

    place: str  # top left | top | top right | left | middle | right | bottom left | bottom | bottom right
    shape: str  # bar | upright | slant | curve | dot
    weight: float
    without: int | None


@dataclass(frozen=True, eq=False)
class SimilarDigit:
    """A known digit. `similarity` is the cosine of the embeddings; `own` is one of the caller, else synthetic."""

    label: int
    similarity: float
    glyph: Glyph
    own: bool


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why `label` (None: no digit) and not `second`.

    `heat` (28, 28) is the loss of the chance of `label` where ink is missing, the mean over the gaps that take
    it; negative where the ink speaks against it. `contrast` (28, 28) is the same of the log odds of `label` to
    `second`, in nats. The weights of the parts are those of their pieces.
    """

    glyph: Glyph
    label: int | None
    chance: float
    second: int
    second_chance: float
    heat: NDArray[np.float32]
    contrast: NDArray[np.float32]
    parts: tuple[StrokeContribution, ...]  # none of a picture
    strongest: OcclusionLoss | None  # the gap that costs most; None where there is nothing to take away
    turning: OcclusionLoss | None  # the smallest gap that makes another digit of it; None where none does
    against: OcclusionLoss | None  # the gap that gains most; None where none gains
    nearest: tuple[SimilarDigit, ...]
    nearest_second: SimilarDigit | None


@dataclass(frozen=True, eq=False)
class _Gaps:
    """`missing` (m, 28, 28): the share of each pixel that a gap replaces by `fill`; `pieces` of each gap."""

    missing: Maps
    fill: Glyph
    pieces: tuple[tuple[int, ...], ...] = ()
    lines: tuple[NDArray[np.float32], ...] = ()  # of the pieces, in units of the drawing

    def glyphs(self, glyph: Glyph) -> NDArray[np.uint8]:
        change = self.fill.astype(np.float32) - glyph
        return np.asarray(np.rint(glyph + self.missing * change), np.uint8)


@dataclass(frozen=True, eq=False)
class ReferenceGlyphs:
    """What a glyph may be like: the artifact's exemplars, and glyphs with labels of the caller."""

    exemplars: Exemplars | None = None
    glyphs: Sequence[Glyph] = ()
    labels: Sequence[int] = field(default=())


def explain_glyph(subject: ReadGlyph, known: ReferenceGlyphs, look: Classify) -> Explanation:
    """The glyph and it with each gap go through `look` at once."""
    gaps = stroke_gaps(subject) if subject.strokes else patch_gaps(subject.glyph)
    batch = np.concatenate([subject.glyph[None], gaps.glyphs(subject.glyph)])
    chances, embeddings = look(batch, _ways(subject, gaps) if subject.strokes else None)
    chances = _in_line(chances, subject.low_cost)
    gapped = chances[1:]
    label = NO_DIGIT if subject.label is None else subject.label
    second = _second(chances[0], label)
    losses = chances[0, label] - gapped[:, label]
    odds = _odds(chances, label, second)
    contrasts = odds[0] - odds[1:]
    own = look(np.stack(known.glyphs), None)[1] if known.glyphs else embeddings[:0]
    nearest = _nearest(embeddings[0], own, known)
    return Explanation(
        glyph=subject.glyph,
        label=subject.label,
        chance=float(chances[0, label]),
        second=second,
        second_chance=float(chances[0, second]),
        heat=_heat(gaps, losses, subject.glyph),
        contrast=_heat(gaps, contrasts, subject.glyph),
        parts=_parts(gaps, losses, contrasts),
        strongest=_strongest(gaps, subject.glyph, losses, gapped),
        turning=_turning(gaps, subject.glyph, losses, gapped, label),
        against=_against(gaps, subject.glyph, losses, gapped),
        nearest=tuple(nearest[:MOST_SIMILAR]),
        nearest_second=next((example for example in nearest if example.label == second), None),
    )


def _in_line(chances: Floats, low: float) -> Floats:
    """The chances (n, 11) of ink as low in its line as this: of all digits only a 0 often is."""
    digits = chances[:, :NO_DIGIT] * np.where(np.arange(NO_DIGIT) == 0, 1.0, np.exp(-low))
    shares = digits / np.maximum(digits.sum(axis=1, keepdims=True), 1e-12)
    return np.column_stack([shares * (1.0 - chances[:, NO_DIGIT:]), chances[:, NO_DIGIT]])


def _ways(subject: ReadGlyph, gaps: _Gaps) -> Ways:
    """How the pen went, and how it would have gone had it left out each gap."""
    assert subject.strokes
    left = [[line for i, line in enumerate(gaps.lines) if i not in gap] for gap in gaps.pieces]
    drawings = [subject.strokes, *(lines or subject.strokes for lines in left)]
    return np.stack([strokes_to_trajectory(drawing, subject.min_side) for drawing in drawings])


def _second(chances: Floats, label: int) -> int:
    others = chances[:NO_DIGIT].copy()
    others[label : label + 1] = -1  # nothing to leave out where the label is NONE
    return int(others.argmax())


def _odds(chances: Floats, label: int, second: int) -> Floats:
    safe = np.maximum(chances, 1e-6)
    return np.asarray(np.log(safe[:, label] / safe[:, second]))


def stroke_gaps(subject: ReadGlyph) -> _Gaps:
    """Gaps of one piece or several neighbours of a stroke."""
    assert subject.strokes
    lines, stroke_of = _cut(subject.strokes)
    cover = _cover(subject, lines)
    pieces = tuple(_runs(stroke_of))
    whole = cover.max(axis=0)
    missing = np.empty((len(pieces), SIDE, SIDE), np.float32)
    for gap, run in zip(missing, pieces, strict=True):
        rest = np.delete(cover, run, axis=0)
        gap[:] = 1 - (rest.max(axis=0) if len(rest) else 0.0) / whole
    return _Gaps(missing, np.zeros((SIDE, SIDE), np.uint8), pieces, tuple(lines))


def _runs(stroke_of: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for length in _GAPS:
        for first in range(len(stroke_of) - length + 1):
            if stroke_of[first] == stroke_of[first + length - 1]:
                yield tuple(range(first, first + length))


def _cut(strokes: Strokes) -> tuple[list[NDArray[np.float32]], list[int]]:
    """Pieces (n, 2) of about equal length along the strokes, and the stroke that each is from."""
    along = [np.concatenate([[0.0], np.hypot(*np.diff(s, axis=0).T).cumsum()]) for s in strokes]
    total = max(sum(float(way[-1]) for way in along), 1e-9)
    lines, stroke_of = [], []
    for number, (stroke, way) in enumerate(zip(strokes, along, strict=True)):
        count = max(1, round(_PIECES * float(way[-1]) / total))
        stops = np.linspace(0, way[-1], count * _POINTS + 1)
        points = np.stack([np.interp(stops, way, stroke[:, k]) for k in (0, 1)], axis=1).astype(np.float32)
        lines += [points[i * _POINTS : (i + 1) * _POINTS + 1] for i in range(count)]
        stroke_of += [number] * count
    return lines, stroke_of


def _cover(subject: ReadGlyph, lines: Sequence[NDArray[np.float32]]) -> Maps:
    """(n, 28, 28) how much of each pixel each piece inks, never quite 0: then the nearest has it."""
    assert subject.strokes
    x, y, width, height = bounds(subject.strokes)
    scale = (BOX - PEN) / max(width, height, subject.min_side, 1e-6)
    middle = np.array([x + width / 2, y + height / 2], np.float32)
    places = [(line - middle) * scale + SIDE / 2 for line in lines]
    shift = _shift(_ink(places, SIDE / 2, 2 * SIDE).max(axis=0), subject.glyph)
    return _ink([place + shift for place in places], 0.0, SIDE)


def _ink(places: Sequence[NDArray[np.float32]], margin: float, side: int) -> Maps:
    """What a round pen inks along lines of glyph pixels, on (side, side) pixels that begin at -`margin`."""
    centres = np.arange(side, dtype=np.float32) + 0.5 - margin
    found = np.empty((len(places), side, side), np.float32)
    for ink, place in zip(found, places, strict=True):
        across = (centres[None, :, None] - place[:, 0]) ** 2
        down = (centres[:, None, None] - place[:, 1]) ** 2
        distance = np.sqrt((across + down).min(axis=2))
        ink[:] = np.clip(PEN / 2 + 0.5 - distance, 0, 1) + 1e-4 / (1 + distance)
    return found


def _shift(wide: NDArray[np.float32], glyph: Glyph) -> NDArray[np.float32]:
    """(x, y) whole pixels by which the glyph was moved to its barycentre: where it lies best on the ink."""
    windows = np.lib.stride_tricks.sliding_window_view(wide, (SIDE, SIDE))
    fit = np.einsum("ijkl,kl->ij", windows, glyph.astype(np.float32), optimize=True)
    down, right = np.unravel_index(int(fit.argmax()), fit.shape)
    return np.array([SIDE // 2 - right, SIDE // 2 - down], np.float32)


def patch_gaps(glyph: Glyph) -> _Gaps:
    """Square gaps wherever there is ink, filled with what is around: plain zeros would be a strange edge."""
    fill = np.asarray(cv2.GaussianBlur(glyph, (0, 0), 3.0), np.uint8)
    change = np.abs(glyph.astype(np.float32) - fill)
    missing = []
    for side, stride in _PATCHES:
        for top in range(0, SIDE - side + 1, stride):
            for left in range(0, SIDE - side + 1, stride):
                window = np.s_[top : top + side, left : left + side]
                if glyph[window].max(initial=0) and change[window].max() > 16:
                    missing.append(np.zeros((SIDE, SIDE), np.float32))
                    missing[-1][window] = 1.0
    return _Gaps(np.array(missing, np.float32).reshape(-1, SIDE, SIDE), fill)


def _heat(gaps: _Gaps, values: Floats, glyph: Glyph) -> NDArray[np.float32]:
    """(28, 28): at each pixel of ink the mean of the gaps that take it, by how much of it they take; else 0."""
    whole = gaps.missing.sum(axis=0)
    heat = np.tensordot(values, gaps.missing, axes=1) / np.maximum(whole, 1e-6)
    return np.asarray(np.where(glyph > 0, heat, 0.0), np.float32)


def _parts(gaps: _Gaps, losses: Floats, contrasts: Floats) -> tuple[StrokeContribution, ...]:
    found = []
    for number, line in enumerate(gaps.lines):
        mine = [number in run for run in gaps.pieces]
        found.append(StrokeContribution(line, float(losses[mine].mean()), float(contrasts[mine].mean())))
    return tuple(found)


def _strongest(gaps: _Gaps, glyph: Glyph, losses: Floats, gapped: Floats) -> OcclusionLoss | None:
    if not len(losses) or not glyph.any():
        return None
    area = gaps.missing.sum(axis=(1, 2))  # all 0 where each line was drawn twice
    best = int(
        (losses - 0.02 * area / max(area.max(), 1e-6)).argmax()
    )  # of two that cost about the same the smaller one
    return _loss(gaps, glyph, losses, gapped, best)


def _turning(gaps: _Gaps, glyph: Glyph, losses: Floats, gapped: Floats, label: int) -> OcclusionLoss | None:
    read = gapped.argmax(axis=1)
    others = np.flatnonzero((read != label) & (read != NO_DIGIT) & (losses > 0))
    if not len(others) or not glyph.any():
        return None
    smallest = others[gaps.missing[others].sum(axis=(1, 2)).argmin()]
    return _loss(gaps, glyph, losses, gapped, int(smallest))


def _against(gaps: _Gaps, glyph: Glyph, losses: Floats, gapped: Floats) -> OcclusionLoss | None:
    if not len(losses) or losses.min() >= 0 or not glyph.any():
        return None
    return _loss(gaps, glyph, losses, gapped, int(losses.argmin()))


def _loss(gaps: _Gaps, glyph: Glyph, losses: Floats, gapped: Floats, gap: int) -> OcclusionLoss:
    line = np.concatenate([gaps.lines[i] for i in gaps.pieces[gap]]) if gaps.pieces else None
    without = int(gapped[gap].argmax())
    return OcclusionLoss(
        place=_place(gaps.missing[gap] * glyph, glyph),
        shape="" if line is None else _shape(line),
        weight=float(losses[gap]),
        without=None if without == NO_DIGIT else without,
    )


def _place(part: NDArray[np.float32], glyph: Glyph) -> str:
    """In which ninth of the glyph's box the middle of a part lies."""
    words = []
    for axis, names in ((1, ("top", "", "bottom")), (0, ("left", "", "right"))):
        inked = np.flatnonzero(glyph.any(axis=axis))
        middle = np.average(np.arange(SIDE), weights=part.sum(axis=axis) + 1e-9)
        share = (middle - inked[0]) / max(np.ptp(inked), 1) if np.ptp(inked) >= BOX / 3 else 0.5
        words.append(names[int(np.clip(3 * share, 0, 2))])
    return " ".join(filter(None, words)) or "middle"


def _shape(line: NDArray[np.float32]) -> str:
    length = float(np.hypot(*np.diff(line, axis=0).T).sum())
    across, down = np.abs(line[-1] - line[0])
    if length == 0:
        return "dot"
    if np.hypot(across, down) < _STRAIGHT * length:
        return "curve"
    if down < _LEVEL * across:
        return "bar"
    return "upright" if across < _LEVEL * down else "slant"


def _nearest(
    embedding: NDArray[np.float32], own: NDArray[np.float32], known: ReferenceGlyphs
) -> list[SimilarDigit]:
    """All that is known, the most similar first."""
    me = unit_vectors(embedding[None])[0]
    found = [
        SimilarDigit(int(label), float(similarity), glyph, own=True)
        for label, similarity, glyph in zip(known.labels, unit_vectors(own) @ me, known.glyphs, strict=True)
    ]
    if known.exemplars is not None:
        index = known.exemplars
        for label, similarity, glyph in zip(index.labels, index.embeddings @ me, index.glyphs, strict=True):
            found.append(SimilarDigit(int(label), float(similarity), glyph, own=False))
    return sorted(found, key=lambda example: -example.similarity)
