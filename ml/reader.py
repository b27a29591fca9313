"""Read drawings with a trained artifact. NumPy, OpenCV and LiteRT only: what a worker process needs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml import lattice
from ml.artifact import Artifact, ArtifactError, unpack
from ml.calibration import Calibration
from ml.candidates import Candidate
from ml.explain import Explanation, Known, Subject, explain_glyph
from ml.glyph import SIDE, turned
from ml.ink import MAX_COORDINATE, InkError, Strokes
from ml.layout import Layout, layouts
from ml.photo import find_pieces
from ml.pieces import Pieces, StrokePieces
from ml.runtime import Network
from ml.trajectory import CHANNELS, POINTS, Trajectory
from ml.weights import PICTURES, Weights

Floats = NDArray[np.float64]
Paths = Sequence[lattice.Path]

SHIPPED = Path(__file__).parent / "base" / "reader.zip"
HIGHEST = 0.999  # nobody is surer than that about handwriting

_LARGE = 0.5  # heights of the line; smaller ink that is no digit, such as a full stop, is not worth a word
_SURE, _DIGIT, _NO_DIGIT = 0.995, 0.98, 0.005  # what is less sure in a picture is looked at again,
_TURN, _SMALLER = 6.0, 0.92  # turned by so many degrees and so much smaller
_OUTPUTS = 11  # ten digit logits, one digit-ness logit; an embedding follows


@dataclass(frozen=True)
class Digit:
    """One piece of writing. `label` is None where it is no digit; `box` is in the units of the drawing."""

    label: int | None
    confidence: float
    probabilities: tuple[float, ...]
    box: tuple[float, float, float, float]
    line: int
    pieces: tuple[int, ...] = ()  # of the drawing, as the reader cut it


@dataclass(frozen=True)
class Reading:
    """What was read. `confidence` is the probability that this is right; `alternative` is the next best text."""

    state: str  # recognised | unsure | not_a_digit | empty
    text: str
    confidence: float
    digits: tuple[Digit, ...]
    alternative: str | None = None


EMPTY = Reading("empty", "", 0.0, ())


class NoSuchDigit(ValueError):
    """The drawing has fewer digits than that."""


class Reader:
    """A trained reader. Safe to share between threads; one thread runs the network at a time."""

    def __init__(self, artifact: Artifact) -> None:
        self._artifact = artifact
        self._calibration = _calibration(artifact.card)
        self._glyphs = Network(artifact.model, (SIDE, SIDE, 1), _OUTPUTS)
        drawn = artifact.trajectory
        self._trajectories = None if drawn is None else Network(drawn.model, (POINTS, CHANNELS), _OUTPUTS)
        index = artifact.exemplars
        if index is not None and index.embeddings.shape[1] != self._glyphs.width - _OUTPUTS:
            raise ArtifactError("The exemplars of the artifact are those of another network.")

    @classmethod
    def open(cls, source: Path | bytes) -> Reader:
        """From a file or its bytes. Raises ArtifactError."""
        if isinstance(source, bytes):
            return cls(unpack(source))
        try:
            return cls(unpack(source.read_bytes()))
        except OSError as error:
            raise ArtifactError(f"{source.name} cannot be opened.") from error

    @property
    def card(self) -> dict[str, Any]:
        return self._artifact.card

    @property
    def version(self) -> str:
        return self._artifact.version

    @property
    def calibration(self) -> Calibration:
        return self._calibration

    def read(self, drawings: Sequence[Strokes | NDArray[np.uint8]]) -> list[Reading]:
        """One reading a drawing: strokes, or grey pixels (h, w) with 0 black.

        The glyphs of all drawings share the calls of the network. Raises InkError for what is neither.
        """
        return self._readings([_page(drawing) for drawing in drawings])

    def explain(
        self,
        drawing: Strokes | NDArray[np.uint8],
        digit: int = 0,
        own: Sequence[tuple[int, Strokes]] = (),
    ) -> Explanation:
        """Why a digit of the reading is what it is; `own` are drawings of one known digit, to be compared with.

        Raises InkError, and NoSuchDigit when the reading has no digit of this index.
        """
        page = _page(drawing)
        [reading] = self._readings([page])
        if not 0 <= digit < len(reading.digits):
            raise NoSuchDigit(f"There is no digit {digit} in this drawing.")
        alike = [(label, pieces) for label, strokes in own if (pieces := _pieces(strokes)) is not None]
        glyphs = [pieces.glyph(range(len(pieces.boxes)), 0.0) for _, pieces in alike]
        known = Known(self._artifact.exemplars, glyphs, [label for label, _ in alike])
        return explain_glyph(page.subject(reading.digits[digit]), known, self._look)

    def _look(
        self, glyphs: NDArray[np.uint8], ways: NDArray[np.float32] | None
    ) -> tuple[Floats, NDArray[np.float32]]:
        """Chances (n, 11) of the labels and of no digit, and the embeddings."""
        outputs = self._seen(glyphs, ways is None)
        digits, digitness = self._calibration.probabilities(outputs, None if ways is None else self._drawn(ways))
        chances = np.column_stack([np.exp(digits) * digitness[:, None], 1.0 - digitness])
        return chances, outputs[:, _OUTPUTS:]

    def _readings(self, pages: Sequence[Page]) -> list[Reading]:
        counts = [len(page.candidates) for page in pages]
        if not sum(counts):
            return [EMPTY for _ in pages]
        glyphs = np.stack([glyph for page in pages for glyph in page.glyphs()])
        outputs = self._seen(glyphs, np.repeat([not page.written for page in pages], counts))
        drawn = self._drawn([way for page in pages for way in page.trajectories()])
        readings = []
        for page, n in zip(pages, counts, strict=True):
            mine, outputs, also = outputs[:n], outputs[n:], None
            if drawn is not None and page.written:
                also, drawn = drawn[:n], drawn[n:]
            readings.append(page.reading(*self._calibration.probabilities(mine, also), self._calibration))
        return readings

    def judge(self, page: Page, chosen: Sequence[int]) -> tuple[Floats, Floats]:
        """Of some candidates: log probabilities of the labels (n, 10), and the probability to be a digit (n,)."""
        candidates = [page.candidates[i] for i in chosen]
        glyphs = np.stack([page.glyph(candidate) for candidate in candidates])
        drawn = self._drawn([page.trajectory(c) for c in candidates]) if page.written else None
        return self._calibration.probabilities(self._seen(glyphs, not page.written), drawn)

    def classify(self, glyphs: NDArray[np.uint8]) -> tuple[Floats, Floats]:
        """The same of glyphs (n, 28, 28) that are known as pictures only."""
        return self._calibration.probabilities(self._seen(glyphs, True))

    def outputs(self, glyphs: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the network says of glyphs (n, 28, 28): ten logits, the digit-ness logit, the embedding."""
        return self._glyphs.run(glyphs[..., None] * np.float32(1 / 255))

    def _seen(self, glyphs: NDArray[np.uint8], pictures: NDArray[np.bool_] | bool) -> NDArray[np.float32]:
        """The outputs; of doubtful pictures (n,) the logits are the mean of three looks, two of them turned.

        On the cheques that train this made 51 misread amounts of 59, and five or nine looks made 51 as well.
        """
        outputs = self.outputs(glyphs)
        if not np.any(pictures):
            return outputs
        again = np.flatnonzero(pictures & self._doubtful(outputs))
        if len(again):
            looks = [self.outputs(turned(glyphs[again], degrees, _SMALLER)) for degrees in (-_TURN, _TURN)]
            outputs[again, :_OUTPUTS] = np.mean([outputs[again], *looks], axis=0)[:, :_OUTPUTS]
        return outputs

    def _doubtful(self, outputs: NDArray[np.float32]) -> NDArray[np.bool_]:
        digits, digitness = self._calibration.probabilities(outputs)
        surely = (digits.max(axis=1) > math.log(_SURE)) & (digitness > _DIGIT)
        return np.asarray(~surely & (digitness >= _NO_DIGIT))

    def _drawn(self, trajectories: Sequence[Trajectory] | NDArray[np.float32]) -> NDArray[np.float32] | None:
        """Ten logits and the digit-ness logit (n, 11); None where there is nobody to ask or nothing to ask."""
        if self._trajectories is None or not len(trajectories):
            return None
        return self._trajectories.run(np.asarray(trajectories, np.float32))[:, :_OUTPUTS]


