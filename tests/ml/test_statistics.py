"""The interval of a share is the one that the literature defines."""

from __future__ import annotations

import pytest

from ml.statistics import wilson_interval


def test_the_interval_is_wilsons() -> None:
    low, high = wilson_interval(0.1, 100)
    assert (round(low, 4), round(high, 4)) == (0.0552, 0.1744)


@pytest.mark.parametrize("n", [1, 50, 9999])
def test_the_interval_stays_within_0_and_1(n: int) -> None:
    assert 0 <= wilson_interval(0.0, n)[0] < 1e-9
    assert 1 - 1e-9 < wilson_interval(1.0, n)[1] <= 1
