"""Tests of two readers on the same drawings, by the drawings that only one of them reads right.

Standard library only. Throughout `fixes` counts drawings that the challenger reads right and the champion does
not, `breaks` the reverse, and `n` all drawings. Drawings that both read right or both misread do not enter.
"""

from __future__ import annotations

import math
from statistics import NormalDist


def exact_p(fixes: int, breaks: int) -> float:
    """The two-sided p value of "both err equally often": McNemar's exact binomial test (McNemar 1947)."""
    return min(1.0, 2 * _tail(fixes, breaks))


def mid_p(fixes: int, breaks: int) -> float:
    """McNemar's mid-p value: as `exact_p`, but the observed split counts half, which is less conservative where
    discordant drawings are few.

    Lancaster 1961; for paired proportions Fagerland, Lydersen and Laake, BMC Med Res Methodol 13:91 (2013).
    """
    if fixes == breaks:
        return 1.0 - _split_probability(fixes, breaks) / 2 if fixes else 1.0
    return 2 * _tail(fixes, breaks) - _split_probability(fixes, breaks)


def upper_bound(fixes: int, breaks: int, n: int, level: float = 0.95) -> float:
    """The one-sided upper confidence bound of (breaks - fixes) / n, the rise of the error rate. 1 for n = 0.

    Tango's score interval (Statistics in Medicine 17:891, 1998): the largest d that the data do not reject, where
    z(d) = (breaks - fixes - n d) / sqrt(n (2 q + d (1 - d))) and q is the maximum likelihood share of fixes given
    d. It holds its level where discordant drawings are few, as here, and does not depend on how many drawings both
    misread, as Newcombe's method 10 does. Without any discordant drawing it is z^2 / (n + z^2).
    """
    if not n:
        return 1.0
    rejected = NormalDist().inv_cdf(level)
    low, high = (breaks - fixes) / n, 1.0
    for _ in range(60):  # bisection: z(d) falls as d grows
        d = (low + high) / 2
        # The larger root of a quadratic equation gives q.
        a = 2 * n
        b = (2 * n - breaks + fixes) * d - breaks - fixes
        c = -fixes * d * (1 - d)
        q = (math.sqrt(max(b * b - 4 * a * c, 0.0)) - b) / (2 * a)
        z = (breaks - fixes - n * d) / math.sqrt(max(n * (2 * q + d * (1 - d)), 1e-300))
        low, high = (low, d) if -z > rejected else (d, high)
    return high


def _tail(fixes: int, breaks: int) -> float:
    """The probability that a fair coin splits as unevenly or more unevenly, towards the same side."""
    n = fixes + breaks
    return float(sum(math.comb(n, k) for k in range(min(fixes, breaks) + 1)) / 2**n)


def _split_probability(fixes: int, breaks: int) -> float:
    """The probability that a fair coin splits exactly so."""
    return float(math.comb(fixes + breaks, fixes) / 2 ** (fixes + breaks))