def _calibration(card: dict[str, Any]) -> Calibration:
    try:
        return Calibration.parse(card.get("calibration", {}))
    except ValueError as error:
        raise ArtifactError("The calibration in the card of the artifact is damaged.") from error


class Page:
    """One drawing on its way through the reader; None is one without ink."""

    def __init__(self, pieces: Pieces | None, weights: Weights) -> None:
        self._pieces = pieces
        self._weights = weights
        self._layouts = [] if self._pieces is None else layouts(self._pieces.boxes, weights, self._pieces)
        self.candidates = [candidate for layout in self._layouts for candidate in layout.candidates]

    def glyphs(self) -> list[NDArray[np.uint8]]:
        return [self.glyph(candidate) for candidate in self.candidates]

    def glyph(self, candidate: Candidate) -> NDArray[np.uint8]:
        assert self._pieces is not None  # or there would be no candidate
        return self._pieces.glyph(candidate.pieces, candidate.at_least)

    @property
    def written(self) -> bool:
        """Whether it is known how the pen went."""
        return isinstance(self._pieces, StrokePieces)

    def trajectories(self) -> list[Trajectory]:
        """Of all candidates; of a picture none."""
        return [self.trajectory(candidate) for candidate in self.candidates] if self.written else []

    def trajectory(self, candidate: Candidate) -> Trajectory:
        assert isinstance(self._pieces, StrokePieces)  # nobody knows how a picture was drawn
        return self._pieces.trajectory(candidate.pieces, candidate.at_least)

    def subject(self, digit: Digit) -> Subject:
        """What there is to explain of a digit of the reading."""
        chosen = next(c for c in self.candidates if (c.pieces, c.line) == (digit.pieces, digit.line))
        strokes = self._pieces.strokes(sorted(chosen.pieces)) if isinstance(self._pieces, StrokePieces) else None
        return Subject(self.glyph(chosen), digit.label, strokes, chosen.at_least)

    def reading(self, digits: Floats, digitness: Floats, calibration: Calibration) -> Reading:
        """The reading by the likeliest layout, from what the network says of `glyphs()`, in their order."""
        views: list[tuple[Layout, Paths, Floats]] = []
        done = 0
        for layout in self._layouts:
            part = slice(done, done + len(layout.candidates))
            shown = np.exp(lattice.without_low(layout.candidates, digits[part]))
            views.append((layout, self._paths(layout, digits[part], digitness[part]), shown))
            done = part.stop
        if not views:
            return EMPTY
        totals = np.array([sum(path.total for path in paths) for _, paths, _ in views])
        best = int(totals.argmax())
        share = float(1.0 / np.exp(totals - totals[best]).sum())
        return _reading(*views[best], share, self._weights, calibration)

    def log_chance(self, text: str, digits: Floats, digitness: Floats) -> float:
        """The log probability of a text of digits without spaces, over all layouts and all ways to read them."""
        if not self._layouts:
            return -math.inf if text else 0.0
        rights, totals = [], []
        done = 0
        for layout in self._layouts:
            part = slice(done, done + len(layout.candidates))
            right, total = self._sums(layout, text, digits[part], digitness[part])
            rights.append(right)
            totals.append(total)
            done = part.stop
        return float(np.logaddexp.reduce(rights) - np.logaddexp.reduce(totals))

    def _sums(self, layout: Layout, text: str, digits: Floats, digitness: Floats) -> tuple[float, float]:
        """Logs of the sums over all ways that read the text, and over all ways."""
        labels = [int(character) for character in text]
        begun = np.full(len(text) + 1, -math.inf)
        begun[0] = total = 0.0
        for candidates, part in _lines(layout):
            begun, more = lattice.text_sums(
                candidates, digits[part], digitness[part], self._weights, labels, begun
            )
            total += more
        return float(begun[-1]), total

    def _paths(self, layout: Layout, digits: Floats, digitness: Floats) -> Paths:
        return [
            lattice.best_path(candidates, digits[part], digitness[part], self._weights)
            for candidates, part in _lines(layout)
        ]


