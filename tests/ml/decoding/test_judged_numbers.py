"""How sure each number of a line is, with given scores in place of the networks."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from ml.decoding.calibration import Calibration
from ml.decoding.judged_numbers import judge_numbers
from ml.decoding.lattice import Lattice
from ml.decoding.number_spacing import split_numbers
from ml.decoding.reading import DecodedLayout, compose_reading
from ml.segmentation.page_layout import find_layouts
from tests.ml.decoding.test_lattice import COSTS, row, scores, sure_of
from tests.ml.segmentation.bare_components import BareComponents

HEIGHT = 100.0
TWO_NUMBERS = np.array([[start, 0, 50, HEIGHT] for start in (0, 70, 320, 390)])
SEVENS = {(i,): (7, 0.99) for i in range(10)}


def lattice_of(boxes, expected, doubt: dict[int, float] | None = None) -> Lattice:
    """`doubt` gives components that are a 2 with this probability instead of what is expected."""
    (layout, *_) = find_layouts(BareComponents(boxes), COSTS)
    return lattice_of_layout(layout, expected, doubt)


def lattice_of_layout(layout, expected, doubt: dict[int, float] | None = None) -> Lattice:
    digits, digit_probability = scores(layout.candidates, expected)
    for i, candidate in enumerate(layout.candidates):
        chance = (doubt or {}).get(candidate.components[0])
        if chance is not None and len(candidate.components) == 1:
            digits[i] = np.log(1e-3)
            digits[i, 2], digits[i, expected(candidate.components)[0]] = np.log(chance), np.log(1 - chance)
    return Lattice(layout.candidates, digits, digit_probability, COSTS)


def judged(lattice, line_output=None):
    path = lattice.best_path(line_output)
    line = split_numbers(path.segments, HEIGHT, COSTS)
    return path, line, judge_numbers(lattice, path, line)


def test_a_doubtful_digit_makes_only_its_own_number_doubtful():
    lattice = lattice_of(TWO_NUMBERS, SEVENS.get, {2: 0.3})
    path, line, (first, second) = judged(lattice)
    assert (first.text, second.text) == ("77", "77")
    assert first.probability > 0.94
    assert second.probability == pytest.approx(0.7 * first.probability, abs=0.02)
    assert path.probability * line.probability == pytest.approx(first.probability * second.probability, abs=0.03)
    assert second.alternative == "27"
    assert second.alternative_probability == pytest.approx(0.28, abs=0.03)
    assert first.alternative_probability < 0.05


@pytest.mark.parametrize("line_output", [None, sure_of(7, 7, 7), sure_of(7, 2, 7)])
def test_the_only_number_of_a_line_is_as_sure_as_the_line(line_output):
    path, line, (only,) = judged(lattice_of(row(3), SEVENS.get, {1: 0.2}), line_output)
    assert only.probability == path.probability * line.probability


def test_the_line_network_shares_its_doubt_among_the_numbers_that_it_means():
    lattice = lattice_of(TWO_NUMBERS, SEVENS.get, {3: 0.45})
    _, _, (alone, doubted) = judged(lattice)
    _, _, (first, second) = judged(lattice, sure_of(7, 7, 7, 7))
    assert doubted.probability < 0.7 < second.probability
    assert min(alone.probability, first.probability) > 0.94
    *_, (first, second) = judged(lattice, sure_of(7, 7, 7, 7, doubt=12))
    assert second.alternative == "72"
    assert first.probability > 0.94 > second.probability


def test_a_gap_of_unclear_width_makes_the_numbers_beside_it_doubtful():
    """The second of the spaces is hardly wider than the gap within the second number."""
    boxes = np.array([[start, 0, 50, HEIGHT] for start in (0, 70, 320, 434, 555, 625)])
    _, line, numbers = judged(lattice_of(boxes, SEVENS.get))
    assert [number.text for number in numbers] == ["77", "77", "77"]
    assert numbers[0].probability > 0.94
    assert numbers[1].probability < numbers[2].probability < 0.8
    assert min(line.gap_probabilities) == pytest.approx(numbers[2].probability, abs=0.05)


def test_a_number_with_a_wide_gap_is_perhaps_two():
    boxes = np.array([[start, 0, 50, HEIGHT] for start in (0, 70, 250, 320, 390, 460)])
    boxes[2:, 0] -= 64
    path, _, (number,) = judged(lattice_of(boxes, SEVENS.get))
    assert number.text == "777777"
    assert number.alternative == "77 7777"
    assert number.probability + number.alternative_probability == pytest.approx(path.probability, abs=0.02)


def test_a_line_without_digits_has_no_numbers():
    cross = np.array([[0, 48, 100, 4.0], [48, 0, 4, 100]])
    *_, numbers = judged(lattice_of(cross, lambda components: None))
    assert numbers == []


@pytest.mark.parametrize("text", [*product((2, 7), repeat=3)])
def test_ink_reads_a_text_as_often_as_the_paths_that_read_it(text):
    """Of the whole line, by the sums that `text_log_sums` makes in another way."""
    lattice = lattice_of(row(3, step=40.0), lambda c: (7, 0.6) if len(c) < 2 else (2, 0.3), {1: 0.4})
    above = np.array([0.0, *[-np.inf] * len(text)])
    share = np.exp(lattice.text_log_sums(text, above)[-1] - lattice.log_sum)
    assert lattice.part_probability(0b111, text) == pytest.approx(share, rel=1e-9)


def test_what_one_part_of_the_ink_reads_is_summed_over_what_the_rest_reads():
    boxes = row(2, step=400.0)
    lattice = lattice_of(boxes, lambda c: (7, 0.8) if len(c) == 1 else None, {1: 0.4})
    above = np.array([0.0, -np.inf, -np.inf])
    # The rest is any digit, or none: then no other text of one digit is likely to be that of the first component.
    pairs = [np.exp(lattice.text_log_sums((7, other), above)[-1] - lattice.log_sum) for other in range(10)]
    missing = lattice.part_probability(0b11, (7,)) * 0.8 / (0.8 + 0.6 * 0.8)
    assert lattice.part_probability(0b01, (7,)) == pytest.approx(sum(pairs) + missing, abs=0.05)
    assert sum(lattice.part_probability(0b01, (label,)) for label in range(10)) < 1


def test_ink_that_a_candidate_shares_with_its_neighbour_reads_nothing_by_itself():
    lattice = lattice_of(np.array([[0, 0, 50, 100], [30, 20, 40, 70.0]]), {(0, 1): (4, 0.999)}.get)
    assert lattice.part_probability(0b11, (4,)) > 0.9
    assert lattice.part_probability(0b01, (4,)) < 0.1


def reading(boxes, expected, doubt=None, calibration=None):
    (layout, *_) = find_layouts(BareComponents(boxes), COSTS)
    lattice = lattice_of_layout(layout, expected, doubt)
    decoded = DecodedLayout(
        layout, 1.0, [lattice], [lattice.best_path()], np.full((len(layout.candidates), 10), 0.1)
    )
    return compose_reading(decoded, COSTS, calibration or Calibration())


def test_a_reading_says_which_of_its_numbers_is_doubtful():
    read = reading(TWO_NUMBERS, SEVENS.get, {2: 0.3})
    assert [number.state for number in read.numbers] == ["recognised", "unsure"]
    assert read.state == "unsure"
    assert [number.digits for number in read.numbers] == [(0, 1), (2, 3)]
    assert [digit.number for digit in read.digits] == [0, 0, 1, 1]
    assert [number.alternative for number in read.numbers] == [None, "27"]
    assert read.numbers[1].box == (320, 0, 120, HEIGHT)


def test_a_reading_is_recognised_when_all_its_numbers_are():
    """Though it is not sure that all of them together are right."""
    spread = np.concatenate([TWO_NUMBERS + np.array([640, 0, 0, 0]) * i for i in range(4)])
    numbers = {(i,): (7, 0.99) for i in range(16)}
    read = reading(spread, numbers.get, dict.fromkeys(range(0, 16, 2), 0.04))
    assert len(read.numbers) == 8
    assert min(number.confidence for number in read.numbers) > 0.9 > read.confidence
    assert read.state == "recognised"


def test_a_number_beside_ink_that_was_not_read_is_unsure():
    read = reading(TWO_NUMBERS, {**SEVENS, (1,): None}.get)
    assert read.text == "7 77"
    assert [digit.label for digit in read.digits] == [7, None, 7, 7]
    assert read.digits[1].number is None
    assert [number.digits for number in read.numbers] == [(0,), (2, 3)]
    assert [number.state for number in read.numbers] == ["unsure", "unsure"]


@pytest.mark.parametrize(
    ("width", "height", "state"),
    [(160, 10, "recognised"), (160, 35, "unsure"), (40, 60, "unsure")],
    ids=["dash", "joined noughts", "digit"],
)
def test_ink_that_may_be_digits_makes_the_number_beside_it_unsure(width, height, state):
    boxes = np.concatenate([row(2), [[150, HEIGHT - height, width, height]]])
    read = reading(boxes, {(0,): (7, 0.99), (1,): (7, 0.99), (2,): None}.get)
    assert read.text == "77"
    assert read.state == state


def test_no_number_is_less_sure_than_all_of_them_together():
    for doubt in ({0: 0.2}, {1: 0.4, 2: 0.1}, {3: 0.45}):
        read = reading(TWO_NUMBERS, SEVENS.get, doubt)
        assert all(number.confidence >= read.confidence - 1e-9 for number in read.numbers)


def test_a_digit_that_may_well_be_a_slash_makes_its_number_doubtful():
    (layout, *_) = find_layouts(BareComponents(row(3)), COSTS)
    sureness = []
    for log_odds in (-9.0, -3.5):
        candidates = [
            replace(c, separator_log_odds=log_odds) if c.components == (1,) else c for c in layout.candidates
        ]
        lattice = Lattice(candidates, *scores(candidates, SEVENS.get), COSTS)
        path, line, (only,) = judged(lattice)
        assert only.text == "777"
        sureness.append(only.probability / (path.probability * line.probability))
    assert sureness[0] > 0.99
    assert sureness[1] < 0.8
