"""Every set has a title; an unknown one is called by its name."""

from __future__ import annotations

from ml.evaluation.comparison import GOLDEN, HELD_OUT
from ml.evaluation.regression_sets import MNIST, PEN, SetSizes, regression_sets
from ml.set_titles import SET_TITLES, set_title


def test_every_regression_set_has_a_title() -> None:
    synthetic = [drawn.name for drawn in regression_sets(sizes=SetSizes(0, 0, 0, 0))]
    assert {*synthetic, MNIST, PEN, GOLDEN, HELD_OUT} == SET_TITLES.keys()
    assert len(set(SET_TITLES.values())) == len(SET_TITLES)


def test_an_unknown_set_is_called_by_its_name() -> None:
    assert set_title("long_numbers") == "Long numbers"
