"""The confidence interval of a share. Standard library only: the web process imports it for its plots."""

from __future__ import annotations

import math

_Z = 1.96  # quantile of the normal distribution for a 95 % interval


def wilson_interval(share: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a share that was observed in `n` > 0 trials, within 0 to 1.

    Wilson's score interval (JASA 22:209, 1927), which also holds near 0 and 1.
    """
    z2 = _Z * _Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)
