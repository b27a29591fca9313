"""Plots of a run, as numbers."""

from __future__ import annotations

import pytest

from recognizer.presentation import charts
from recognizer.templatetags.spans import span


def places(points: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (point.split(",") for point in points.split())]


def test_each_stage_has_a_curve_of_its_own_that_falls_as_the_loss_does() -> None:
    first, second = charts.curves([["heads", 1, 0.8], ["heads", 2, 0.4], ["all", 1, 8.0], ["all", 2, 0.0]])
    assert (first.title, first.epochs, first.first_loss, first.last_loss) == ("heads", 2, "0.8000", "0.4000")
    (x0, y0), (x1, y1) = places(first.points)
    assert 0 < x0 < x1 < charts.WIDTH
    assert 0 < y0 < y1 < first.height  # y grows downwards
    assert places(second.points)[1][1] > y1


@pytest.mark.parametrize("losses", [[["a", 1, 0.3]], [["a", 1, 0.0], ["a", 2, 0.0]]])
def test_one_epoch_or_no_loss_at_all_is_a_curve_too(losses: list) -> None:
    [curve] = charts.curves(losses)
    assert all(0 <= y <= curve.height for _, y in places(curve.points))


def test_without_losses_there_is_no_curve() -> None:
    assert charts.curves([]) == []


def test_both_error_rates_share_a_scale() -> None:
    rates = charts.error_rates("digits", 200, [20, 10])
    assert rates
    assert (rates.before.percent, rates.after.percent) == ("10.00", "5.00")
    assert 0 < float(rates.after.low) < float(rates.after.at) < float(rates.before.at)
    assert float(rates.before.high) == charts.WIDTH - 6


@pytest.mark.parametrize(("n", "errors"), [(0, [0, 0]), (10, []), (10, [1])])
def test_what_was_not_counted_is_not_drawn(n: int, errors: list[int]) -> None:
    assert charts.error_rates("digits", n, errors) is None


def test_no_errors_at_all_are_drawn_at_nought() -> None:
    rates = charts.error_rates("digits", 10, [0, 0])
    assert rates
    assert rates.after.at == rates.after.low == "6.0"


def test_what_breaks_goes_left_and_what_is_fixed_right() -> None:
    drawn = charts.swaps([("digits", 40, 3), ("photos", 0, 20)])
    assert drawn
    digits, photos = drawn.rows
    assert float(digits.fixes_width) == pytest.approx(2 * float(photos.breaks_width))
    assert float(digits.breaks_x) + float(digits.breaks_width) == pytest.approx(float(drawn.axis))
    assert photos.y < drawn.height
    assert charts.swaps([("digits", 0, 0)]) is None
    assert charts.swaps([]) is None


def test_misread_shares_of_digits() -> None:
    seven, nine = charts.columns({"9": {"n": 100, "right": [98, 99]}, "7": {"n": 50, "right": [50, 48]}})
    assert (seven.digit, seven.before, seven.after) == ("7", "0.0", "4.0")
    assert float(seven.after_height) == 4 * float(nine.after_height)
    assert float(nine.before_y) + float(nine.before_height) == 90
    assert charts.columns({"1": {"n": 0, "right": [0, 0]}}) == []


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (200, "3 min 20 s"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
    ],
)
def test_spans_in_words(seconds: float | None, words: str) -> None:
    assert span(seconds) == words
