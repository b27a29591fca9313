from __future__ import annotations

import numpy as np
import pytest

from ml.decoding.judged_numbers import judge_numbers
from ml.decoding.lattice import BestPath, Segment
from ml.decoding.number_spacing import split_numbers
from ml.decoding.words import refuse_words
from ml.segmentation.candidates import Candidate
from tests.ml.decoding.test_judged_numbers import lattice_of
from tests.ml.decoding.test_lattice import COSTS, sure_of


def path_of(labels, heights=None, gap=20.0) -> BestPath:
    """A line of ink 60 wide; None is ink that is no digit."""
    segments = []
    for place, label in enumerate(labels):
        height = 100.0 if heights is None else heights[place]
        candidate = Candidate(
            line=0,
            places=1 << place,
            components=(place,),
            box=(place * (60 + gap), 100 - height, 60.0, height),
            min_side=0.0,
            cost=0.0,
            low_cost=0.0,
            prior_cost=0.0,
            negative_cost=0.0,
            is_high=True,
            may_be_ligature=False,
        )
        segments.append(Segment(candidate, label, 0.9))
    return BestPath(tuple(segments), 0.8, (1,), 0.1)


def labels_of(path: BestPath) -> list[int | None]:
    return [segment.label for segment in path.segments]


@pytest.mark.parametrize(
    "labels",
    [
        [None, None, 4],  # most of it is no digit
        [5, None, 0, None, 1],  # the rest looks like letters
        [None, 0, 2, None],
    ],
)
def test_words_are_refused(labels):
    refused = refuse_words(path_of(labels), 100)
    assert labels_of(refused) == [None] * len(labels)
    assert refused.second == ()
    assert refused.second_probability == 0
    assert refused.probability == 0.9  # as sure as its letters are no digits
    assert {segment.probability for segment in refused.segments} == {0.9}


WORD_AND_NUMBERS = np.array([[x, 0, 50, 100.0] for x in (0, 70, 140, 210, 560, 630, 980, 1050)])
SEEN = {(0,): (5, 0.6), (2,): (0, 0.6), **{(i,): (7, 0.99) for i in range(4, 8)}}


@pytest.mark.parametrize("asks_line_network", [False, True])
@pytest.mark.parametrize("numbers", [1, 2])
def test_numbers_beside_a_word_are_as_sure_as_alone(asks_line_network, numbers):
    lattice = lattice_of(WORD_AND_NUMBERS[: 4 + 2 * numbers], SEEN.get)
    sevens = [7] * 2 * numbers
    path = refuse_words(lattice.best_path(sure_of(5, 0, *sevens) if asks_line_network else None), 100)
    assert labels_of(path) == [None] * 4 + sevens
    judged = judge_numbers(lattice, path, split_numbers(path.segments, 100, COSTS))
    assert [number.text for number in judged] == ["77"] * numbers
    assert min(number.probability for number in judged) > 0.9


def test_one_letter_beside_low_and_high_letters_makes_a_word():
    sold = path_of([5, 0, 1, None], heights=[60.0, 60.0, 100.0, 100.0])
    assert labels_of(refuse_words(sold, 100)) == [None] * 4


@pytest.mark.parametrize(
    "labels",
    [
        [4, 7, 1, 1],
        [None, 1, 2],  # #12
        [5, 0, None],  # 50%
        [None, 4, 5],  # $45
        [None, 5],  # $5
        [3, None, 7, None, 2],  # the rest are no letters
        [5],
    ],
)
def test_numbers_beside_signs_go_on(labels):
    path = path_of(labels)
    assert refuse_words(path, 100) is path


@pytest.mark.parametrize(
    ("labels", "heights"),
    [
        ([5, 0, 8, None], [100.0, 55.0, 90.0, 100.0]),  # a zero is low in numbers too
        ([1, 0, None, None], [100.0, 90.0, 40.0, 30.0]),  # the rest is too small for letters
    ],
)
def test_low_zeros_and_small_marks_make_no_word(labels, heights):
    path = path_of(labels, heights)
    assert refuse_words(path, 100) is path


def test_a_number_beside_a_word_is_kept():
    line = path_of([3, None, None, None])
    apart = [line.segments[0]]
    for segment in line.segments[1:]:
        x, *rest = segment.candidate.box
        moved = Candidate(**{**vars(segment.candidate), "box": (x + 100, *rest)})
        apart.append(Segment(moved, segment.label, segment.probability))
    path = BestPath(tuple(apart), 0.8, (), 0.0)
    assert refuse_words(path, 100) is path