def _lines(layout: Layout) -> Iterator[tuple[list[Candidate], list[int]]]:
    """The candidates of each line, and their places among all of the layout."""
    for _, group in groupby(range(len(layout.candidates)), key=lambda i: layout.candidates[i].line):
        part = list(group)
        yield [layout.candidates[i] for i in part], part


def _page(drawing: Strokes | NDArray[np.uint8]) -> Page:
    return Page(_pieces(drawing), PICTURES if isinstance(drawing, np.ndarray) else Weights())


def _pieces(drawing: Strokes | NDArray[np.uint8]) -> Pieces | None:
    """None where there is no ink."""
    if isinstance(drawing, np.ndarray):
        if drawing.ndim != 2 or drawing.dtype != np.uint8:
            raise InkError("A picture must be grey pixels, as a table of bytes.")
        return find_pieces(drawing)
    try:
        with np.errstate(over="ignore"):  # what is too large becomes infinite, which is refused
            strokes = [np.asarray(stroke, np.float32) for stroke in drawing]
    except (TypeError, ValueError, OverflowError) as error:
        raise InkError("A drawing must be strokes of points.") from error
    if not all(_is_stroke(stroke) for stroke in strokes):
        raise InkError("Each stroke must be points of two finite numbers.")
    strokes = [stroke for stroke in strokes if len(stroke)]
    return StrokePieces(strokes) if strokes else None


