"""What more reviewing is worth, from past runs."""

from __future__ import annotations

import math

import pytest

from recognizer.models import ModelVersion, TrainingRun, TrainingSample
from recognizer.review import learning_curve
from recognizer.review.learning_curve import Curve, Fit, Point
from tests.recognizer.course import State, compared, judged_run, sample_of


def point(trained: int, held_out: int, wrong: int) -> Point:
    return Point(1, 1, trained, held_out, wrong)


def test_points_on_a_line_give_that_line() -> None:
    fit = Fit.of([point(10, 1000, 60), point(100, 1000, 40), point(1000, 1000, 20)])
    assert fit
    assert fit.slope == pytest.approx(-0.02 / math.log(10))
    assert fit.level == pytest.approx(0.08)
    assert fit.at(100) == pytest.approx(0.04)
    middle, low, high = fit.gain(1000, 100)
    assert middle == pytest.approx(0.02 * math.log10(1.1))
    assert low < middle < high
    assert middle - low == pytest.approx(high - middle)


def test_the_deviation_of_the_slope_follows_from_the_held_out_drawings() -> None:
    """Of equal weights w at -d, 0 and d it is 1 / sqrt(2 w d^2): here p = 52 / 104, so w = 100 / 0.25 = 400."""
    same = [point(n, 100, 50) for n in (10, 100, 1000)]
    fit = Fit.of(same)
    assert fit
    assert fit.slope == pytest.approx(0)
    assert fit.sd == pytest.approx(1 / math.sqrt(2 * 400 * math.log(10) ** 2))


def test_points_off_the_line_widen_the_interval() -> None:
    straight = Fit.of([point(10, 1000, 500), point(100, 1000, 500), point(1000, 1000, 500)])
    bent = Fit.of([point(10, 1000, 500), point(100, 1000, 400), point(1000, 1000, 500)])
    assert straight
    assert bent
    assert bent.sd > 2 * straight.sd


def test_it_says_what_is_missing() -> None:
    assert "no training has learned" in Curve().missing
    assert "no run was examined with 30" in Curve([point(50, 29, 1)]).missing
    two = Curve([point(50, 30, 3), point(50, 30, 2), point(80, 30, 1)])
    assert "there are 2." in two.missing
    assert two.sentence == ""
    assert two.fit is None


def test_it_says_what_more_drawings_are_worth() -> None:
    curve = Curve([point(10, 1000, 60), point(100, 1000, 40), point(1000, 1000, 20)])
    assert curve.missing == ""
    # 2 in 100 for each tenfold, so 2 log10(1.1) = 0.0828. Weights 17260, 24950 and 46660 spread by 54195 over the
    # decimal logarithms: the slope deviates by 0.43 in 100, the gain by 1.96 x 0.43 x 0.0414 = 0.0349.
    assert curve.sentence == (
        "100 more reviewed drawings: 0.083 fewer errors in 100, between 0.048 and 0.12 fewer."
    )


def test_a_loss_is_told_as_such() -> None:
    worse = Curve([point(10, 1000, 20), point(100, 1000, 40), point(1000, 1000, 60)])
    assert worse.sentence.startswith("100 more reviewed drawings: 0.083 more errors in 100, between 0.12 and 0.0")
    assert worse.sentence.endswith(" more.")


def test_an_interval_may_reach_from_a_loss_to_a_gain() -> None:
    flat = Curve([point(10, 100, 50), point(100, 100, 50), point(1000, 100, 50)])
    # The slope deviates by 1 / sqrt(2 x 400 ln(10)^2) = 0.01535: 1.96 x 0.01535 x ln(1.1) = 0.00287.
    assert flat.sentence == "100 more reviewed drawings: 0 fewer errors in 100, between 0.29 more and 0.29 fewer."


def test_points_are_runs_that_learned_of_drawings(version: ModelVersion, django_assert_num_queries) -> None:
    run = judged_run(State.PROMOTED, version)
    for role in ("train", "train", "validate"):
        sample_of(run, None, role)
    sample_of(run, None, "held_out", **compared("1", "7"))
    sample_of(run, None, "held_out", **compared("1", "1"))
    sample_of(run, None, "held_out")  # neither version has read it
    judged_run(State.REJECTED, version)
    newest = TrainingRun.objects.first()
    assert newest
    with django_assert_num_queries(1):
        curve = learning_curve.curve(newest.pk)
    assert curve.points == [Point(run.pk, run.version_id, 3, 2, 1)]
    TrainingSample.objects.all().delete()
    with django_assert_num_queries(0):  # a run that is over does not change
        assert learning_curve.curve(newest.pk) == curve


def test_without_runs_there_is_no_curve(db: None, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert learning_curve.curve(None) == Curve()
