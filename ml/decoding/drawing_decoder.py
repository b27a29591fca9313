"""A drawing on its way through the reader: components of ink, what may be a digit among them, and the best reading."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from ml.decoding.calibration import Calibration
from ml.decoding.ctc import CtcOutput
from ml.decoding.lattice import (
    EMPTY_HYPOTHESIS,
    BestPath,
    Edge,
    Hypothesis,
    best_hypotheses_for_text,
    best_path,
    network_log_probability,
    penalise_low,
    text_log_sums,
)
from ml.decoding.reading import EMPTY_READING, LARGE_INK, Digit, ReadGlyph, Reading, compose_reading
from ml.ink.greyscale import to_grey
from ml.ink.line_image import LineImage, ink_to_line_image
from ml.ink.strokes import MAX_COORDINATE, InkError, Strokes
from ml.ink.trajectory import Trajectory
from ml.segmentation.candidates import Candidate
from ml.segmentation.components import Components, StrokeComponents, typical_height
from ml.segmentation.costs import IMAGE_COSTS, Costs
from ml.segmentation.image_components import ImageComponents, find_image_components
from ml.segmentation.page_layout import PageLayout, find_layouts

_FLAT = 0.3  # of the height of a line
_MANY = 100  # components of a line; of more, scribbles or dirt, a strip costs too much time

Floats = NDArray[np.float64]
Paths = Sequence[BestPath]
ReadLine = Callable[[LineImage], CtcOutput]


@dataclass(frozen=True)
class TextAlignment:
    """The ink of each digit of a text.

    `share` is that among all ways to read this text. `parting` (nats, low is unlikely) is how well the ink parts
    so, whatever its parts look like: where a new hand is misread, it says whether there are as many digits.
    """

    candidates: tuple[Candidate, ...]
    share: float
    parting: float


class DrawingDecoder:
    """One drawing on its way through the reader; None is one without ink."""

    def __init__(self, components: Components | None, weights: Costs) -> None:
        self._pieces = components
        self._weights = weights
        self._layouts = [] if self._pieces is None else find_layouts(self._pieces, weights)
        self.candidates = [candidate for layout in self._layouts for candidate in layout.candidates]

    def glyphs(self) -> list[NDArray[np.uint8]]:
        return [self.glyph(candidate) for candidate in self.candidates]

    def glyph(self, candidate: Candidate) -> NDArray[np.uint8]:
        assert self._pieces is not None  # or there would be no candidate
        return self._pieces.glyph(candidate.components, candidate.min_side)

    @property
    def has_strokes(self) -> bool:
        """Whether it is known how the pen went."""
        return isinstance(self._pieces, StrokeComponents)

    def ink(self, candidate: Candidate) -> Strokes | None:
        """Its strokes in the order in which they were drawn; None of a picture."""
        return (
            self._pieces.strokes(sorted(candidate.components))
            if isinstance(self._pieces, StrokeComponents)
            else None
        )

    def trajectories(self) -> list[Trajectory]:
        """Of all candidates; of a picture none."""
        return [self.trajectory(candidate) for candidate in self.candidates] if self.has_strokes else []

    def trajectory(self, candidate: Candidate) -> Trajectory:
        assert isinstance(self._pieces, StrokeComponents)  # nobody knows how a picture was drawn
        return self._pieces.trajectory(candidate.components, candidate.min_side)

    def subject(self, digit: Digit) -> ReadGlyph:
        """What there is to explain of a digit of the reading."""
        chosen = next(c for c in self.candidates if (c.components, c.line) == (digit.components, digit.line))
        return ReadGlyph(self.glyph(chosen), digit.label, self.ink(chosen), chosen.min_side, chosen.low_cost)

    def reading(
        self, digits: Floats, digit_probability: Floats, calibration: Calibration, ask: ReadLine | None = None
    ) -> Reading:
        """The reading by the likeliest layout, from what the network says of `glyphs()`, in their order.

        `ask` is asked about the lines of a picture that are doubtful, as strips.
        """
        views: list[tuple[PageLayout, Paths, Floats]] = []
        done = 0
        for layout in self._layouts:
            part = slice(done, done + len(layout.candidates))
            shown = np.exp(penalise_low(layout.candidates, digits[part]))
            views.append((layout, self._paths(layout, digits[part], digit_probability[part], ask), shown))
            done = part.stop
        if not views:
            return EMPTY_READING
        totals = np.array([sum(path.total for path in paths) for _, paths, _ in views])
        best = int(totals.argmax())
        share = float(1.0 / np.exp(totals - totals[best]).sum())
        return compose_reading(*views[best], share, self._weights, calibration)

    def log_chance(self, text: str, digits: Floats, digit_probability: Floats) -> float:
        """The log probability of a text of digits without spaces, over all layouts and all ways to read them."""
        if not self._layouts:
            return -math.inf if text else 0.0
        rights, totals = [], []
        done = 0
        for layout in self._layouts:
            part = slice(done, done + len(layout.candidates))
            right, total = self._sums(layout, text, digits[part], digit_probability[part])
            rights.append(right)
            totals.append(total)
            done = part.stop
        return float(np.logaddexp.reduce(rights) - np.logaddexp.reduce(totals))

    def _sums(
        self, layout: PageLayout, text: str, digits: Floats, digit_probability: Floats
    ) -> tuple[float, float]:
        """Logs of the sums over all ways that read the text, and over all ways."""
        labels = [int(character) for character in text]
        begun = np.full(len(text) + 1, -math.inf)
        begun[0] = total = 0.0
        for candidates, part in _lines(layout):
            begun, more = text_log_sums(
                candidates, digits[part], digit_probability[part], self._weights, labels, begun
            )
            total += more
        return float(begun[-1]), total

    def spelled(self, text: str, digits: Floats, digit_probability: Floats) -> TextAlignment | None:
        """The best of all ways to read a text of digits without spaces; None where it cannot be read so.

        Of the empty text: the ink that is taken for no digit, but for what is small.
        """
        found: list[tuple[PageLayout, Hypothesis, float]] = []
        totals = []
        done = 0
        for layout in self._layouts:
            part = slice(done, done + len(layout.candidates))
            found += self._trails(layout, text, digits[part], digit_probability[part])
            totals.append(self._sums(layout, text, digits[part], digit_probability[part])[1])
            done = part.stop
        if not found:
            return None
        layout, best, said = max(found, key=lambda one: one[1].best)
        chosen = [edge.candidate for edge in best.edges if _is_meant(edge, layout, bool(text))]
        every = float(np.logaddexp.reduce([trail.total for _, trail, _ in found]))
        parting = best.best - said - float(np.logaddexp.reduce(totals))
        return TextAlignment(tuple(chosen), math.exp(best.best - every), parting) if chosen else None

    def _trails(
        self, layout: PageLayout, text: str, digits: Floats, digit_probability: Floats
    ) -> list[tuple[PageLayout, Hypothesis, float]]:
        """The best way to read the text in a layout, if there is one, and what the network says of that."""
        labels, begun = [int(character) for character in text], {0: EMPTY_HYPOTHESIS}
        for candidates, part in _lines(layout):
            begun = best_hypotheses_for_text(
                candidates, digits[part], digit_probability[part], self._weights, labels, begun
            )
        if (trail := begun.get(len(labels))) is None:
            return []
        return [(layout, trail, network_log_probability(trail, layout.candidates, digits, digit_probability))]

    def _paths(self, layout: PageLayout, digits: Floats, digit_probability: Floats, ask: ReadLine | None) -> Paths:
        paths = []
        lines = zip(_lines(layout), layout.lines, layout.heights, strict=True)
        for (candidates, part), line, height in lines:
            known = candidates, digits[part], digit_probability[part], self._weights
            path = best_path(*known)
            if ask is not None and self._is_doubtful(path, height) and (strip := self._strip(line)) is not None:
                path = best_path(*known, ask(strip))
            paths.append(path)
        return paths

    def _strip(self, line: Sequence[int]) -> LineImage | None:
        """None of what is written, and of a line of very many components."""
        if not isinstance(self._pieces, ImageComponents) or len(line) > _MANY:
            return None
        return line_image_of(self._pieces, line)

    def _is_doubtful(self, path: BestPath, height: float) -> bool:
        """Whether a line of several digits, as it seems, may be others, or what is no digit in it may be some."""
        digits = sum(segment.label is not None for segment in path.segments)
        if digits > 1 and path.share < self._weights.line_network_threshold:
            return True
        return any(s.label is None and s.candidate.box[3] >= LARGE_INK * height for s in path.segments)


def _is_meant(edge: Edge, layout: PageLayout, text: bool) -> bool:
    """Whether ink is a digit of a text; without a text whether it is large."""
    if text:
        return edge.label is not None
    return edge.candidate.box[3] >= LARGE_INK * layout.heights[edge.candidate.line]


def _lines(layout: PageLayout) -> Iterator[tuple[list[Candidate], list[int]]]:
    """The candidates of each line, and their places among all of the layout."""
    for _, group in groupby(range(len(layout.candidates)), key=lambda i: layout.candidates[i].line):
        part = list(group)
        yield [layout.candidates[i] for i in part], part


def line_image_of(components: ImageComponents, line: Sequence[int]) -> LineImage:
    """A line of a picture, but for what is long and flat: beside a line below them digits would become small."""
    boxes = components.boxes[list(line)]
    usual = typical_height(boxes[:, 3])
    flat = (boxes[:, 3] < _FLAT * usual) & (boxes[:, 2] > usual)
    return ink_to_line_image(
        components.ink([component for component, left_out in zip(line, flat, strict=True) if not left_out])
    )


def open_drawing(drawing: Strokes | NDArray[np.uint8]) -> DrawingDecoder:
    """Of strokes, or of pixels as `ml.ink.images` decodes them. Raises InkError for what is neither."""
    return DrawingDecoder(find_components(drawing), IMAGE_COSTS if isinstance(drawing, np.ndarray) else Costs())


def find_components(drawing: Strokes | NDArray[np.uint8]) -> Components | None:
    """The same drawing in components; None where there is no ink."""
    if isinstance(drawing, np.ndarray):
        if drawing.shape[2:] not in ((), (3,)) or drawing.ndim < 2 or drawing.dtype != np.uint8:
            raise InkError("A picture must be pixels, grey or of three colours, as a table of bytes.")
        return find_image_components(to_grey(drawing))
    try:
        with np.errstate(over="ignore"):  # what is too large becomes infinite, which is refused
            strokes = [np.asarray(stroke, np.float32) for stroke in drawing]
    except (TypeError, ValueError, OverflowError) as error:
        raise InkError("A drawing must be strokes of points.") from error
    if not all(_is_stroke(stroke) for stroke in strokes):
        raise InkError("Each stroke must be points of two finite numbers.")
    strokes = [stroke for stroke in strokes if len(stroke)]
    return StrokeComponents(strokes) if strokes else None


def _is_stroke(stroke: NDArray[np.float32]) -> bool:
    return stroke.ndim == 2 and stroke.shape[1] == 2 and bool((np.abs(stroke) <= MAX_COORDINATE).all())