def _is_stroke(stroke: NDArray[np.float32]) -> bool:
    return stroke.ndim == 2 and stroke.shape[1] == 2 and bool((np.abs(stroke) <= MAX_COORDINATE).all())


def _reading(
    layout: Layout,
    paths: Paths,
    probabilities: Floats,
    share: float,
    weights: Weights,
    calibration: Calibration,
) -> Reading:
    """`probabilities` (n, 10) are those of the candidates; `share` is the probability of the layout."""
    parted = [
        lattice.numbers(path.segments, height, weights) for path, height in zip(paths, layout.heights, strict=True)
    ]
    rows = [_line_text(row.numbers) for row in parted]
    text = "\n".join(row for row in rows if row)
    spaced = math.prod(row.chance for row in parted)
    confidence = min(HIGHEST, share * spaced * math.prod(path.share for path in paths))
    by_candidate = dict(zip(layout.candidates, probabilities, strict=True))
    found = tuple(
        _digit(segment, by_candidate[segment.candidate], share)
        for path, height in zip(paths, layout.heights, strict=True)
        for segment in path.segments
        if segment.label is not None or not text or segment.candidate.box[3] >= _LARGE * height
    )
    if not text:
        return Reading("not_a_digit", "", confidence, found)
    unread = any(digit.label is None for digit in found)
    sure = confidence >= calibration.sure and not unread
    alternative = _alternative(paths, parted, calibration)
    return Reading("recognised" if sure else "unsure", text, confidence, found, alternative)


def _line_text(numbers: Sequence[Sequence[lattice.Segment]]) -> str:
    return " ".join("".join(str(segment.label) for segment in number) for number in numbers)


def _digit(segment: lattice.Segment, probabilities: Floats, share: float) -> Digit:
    shares = tuple((probabilities / probabilities.sum()).tolist())
    candidate = segment.candidate
    confidence = min(HIGHEST, share * segment.share)
    return Digit(segment.label, confidence, shares, candidate.box, candidate.line, candidate.pieces)


def _alternative(paths: Paths, rows: Sequence[lattice.Row], calibration: Calibration) -> str | None:
    """The text with the likeliest change of one line, other digits or another space, if it is worth offering."""
    texts = [_line_text(row.numbers) for row in rows]
    changes = [
        (path.second_share / max(path.share, 1e-12), path.second_share, line, _second_text(path, texts[line]))
        for line, path in enumerate(paths)
    ] + [
        (row.other_chance / max(row.chance, 1e-12), row.other_chance, line, _line_text(row.other))
        for line, row in enumerate(rows)
    ]
    _, share, line, changed = max(changes, key=lambda change: change[0])
    if share < calibration.offer:
        return None
    return "\n".join(text for text in [*texts[:line], changed, *texts[line + 1 :]] if text) or None


def _second_text(path: lattice.Path, like: str) -> str:
    return _spaced("".join(map(str, path.second)), like)


def _spaced(digits: str, like: str) -> str:
    """The digits with the spaces of the text they may replace, where there are equally many of them."""
    if len(digits) != len(like.replace(" ", "")):
        return digits
    left = iter(digits)
    return "".join(character if character == " " else next(left) for character in like)


def reading_as_json(reading: Reading) -> dict[str, Any]:
    """Plain types, as the API answers."""
    digits = [{**asdict(d), "probabilities": list(d.probabilities), "box": list(d.box)} for d in reading.digits]
    for digit in digits:
        del digit["pieces"]  # how the reader cuts ink is its own affair
    return {**asdict(reading), "digits": digits}
