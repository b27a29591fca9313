"""Lines, candidates and paths, with given scores in place of the networks."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from ml.decoding.ctc import BLANK, CtcOutput
from ml.decoding.lattice import Lattice
from ml.decoding.number_spacing import split_numbers
from ml.decoding.scored_layout import ScoredLayout
from ml.segmentation.costs import Costs
from ml.segmentation.page_layout import find_layouts
from ml.segmentation.text_lines import find_lines
from tests.ml.segmentation.bare_components import BareComponents

COSTS = replace(Costs(), widest=1.6, negative=2.8)  # whatever is fitted to the networks that ship


def row(n: int, *, y: float = 0.0, step: float = 80.0, x: float = 0.0) -> np.ndarray:
    """Boxes of `n` digits 50 wide and 100 high."""
    return np.array([[x + i * step, y, 50.0, 100.0] for i in range(n)])


def scores(candidates, expected) -> tuple[np.ndarray, np.ndarray]:
    """Log probabilities of the labels, and probabilities of being a digit.

    `expected` gives the label and the probability of being a digit for some components, else None.
    """
    digits, digit_probability = np.full((len(candidates), 10), np.log(0.01 / 9)), np.full(len(candidates), 0.02)
    for i, candidate in enumerate(candidates):
        label, sure = expected(candidate.components) or (0, 0.02)
        digits[i, label] = np.log(0.99)
        digit_probability[i] = sure
    return digits, digit_probability


def read(boxes, expected):
    (layout, *_) = find_layouts(BareComponents(boxes), COSTS)
    return Lattice(layout.candidates, *scores(layout.candidates, expected), COSTS).best_path()


def test_components_beside_each_other_are_one_line():
    assert find_lines(BareComponents(row(5)[[3, 1, 0, 4, 2]])) == [(2, 1, 4, 0, 3)]


def test_lines_are_read_from_top_to_bottom():
    assert find_lines(BareComponents(np.concatenate([row(3, y=200), row(2)]))) == [(3, 4), (0, 1, 2)]


@pytest.mark.parametrize("degrees", [-12, 12])
def test_a_sloping_line_is_one_line(degrees):
    boxes = row(8)
    boxes[:, 1] += boxes[:, 0] * np.tan(np.deg2rad(degrees))
    assert len(find_lines(BareComponents(boxes))) == 1


def test_a_wide_gap_does_not_break_a_line():
    assert len(find_lines(BareComponents(np.concatenate([row(2), row(2, x=900)])))) == 1


def test_a_hat_belongs_to_the_line_below_it():
    boxes = np.concatenate([row(3, y=0), row(3, y=150), [[85, 138, 45, 3]]])
    assert [len(line) for line in find_lines(BareComponents(boxes))] == [3, 4]


@pytest.mark.parametrize(("top", "lines"), [(85, [5]), (110, [4, 1])])
def test_a_long_comma_belongs_to_the_line_above_it(top, lines):
    boxes = np.concatenate([row(4), [[135, top, 20, 55]]])
    assert [len(line) for line in find_lines(BareComponents(boxes))] == lines


def test_single_components_are_digits():
    path = read(row(3), lambda components: (components[0] + 4, 0.99) if len(components) == 1 else None)
    assert [segment.label for segment in path.segments] == [4, 5, 6]
    assert path.probability > 0.8


def test_two_strokes_are_one_digit_by_their_scores():
    boxes = np.array([[0, 0, 50, 100], [30, 20, 40, 70.0], [100, 0, 50, 100]])
    path = read(boxes, lambda components: {(0, 1): (4, 0.97), (2,): (2, 0.97), (0,): (1, 0.3)}.get(components))
    assert [(segment.label, segment.candidate.components) for segment in path.segments] == [(4, (0, 1)), (2, (2,))]


def test_ink_that_is_no_digit_at_all():
    path = read(row(2, step=55), lambda components: (3, 0.001))
    assert [segment.label for segment in path.segments] == [None, None]
    assert path.probability > 0.5


def test_ink_that_is_no_digit_is_left_out():
    path = read(row(3), lambda components: (5, 0.99) if components in ((0,), (2,)) else None)
    assert [segment.label for segment in path.segments] == [5, None, 5]


def test_probabilities_of_a_doubtful_digit_add_up():
    (layout,) = find_layouts(BareComponents(row(1)), COSTS)
    digits = np.log(np.array([[0.6, 0.4, *[1e-9] * 8]]))
    path = Lattice(layout.candidates, digits, np.array([0.9]), COSTS).best_path()
    assert path.probability == pytest.approx(0.54, abs=0.01)
    assert path.second == (1,)
    assert path.second_probability == pytest.approx(0.36, abs=0.01)


def test_few_components_on_two_lines_may_be_one_digit():
    circles = np.array([[0, 0, 50, 50.0], [0, 51, 55, 50]])
    found = find_layouts(BareComponents(circles), COSTS)
    assert [len(layout.lines) for layout in found] == [2, 1]


@pytest.mark.parametrize(
    ("starts", "groups"),
    [
        ([0, 80, 160, 240], [4]),
        ([0, 80, 300, 380], [2, 2]),
        ([0, 300], [1, 1]),
        ([0, 100], [2]),
        ([0, 220, 440, 660], [4]),  # far apart, but evenly
        ([0, 70, 280, 350, 560], [2, 2, 1]),
    ],
)
def test_wide_gaps_part_numbers(starts, groups):
    boxes = np.array([[start, 0, 50, 100.0] for start in starts])
    path = read(boxes, lambda components: (7, 0.99) if len(components) == 1 else None)
    assert [len(group) for group in split_numbers(path.segments, 100.0, COSTS).numbers] == groups


def test_a_gap_at_the_edge_of_a_space_is_in_doubt():
    probabilities, alternatives = [], []
    for gap in (20, 0.98 * COSTS.space_alone * 100, 1.02 * COSTS.space_alone * 100, 600):
        boxes = np.array([[start, 0, 50, 100.0] for start in (0, 50 + gap)])
        path = read(boxes, lambda components: (7, 0.99) if len(components) == 1 else None)
        line = split_numbers(path.segments, 100.0, COSTS)
        probabilities.append(line.probability)
        alternatives.append([len(number) for number in line.alternative])
        assert line.probability + line.alternative_probability == pytest.approx(1.0)
    assert probabilities[0] > 0.99
    assert probabilities[1] == pytest.approx(0.5, abs=0.1)
    assert probabilities[2] == pytest.approx(0.5, abs=0.1)
    assert probabilities[3] > 0.99
    assert alternatives == [[1, 1], [1, 1], [2], [2]]
    assert split_numbers([], 100.0, COSTS).probability == 1


@pytest.mark.parametrize(("gap_within", "sure"), [(10, 0.95), (20, 0.95), (58, 0.7)])
def test_spaces_that_are_far_wider_than_all_other_gaps_are_in_no_doubt(gap_within, sure):
    """Though they are hardly wider than the least space."""
    space = 1.02 * 100 * max(COSTS.space_least, COSTS.space_ratio * gap_within / 100)
    widths = [gap_within, gap_within, space, gap_within, gap_within]
    boxes = np.array([[50 * i + sum(widths[:i]), 0, 50, 100.0] for i in range(6)])
    path = read(boxes, lambda components: (7, 0.99) if len(components) == 1 else None)
    line = split_numbers(path.segments, 100.0, COSTS)
    assert [len(number) for number in line.numbers] == [3, 3]
    assert line.gap_probabilities[2] >= sure


def test_a_gap_that_is_nearly_a_space_stays_in_doubt_beside_wider_spaces():
    widths = [10, 0.95 * 100 * COSTS.space_least, 10, 300, 10]
    boxes = np.array([[50 * i + sum(widths[:i]), 0, 50, 100.0] for i in range(6)])
    path = read(boxes, lambda components: (7, 0.99) if len(components) == 1 else None)
    line = split_numbers(path.segments, 100.0, COSTS)
    assert [len(number) for number in line.numbers] == [4, 2]
    assert line.gap_probabilities[1] < 0.7
    assert line.gap_probabilities[3] > 0.99


def read_separated(log_odds: float, boxes: np.ndarray, as_digit: float = 0.02):
    """The lattice and the best path of two 7s around ink that separates numbers with these log odds."""
    (layout, *_) = find_layouts(BareComponents(boxes), COSTS)
    candidates = [
        replace(c, separator_log_odds=log_odds) if c.components == (1,) else c for c in layout.candidates
    ]
    single = {(0,): (7, 0.99), (1,): (1, as_digit), (2,): (7, 0.99)}
    lattice = Lattice(candidates, *scores(candidates, single.get), COSTS)
    return lattice, lattice.best_path()


POINT = np.array([[0, 0, 50, 100.0], [60, 92, 8, 8], [78, 0, 50, 100]])
BAR = np.array([[0, 0, 50, 100.0], [60, 0, 20, 100], [90, 0, 50, 100]])


def test_a_separator_is_no_digit_and_parts_numbers():
    _, path = read_separated(6.0, BAR, as_digit=0.99)
    assert [segment.label for segment in path.segments] == [7, None, 7]
    assert path.segments[1].separates
    line = split_numbers(path.segments, 100.0, COSTS)
    assert [len(number) for number in line.numbers] == [1, 1]
    assert line.gap_probabilities[0] > 0.99


def test_what_separates_less_surely_is_a_digit_and_in_doubt():
    _, path = read_separated(-0.5, BAR, as_digit=0.99)
    assert [segment.label for segment in path.segments] == [7, 1, 7]
    assert path.probability < 0.7


def test_what_may_be_dirt_or_a_point_leaves_the_gap_in_doubt():
    doubts = []
    for log_odds in (-9.0, COSTS.negative - 4.0, 9.0):
        _, path = read_separated(log_odds, POINT)
        line = split_numbers(path.segments, 100.0, COSTS)
        doubts.append(1 - line.gap_probabilities[0])
    assert doubts[0] < 0.05
    assert doubts[2] < 0.05
    assert doubts[1] > max(doubts[0], doubts[2])


@pytest.mark.parametrize(("log_odds", "doubtful"), [(-6.0, False), (0.5, True), (6.0, False)])
def test_the_line_network_is_not_to_be_asked_beside_bars_in_doubt(log_odds, doubtful):
    assert read_separated(log_odds, BAR)[0].has_doubtful_bars == doubtful
    assert not read_separated(log_odds, POINT)[0].has_doubtful_bars


def test_a_line_under_a_number_joins_no_digits():
    boxes = np.concatenate([row(5), [[-10, 104, 400, 3]]])
    path = read(boxes, lambda components: (3, 0.99) if len(components) == 1 and components[0] < 5 else None)
    assert [segment.label for segment in path.segments if segment.label is not None] == [3] * 5


def test_a_cross_is_not_a_one_with_something_through_it():
    cross = np.array([[0, 48, 100, 4.0], [48, 0, 4, 100]])
    path = read(cross, lambda components: (1, 0.97) if components == (1,) else None)
    assert [segment.label for segment in path.segments] == [None]


def log_sums(layout, expected, text):
    """Over all paths through all lines that read the text, and over all paths."""
    scored = ScoredLayout(layout, *scores(layout.candidates, expected), COSTS)
    return scored.text_log_sum(text), scored.log_sum


def test_all_texts_together_are_all_paths():
    (layout, *_) = find_layouts(BareComponents(row(2)), COSTS)
    found = [
        log_sums(layout, lambda components: (len(components), 0.6), text)
        for n in range(3)
        for text in product(range(10), repeat=n)
    ]
    assert np.logaddexp.reduce([right for right, _ in found]) == pytest.approx(found[0][1])


def test_a_text_is_as_likely_as_its_share_of_the_paths():
    boxes = np.array([[0, 0, 50, 100], [30, 20, 40, 70.0], [100, 0, 50, 100]])
    expected = {(0, 1): (4, 0.7), (2,): (2, 0.97), (0,): (1, 0.6)}.get
    (layout, *_) = find_layouts(BareComponents(boxes), COSTS)
    right, total = log_sums(layout, expected, (4, 2))
    assert right - total == pytest.approx(np.log(read(boxes, expected).probability), abs=1e-3)


def test_a_text_goes_on_in_the_next_line():
    boxes = np.concatenate([row(2), row(1, y=300)])
    (layout, *_) = find_layouts(BareComponents(boxes), COSTS)
    assert len(layout.lines) == 2
    expected = {(0,): (4, 0.99), (1,): (5, 0.99), (2,): (6, 0.99)}.get
    right, total = log_sums(layout, expected, (4, 5, 6))
    wrong, _ = log_sums(layout, expected, (4, 6, 5))
    assert wrong + 5 < right < total < right + 0.5


def sure_of(*labels, doubt: int | None = None) -> CtcOutput:
    """Of a line network that is sure of these digits; at the step `doubt` all classes are equally likely."""
    classes = [step for label in labels for step in (label, BLANK, BLANK, BLANK)]
    logits = 8.0 * np.eye(BLANK + 1)[classes]
    if doubt is not None:
        logits[doubt] = 0
    return CtcOutput(logits)


def read_with(line_output, boxes, expected):
    (layout, *_) = find_layouts(BareComponents(boxes), COSTS)
    return Lattice(layout.candidates, *scores(layout.candidates, expected), COSTS).best_path(line_output)


def labels(path) -> list[int | None]:
    return [segment.label for segment in path.segments]


def test_the_line_network_decides_between_two_labels():
    def expected(components):
        return {(0,): (4, 0.99), (1,): (7, 0.99)}.get(components)

    (layout, *_) = find_layouts(BareComponents(row(2)), COSTS)
    digits, digit_probability = scores(layout.candidates, expected)
    place = [candidate.components for candidate in layout.candidates].index((1,))
    digits[place, [7, 2]] = np.log([0.55, 0.44])
    lattice = Lattice(layout.candidates, digits, digit_probability, COSTS)
    alone, both = lattice.best_path(), lattice.best_path(sure_of(4, 2))
    assert (labels(alone), labels(both)) == ([4, 7], [4, 2])
    assert both.second == (4, 7)
    assert both.probability > alone.probability
    assert both.probability + both.second_probability <= 1 + 1e-9


def test_it_decides_how_many_digits_there_are():
    boxes = np.array([[0, 0, 50, 100], [30, 20, 40, 70.0]])

    def expected(components):
        return {(0, 1): (4, 0.9), (0,): (1, 0.9), (1,): (7, 0.9)}.get(components)

    assert labels(read_with(sure_of(4), boxes, expected)) == [4]
    assert labels(read_with(sure_of(1, 7), boxes, expected)) == [1, 7]


def test_a_text_that_only_the_line_network_proposes_is_read_where_the_line_can_be_parted_so():
    """The glyph network gives 9 a probability of 0.1 %: it is not among its likeliest labels."""

    def expected(components):
        return {(0,): (4, 0.99), (1,): (7, 0.99)}.get(components)

    assert labels(read_with(sure_of(4, 9), row(2), expected)) == [4, 9]
    assert labels(read_with(sure_of(4, 9, 9, 9, 9), row(2), expected)) == [4, 7]


def test_the_probability_of_a_digit_is_that_of_the_texts_with_it():
    path = read_with(
        sure_of(4, 2, doubt=4), row(2), lambda components: {(0,): (4, 0.99), (1,): (7, 0.6)}.get(components)
    )
    assert labels(path) == [4, 7]
    assert path.segments[0].probability > path.segments[1].probability
    assert path.segments[1].probability >= path.probability - 1e-9


def test_ink_that_is_no_digit_becomes_digits_only_where_the_line_network_is_sure():
    def expected(components):
        return {(0,): (4, 0.002), (1,): (7, 0.002)}.get(components, (0, 0.001))

    assert labels(read_with(None, row(2), expected)) == [None, None]
    assert labels(read_with(sure_of(4, 7), row(2), expected)) == [4, 7]
    assert labels(read_with(sure_of(4, 7, doubt=4), row(2), expected)) == [None, None]
    assert labels(read_with(sure_of(4), row(2), expected)) == [None, None]


def test_a_line_network_without_opinion_leaves_clear_digits_as_they_are():
    output = CtcOutput(np.zeros((9, BLANK + 1)))
    assert labels(read_with(output, row(3), lambda p: (p[0] + 4, 0.99) if len(p) == 1 else None)) == [4, 5, 6]


def test_a_line_image_too_short_for_the_digits_decides_nothing():
    output = CtcOutput(np.zeros((11, BLANK + 1)))
    path = read_with(output, row(4), lambda p: (p[0] + 4, 0.99) if len(p) == 1 else None)
    assert labels(path) == [4, 5, 6, 7]
    assert 0.5 < path.probability <= 1


def test_the_line_network_does_not_make_sure_that_something_is_a_digit():
    sure, unsure = (
        read_with(sure_of(4, 7), row(2), lambda p, sure=sure: {(0,): (4, 0.99), (1,): (7, sure)}.get(p))
        for sure in (0.99, 0.6)
    )
    assert sure.probability > 0.95
    assert unsure.probability < 0.85
    assert all(unsure.probability - 1e-9 <= segment.probability < 0.85 for segment in unsure.segments)
