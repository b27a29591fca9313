"""What discordant drawings tell is what the tests and intervals of the literature say."""

from __future__ import annotations

from math import comb

import pytest

from ml.evaluation.paired_tests import exact_p, mid_p, upper_bound

# Airway hyper-responsiveness of 21 children before and after stem cell transplantation: 1 and 7 discordant. The
# figures are those of Fagerland, Lydersen and Laake, Statistics in Medicine 33:2850 (2014).
FEWER, MORE, CHILDREN = 1, 7, 21


@pytest.mark.parametrize(("fixes", "breaks", "p"), [(15, 10, 0.4244), (20, 8, 0.0357), (8, 20, 0.0357), (5, 5, 1)])
def test_mcnemars_exact_test(fixes, breaks, p):
    assert exact_p(fixes, breaks) == pytest.approx(p, abs=5e-5)


def test_a_published_example():
    assert exact_p(MORE, FEWER) == pytest.approx(0.070, abs=5e-4)
    assert mid_p(MORE, FEWER) == pytest.approx(0.039, abs=5e-4)
    assert upper_bound(MORE, FEWER, CHILDREN, 0.975) == pytest.approx(-0.026, abs=5e-4)
    assert upper_bound(FEWER, MORE, CHILDREN, 0.975) == pytest.approx(0.517, abs=5e-4)


def test_mid_p_by_hand():
    assert mid_p(5, 0) == pytest.approx(1 / 32)  # 2 (1/32) - 1/32
    assert mid_p(3, 1) == pytest.approx(2 * 5 / 16 - 4 / 16)
    assert mid_p(2, 2) == pytest.approx(1 - 6 / 16 / 2)
    assert mid_p(0, 0) == exact_p(0, 0) == 1.0


def test_without_a_change_the_bound_is_what_so_many_drawings_can_tell():
    assert upper_bound(0, 0, 5941) == pytest.approx(2.70554 / (5941 + 2.70554), rel=1e-4)
    assert upper_bound(0, 0, 0) == 1.0


def test_more_breaks_and_fewer_drawings_raise_the_bound():
    bounds = [upper_bound(3, breaks, 2000) for breaks in range(6)]
    assert bounds == sorted(bounds)
    assert upper_bound(3, 3, 1000) > upper_bound(3, 3, 2000) > 0 > upper_bound(60, 3, 2000)


def test_the_bound_holds_its_level():
    """Of all splits that a challenger makes which errs more often by as much as the bound, 5 % lie below it."""
    n, more, less = 400, 0.02, 0.01  # shares that break and that are mended
    missed = 0.0
    for breaks in range(40):
        for fixes in range(30):
            chance = comb(n, breaks) * comb(n - breaks, fixes) * more**breaks * less**fixes
            chance *= (1 - more - less) ** (n - breaks - fixes)
            missed += chance * (upper_bound(fixes, breaks, n) < more - less)
    assert missed == pytest.approx(0.05, abs=0.015)
