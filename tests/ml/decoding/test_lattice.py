"""Lines, candidates and paths, with a network whose opinion is known."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from ml.decoding.ctc import BLANK, CtcOutput
from ml.decoding.lattice import best_path, text_log_sums
from ml.decoding.number_spacing import split_numbers
from ml.segmentation.costs import Costs
from ml.segmentation.page_layout import find_layouts
from ml.segmentation.text_lines import find_lines

WEIGHTS = Costs()


def row(n: int, *, y: float = 0.0, step: float = 80.0, x: float = 0.0) -> np.ndarray:
    """Boxes of `n` digits 50 wide and 100 high."""
    return np.array([[x + i * step, y, 50.0, 100.0] for i in range(n)])


def opinions(candidates, says) -> tuple[np.ndarray, np.ndarray]:
    """Log probabilities and digit-ness: `says` gives label and digit-ness for some components, or None."""
    digits, digit_probability = np.full((len(candidates), 10), np.log(0.01 / 9)), np.full(len(candidates), 0.02)
    for i, candidate in enumerate(candidates):
        label, sure = says(candidate.components) or (0, 0.02)
        digits[i, label] = np.log(0.99)
        digit_probability[i] = sure
    return digits, digit_probability


def read(boxes, says):
    (layout, *_) = find_layouts(boxes, WEIGHTS)
    return best_path(layout.candidates, *opinions(layout.candidates, says), WEIGHTS)


def test_pieces_beside_each_other_are_one_line():
    assert find_lines(row(5)[[3, 1, 0, 4, 2]]) == [(2, 1, 4, 0, 3)]


def test_lines_are_read_from_top_to_bottom():
    assert find_lines(np.concatenate([row(3, y=200), row(2)])) == [(3, 4), (0, 1, 2)]


@pytest.mark.parametrize("degrees", [-12, 12])
def test_a_sloping_line_is_one_line(degrees):
    boxes = row(8)
    boxes[:, 1] += boxes[:, 0] * np.tan(np.deg2rad(degrees))
    assert len(find_lines(boxes)) == 1


def test_a_wide_gap_does_not_break_a_line():
    assert len(find_lines(np.concatenate([row(2), row(2, x=900)]))) == 1


def test_a_hat_belongs_to_the_line_below_it():
    boxes = np.concatenate([row(3, y=0), row(3, y=150), [[85, 138, 45, 3]]])
    assert [len(line) for line in find_lines(boxes)] == [3, 4]


def test_single_pieces_are_digits():
    path = read(row(3), lambda components: (components[0] + 4, 0.99) if len(components) == 1 else None)
    assert [segment.label for segment in path.segments] == [4, 5, 6]
    assert path.share > 0.8


def test_two_strokes_are_one_digit_when_the_network_says_so():
    boxes = np.array([[0, 0, 50, 100], [30, 20, 40, 70.0], [100, 0, 50, 100]])
    path = read(boxes, lambda components: {(0, 1): (4, 0.97), (2,): (2, 0.97), (0,): (1, 0.3)}.get(components))
    assert [(segment.label, segment.candidate.components) for segment in path.segments] == [(4, (0, 1)), (2, (2,))]


def test_ink_of_which_nothing_is_a_digit():
    path = read(row(2, step=55), lambda components: (3, 0.001))
    assert [segment.label for segment in path.segments] == [None, None]
    assert path.share > 0.5


def test_ink_that_is_no_digit_is_left_out():
    path = read(row(3), lambda components: (5, 0.99) if components in ((0,), (2,)) else None)
    assert [segment.label for segment in path.segments] == [5, None, 5]


def test_shares_of_a_doubtful_digit_add_up():
    (layout,) = find_layouts(row(1), WEIGHTS)
    digits = np.log(np.array([[0.6, 0.4, *[1e-9] * 8]]))
    path = best_path(layout.candidates, digits, np.array([0.9]), WEIGHTS)
    assert path.share == pytest.approx(0.54, abs=0.01)
    assert path.second == (1,)
    assert path.second_share == pytest.approx(0.36, abs=0.01)


def test_few_pieces_on_two_lines_may_be_one_digit():
    circles = np.array([[0, 0, 50, 50.0], [0, 51, 55, 50]])
    found = find_layouts(circles, WEIGHTS)
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
    assert [len(group) for group in split_numbers(path.segments, 100.0, WEIGHTS).numbers] == groups


def test_a_gap_at_the_edge_of_a_space_is_in_doubt():
    chances, others = [], []
    for gap in (20, 0.98 * WEIGHTS.space_alone * 100, 1.02 * WEIGHTS.space_alone * 100, 600):
        boxes = np.array([[start, 0, 50, 100.0] for start in (0, 50 + gap)])
        path = read(boxes, lambda components: (7, 0.99) if len(components) == 1 else None)
        row = split_numbers(path.segments, 100.0, WEIGHTS)
        chances.append(row.chance)
        others.append([len(number) for number in row.other])
        assert row.chance + row.other_chance == pytest.approx(1.0)
    assert chances[0] > 0.99
    assert chances[1] == pytest.approx(0.5, abs=0.1)
    assert chances[2] == pytest.approx(0.5, abs=0.1)
    assert chances[3] > 0.99
    assert others == [[1, 1], [1, 1], [2], [2]]
    assert split_numbers([], 100.0, WEIGHTS).chance == 1


def test_a_line_under_a_number_ties_nothing_together():
    boxes = np.concatenate([row(5), [[-10, 104, 400, 3]]])
    path = read(boxes, lambda components: (3, 0.99) if len(components) == 1 and components[0] < 5 else None)
    assert [segment.label for segment in path.segments if segment.label is not None] == [3] * 5


def test_a_cross_is_not_a_one_with_something_through_it():
    cross = np.array([[0, 48, 100, 4.0], [48, 0, 4, 100]])
    path = read(cross, lambda components: (1, 0.97) if components == (1,) else None)
    assert [segment.label for segment in path.segments] == [None]


def sums(layout, says, text):
    """Logs of the sums over all ways through all lines: those that read the text, and all."""
    begun, total = np.array([0.0, *[-np.inf] * len(text)]), 0.0
    digits, digit_probability = opinions(layout.candidates, says)
    for line in range(len(layout.lines)):
        mine = [i for i, candidate in enumerate(layout.candidates) if candidate.line == line]
        candidates = [layout.candidates[i] for i in mine]
        begun, more = text_log_sums(candidates, digits[mine], digit_probability[mine], WEIGHTS, text, begun)
        total += more
    return begun[-1], total


def test_all_texts_together_are_all_ways():
    (layout, *_) = find_layouts(row(2), WEIGHTS)
    found = [
        sums(layout, lambda components: (len(components), 0.6), text)
        for n in range(3)
        for text in product(range(10), repeat=n)
    ]
    assert np.logaddexp.reduce([right for right, _ in found]) == pytest.approx(found[0][1])


def test_a_text_is_as_likely_as_its_share_of_the_ways():
    boxes = np.array([[0, 0, 50, 100], [30, 20, 40, 70.0], [100, 0, 50, 100]])
    says = {(0, 1): (4, 0.7), (2,): (2, 0.97), (0,): (1, 0.6)}.get
    (layout, *_) = find_layouts(boxes, WEIGHTS)
    right, total = sums(layout, says, (4, 2))
    assert right - total == pytest.approx(np.log(read(boxes, says).share), abs=1e-3)


def test_a_text_goes_on_in_the_next_line():
    boxes = np.concatenate([row(2), row(1, y=300)])
    (layout, *_) = find_layouts(boxes, WEIGHTS)
    assert len(layout.lines) == 2
    says = {(0,): (4, 0.99), (1,): (5, 0.99), (2,): (6, 0.99)}.get
    right, total = sums(layout, says, (4, 5, 6))
    wrong, _ = sums(layout, says, (4, 6, 5))
    assert wrong + 5 < right < total < right + 0.5


def sure_of(*labels, doubt: int | None = None) -> CtcOutput:
    """A strip that says these digits, one each step; of the step `doubt` it knows nothing."""
    classes = [each for label in labels for each in (label, BLANK, BLANK, BLANK)]
    logits = 8.0 * np.eye(BLANK + 1)[classes]
    if doubt is not None:
        logits[doubt] = 0
    return CtcOutput(logits)


def read_with(steps, boxes, says):
    (layout, *_) = find_layouts(boxes, WEIGHTS)
    return best_path(layout.candidates, *opinions(layout.candidates, says), WEIGHTS, steps)


def labels(path) -> list[int | None]:
    return [segment.label for segment in path.segments]


def test_a_strip_decides_between_two_labels():
    def says(components):
        return {(0,): (4, 0.99), (1,): (7, 0.99)}.get(components)

    (layout, *_) = find_layouts(row(2), WEIGHTS)
    digits, digit_probability = opinions(layout.candidates, says)
    place = [candidate.components for candidate in layout.candidates].index((1,))
    digits[place, [7, 2]] = np.log([0.55, 0.44])
    alone = best_path(layout.candidates, digits, digit_probability, WEIGHTS)
    both = best_path(layout.candidates, digits, digit_probability, WEIGHTS, sure_of(4, 2))
    assert (labels(alone), labels(both)) == ([4, 7], [4, 2])
    assert both.second == (4, 7)
    assert both.share > alone.share
    assert both.share + both.second_share <= 1 + 1e-9


def test_it_decides_how_many_digits_there_are():
    boxes = np.array([[0, 0, 50, 100], [30, 20, 40, 70.0]])

    def says(components):
        return {(0, 1): (4, 0.9), (0,): (1, 0.9), (1,): (7, 0.9)}.get(components)

    assert labels(read_with(sure_of(4), boxes, says)) == [4]
    assert labels(read_with(sure_of(1, 7), boxes, says)) == [1, 7]


def test_a_text_that_only_the_strip_proposes_is_read_where_the_line_can_be_parted_so():
    """The network gives 9 a chance of 0.1 %: it is not among its likeliest labels."""

    def says(components):
        return {(0,): (4, 0.99), (1,): (7, 0.99)}.get(components)

    assert labels(read_with(sure_of(4, 9), row(2), says)) == [4, 9]
    assert labels(read_with(sure_of(4, 9, 9, 9, 9), row(2), says)) == [4, 7]


def test_a_digit_is_as_sure_as_the_texts_that_hold_it():
    path = read_with(
        sure_of(4, 2, doubt=4), row(2), lambda components: {(0,): (4, 0.99), (1,): (7, 0.6)}.get(components)
    )
    assert labels(path) == [4, 7]
    assert path.segments[0].share > path.segments[1].share
    assert path.segments[1].share >= path.share - 1e-9


def test_no_digits_become_some_only_where_the_strip_is_sure():
    def says(components):
        return {(0,): (4, 0.002), (1,): (7, 0.002)}.get(components, (0, 0.001))

    assert labels(read_with(None, row(2), says)) == [None, None]
    assert labels(read_with(sure_of(4, 7), row(2), says)) == [4, 7]
    assert labels(read_with(sure_of(4, 7, doubt=4), row(2), says)) == [None, None]
    assert labels(read_with(sure_of(4), row(2), says)) == [None, None]


def test_a_strip_that_sees_nothing_does_not_unread_what_is_clear():
    steps = CtcOutput(np.zeros((9, BLANK + 1)))
    assert labels(read_with(steps, row(3), lambda p: (p[0] + 4, 0.99) if len(p) == 1 else None)) == [4, 5, 6]


def test_a_strip_too_short_for_the_digits_has_no_say():
    steps = CtcOutput(np.zeros((11, BLANK + 1)))
    path = read_with(steps, row(4), lambda p: (p[0] + 4, 0.99) if len(p) == 1 else None)
    assert labels(path) == [4, 5, 6, 7]
    assert 0.5 < path.share <= 1


def test_a_strip_does_not_make_sure_that_something_is_a_digit():
    sure, unsure = (
        read_with(sure_of(4, 7), row(2), lambda p, sure=sure: {(0,): (4, 0.99), (1,): (7, sure)}.get(p))
        for sure in (0.99, 0.6)
    )
    assert sure.share > 0.95
    assert unsure.share < 0.85
    assert all(unsure.share - 1e-9 <= segment.share < 0.85 for segment in unsure.segments)
