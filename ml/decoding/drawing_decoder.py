"""Decode a drawing: its components, the candidates for digits among them, and the best reading by their scores.

The networks are run by the caller (`ml.inference.reader`): the decoder gives the inputs of all candidates and
takes the scores.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ml.decoding.calibration import Calibration
from ml.decoding.ctc import CtcOutput
from ml.decoding.lattice import BestPath
from ml.decoding.reading import (
    EMPTY_READING,
    DecodedLayout,
    Digit,
    ReadGlyph,
    Reading,
    compose_reading,
    is_large_ink,
)
from ml.decoding.scored_layout import ScoredLayout
from ml.decoding.words import refuse_words
from ml.ink.glare import hides_ink
from ml.ink.greyscale import to_grey
from ml.ink.line_image import LineImage, ink_to_line_image
from ml.ink.paper import flatten_papers, has_edges
from ml.ink.strokes import MAX_COORDINATE, InkError, Strokes
from ml.ink.trajectory import Trajectory
from ml.segmentation.candidates import Candidate
from ml.segmentation.components import Boxes, Components, StrokeComponents, typical_height
from ml.segmentation.costs import IMAGE_COSTS, Costs
from ml.segmentation.image_components import ImageComponents, find_image_components
from ml.segmentation.page_layout import find_layouts
from ml.segmentation.stroke_rings import without_ring

_FLAT = 0.3  # heights of a line; a lower component that is wider than a height is a line drawn under or between
_MOST_IN_LINE_IMAGE = 100  # components; a line of more is scribbles or dirt, and the line network takes too long

Floats = NDArray[np.float64]
ReadLine = Callable[[LineImage], CtcOutput]  # runs the line network


@dataclass(frozen=True)
class TextAlignment:
    """The candidates that are the digits of a given text, in its order.

    `segmentation_score` is the log probability (nats) of this segmentation by the costs of sizes and gaps, without
    the networks' log probabilities of the labels. It is low where there seem to be more or fewer digits, also in
    an unfamiliar handwriting whose digits are misread.
    """

    candidates: tuple[Candidate, ...]
    segmentation_score: float


class DrawingDecoder:
    """The candidates of one drawing, and its readings by their scores; `components` is None where there is no ink.

    Scores are `digits` (n, 10), the log probabilities of the labels, and `digit_probability` (n,), the probability
    of being a digit at all, both float64 and in the order of `candidates`.
    """

    def __init__(self, components: Components | None, costs: Costs) -> None:
        self._components = components
        self._costs = costs
        self._layouts = [] if components is None else find_layouts(components, costs)
        self.candidates = [candidate for layout in self._layouts for candidate in layout.candidates]

    def glyph(self, candidate: Candidate) -> NDArray[np.uint8]:
        """(28, 28)"""
        assert self._components is not None  # or there would be no candidate
        return self._components.glyph(candidate.components, candidate.min_side)

    def glyphs(self) -> list[NDArray[np.uint8]]:
        """Of all candidates."""
        return [self.glyph(candidate) for candidate in self.candidates]

    @property
    def has_strokes(self) -> bool:
        """Whether the drawing was drawn in strokes; pictures have glyphs alone."""
        return isinstance(self._components, StrokeComponents)

    def strokes(self, candidate: Candidate) -> Strokes | None:
        """In the order in which they were drawn; None of a picture."""
        if not isinstance(self._components, StrokeComponents):
            return None
        return self._components.strokes(sorted(candidate.components))

    def trajectory(self, candidate: Candidate) -> Trajectory:
        """(48, 5), of a drawing with strokes."""
        assert isinstance(self._components, StrokeComponents)
        return self._components.trajectory(candidate.components, candidate.min_side)

    def trajectories(self) -> list[Trajectory]:
        """Of all candidates; of a picture none."""
        return [self.trajectory(candidate) for candidate in self.candidates] if self.has_strokes else []

    def read_glyph(self, digit: Digit) -> ReadGlyph:
        """A digit of the reading as the networks saw it."""
        chosen = next(c for c in self.candidates if (c.components, c.line) == (digit.components, digit.line))
        return ReadGlyph(self.glyph(chosen), digit.label, self.strokes(chosen), chosen.min_side, chosen.low_cost)

    def decode(
        self,
        digits: Floats,
        digit_probability: Floats,
        calibration: Calibration,
        read_line: ReadLine | None = None,
    ) -> Reading:
        """The reading by the likeliest layout; `read_line` is called for the doubtful lines of a picture."""
        scored = self._score_layouts(digits, digit_probability)
        if not scored:
            return EMPTY_READING
        paths = [self._best_paths(layout, read_line) for layout in scored]
        log_sums = np.array([layout.log_sum for layout in scored])
        best = int(log_sums.argmax())
        probability = float(1.0 / np.exp(log_sums - log_sums[best]).sum())
        chosen = scored[best]
        decoded = DecodedLayout(
            chosen.layout, probability, chosen.lattices, paths[best], chosen.label_probabilities
        )
        reading = compose_reading(decoded, self._costs, calibration)
        if not isinstance(self._components, ImageComponents) or not self._components.may_go_on:
            return reading
        numbers = tuple(replace(number, state="unsure") for number in reading.numbers)
        return replace(reading, state="unsure" if reading.text else reading.state, numbers=numbers)

    def log_probability(self, text: str, digits: Floats, digit_probability: Floats) -> float:
        """Of a text of digits without spaces, in nats, over all layouts and all paths through them."""
        scored = self._score_layouts(digits, digit_probability)
        if not scored:
            return -math.inf if text else 0.0
        labels = [int(character) for character in text]
        text_log_sums = [layout.text_log_sum(labels) for layout in scored]
        return float(np.logaddexp.reduce(text_log_sums) - _log_sum(scored))

    def align(self, text: str, digits: Floats, digit_probability: Floats) -> TextAlignment | None:
        """The best path of all layouts that reads a text of digits without spaces; None where there is none.

        Of the empty text: the ink that is taken for no digit, without what is small.
        """
        scored = self._score_layouts(digits, digit_probability)
        labels = [int(character) for character in text]
        aligned = [
            (hypothesis, layout) for layout in scored if (hypothesis := layout.text_hypothesis(labels)) is not None
        ]
        if not aligned:
            return None
        best, layout = max(aligned, key=lambda pair: pair[0].log_max)
        if text:
            chosen = [edge.candidate for edge in best.edges if edge.label is not None]
        else:
            heights = layout.layout.heights
            on_path = [edge.candidate for edge in best.edges]
            chosen = [c for c in on_path if is_large_ink(c.box, heights[c.line])]
        score = best.log_max - layout.network_log_probability(best) - _log_sum(scored)
        return TextAlignment(tuple(chosen), score) if chosen else None

    def _score_layouts(self, digits: Floats, digit_probability: Floats) -> list[ScoredLayout]:
        scored, first = [], 0
        for layout in self._layouts:
            rows = slice(first, first + len(layout.candidates))
            scored.append(ScoredLayout(layout, digits[rows], digit_probability[rows], self._costs))
            first = rows.stop
        return scored

    def _best_paths(self, scored: ScoredLayout, read_line: ReadLine | None) -> list[BestPath]:
        """The best path of each line, doubtful lines of pictures with the help of the line network."""
        paths = []
        layout = scored.layout
        for lattice, line, height in zip(scored.lattices, layout.lines, layout.heights, strict=True):
            path = lattice.best_path()
            if (
                read_line is not None
                and isinstance(self._components, ImageComponents)
                and len(line) <= _MOST_IN_LINE_IMAGE
                and self._is_doubtful(path, height)
                and not lattice.has_doubtful_bars  # the line network takes slashes for 1s
            ):
                separators = {i for s in path.segments if s.separates for i in s.candidate.components}
                rest = [component for component in line if component not in separators]
                path = lattice.best_path(read_line(line_image_of(self._components, rest)))
            paths.append(refuse_words(path, height))
        return paths

    def _is_doubtful(self, path: BestPath, height: float) -> bool:
        """Whether several digits are less than sure, or large ink was taken for no digit."""
        digits = sum(segment.label is not None for segment in path.segments)
        if digits > 1 and path.probability < self._costs.line_network_threshold:
            return True
        unread = [s.candidate for s in path.segments if s.label is None and not s.separates]
        return any(is_large_ink(candidate.box, height) for candidate in unread)


def _log_sum(scored: Sequence[ScoredLayout]) -> float:
    """The log of the sum of the weights of all paths through all layouts."""
    return float(np.logaddexp.reduce([layout.log_sum for layout in scored]))


def line_image_of(components: ImageComponents, line: Sequence[int]) -> LineImage:
    """The line image of these components of a picture, without those that are long and flat.

    The image has a fixed height: beside a line drawn under a number its digits would become small.
    """
    boxes = components.boxes[list(line)]
    usual = typical_height(boxes[:, 3])
    flat = (boxes[:, 3] < _FLAT * usual) & (boxes[:, 2] > usual)
    return ink_to_line_image(
        components.ink([component for component, left_out in zip(line, flat, strict=True) if not left_out])
    )


def open_drawing(drawing: Strokes | NDArray[np.uint8]) -> DrawingDecoder:
    """A decoder of strokes, or of pixels as `ml.ink.images` decodes them. Raises InkError for anything else."""
    return DrawingDecoder(find_components(drawing), IMAGE_COSTS if isinstance(drawing, np.ndarray) else Costs())


def _find_in_picture(pixels: NDArray[np.uint8]) -> ImageComponents | None:
    components, is_edge_left = find_image_components(to_grey(pixels)), False
    if components is not None and _divides(components.boxes, pixels.shape):
        channels = pixels.reshape(*pixels.shape[:2], -1)
        flat = flatten_papers(channels, is_divided=True)
        is_edge_left = flat is None and has_edges(channels)
        components = components if flat is None else find_image_components(flat)
    if components is not None:
        components.may_go_on = is_edge_left or hides_ink(pixels, components.boxes)
    return components


def _divides(boxes: Boxes, shape: Sequence[int]) -> bool:
    """Whether some ink runs from one border of a picture to the opposite one, as the edge of a shadow does."""
    first, last = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    return bool(((first <= 1) & (last >= np.array(shape[1::-1]) - 1)).any())


def find_components(drawing: Strokes | NDArray[np.uint8]) -> Components | None:
    """The components of strokes, or of pixels (h, w) or (h, w, 3) uint8; None where there is no ink.

    Raises InkError for anything else, and for coordinates that are too large or not finite.
    """
    if isinstance(drawing, np.ndarray):
        if drawing.shape[2:] not in ((), (3,)) or drawing.ndim < 2 or drawing.dtype != np.uint8:
            raise InkError("A picture must be pixels, grey or of three colours, as a table of bytes.")
        return _find_in_picture(drawing)
    try:
        with np.errstate(over="ignore"):  # numbers too large for float32 become infinite, and are refused below
            strokes = [np.asarray(stroke, np.float32) for stroke in drawing]
    except (TypeError, ValueError, OverflowError) as error:
        raise InkError("A drawing must be strokes of points.") from error
    for stroke in strokes:
        if stroke.ndim != 2 or stroke.shape[1] != 2 or not (np.abs(stroke) <= MAX_COORDINATE).all():
            raise InkError("Each stroke must be points of two finite numbers.")
    strokes = [stroke for stroke in strokes if len(stroke)]
    return StrokeComponents(without_ring(strokes)) if strokes else None
