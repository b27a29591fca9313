"""Two readers on the same drawings: what those tell that only one of them reads right. Standard library only.

Throughout `fixes` counts drawings that the challenger reads right and the champion does not, `breaks` the reverse,
and `n` all drawings. Those that both read right, or both misread, decide nothing.
"""

from __future__ import annotations

import math
from statistics import NormalDist


def exact_p(fixes: int, breaks: int) -> float:
    """Two-sided p of "both err equally often": McNemar's test by the binomial distribution (McNemar 1947)."""
    return min(1.0, 2 * _tail(fixes, breaks))


def mid_p(fixes: int, breaks: int) -> float:
    """The same, the split that was seen counting half: less timid where discordant drawings are few.

    Lancaster 1961; for paired proportions Fagerland, Lydersen and Laake, BMC Med Res Methodol 13:91 (2013).
    """
    if fixes == breaks:
        return 1.0 - _share(fixes, breaks) / 2 if fixes else 1.0
    return 2 * _tail(fixes, breaks) - _share(fixes, breaks)


def upper_bound(fixes: int, breaks: int, n: int, level: float = 0.95) -> float:
    """The one-sided upper bound of (breaks - fixes) / n, by how much more often the challenger errs. 1 for n = 0.

    Tango's score interval (Statistics in Medicine 17:891, 1998): the largest d that the data do not refuse, where
    z(d) = (breaks - fixes - n d) / sqrt(n (2 q + d (1 - d))) and q is the likeliest share of fixes given d. It
    holds its level where discordant drawings are few, as here, and needs no count of what both misread, on which
    Newcombe's method 10 leans. Without any discordant drawing it is z^2 / (n + z^2).
    """
    if not n:
        return 1.0
    refused = NormalDist().inv_cdf(level)
    low, high = (breaks - fixes) / n, 1.0
    for _ in range(60):  # halving: z(d) falls as d grows
        middle = (low + high) / 2
        low, high = (low, middle) if -_score(fixes, breaks, n, middle) > refused else (middle, high)
    return high


def _score(fixes: int, breaks: int, n: int, d: float) -> float:
    a = 2 * n
    b = (2 * n - breaks + fixes) * d - breaks - fixes
    c = -fixes * d * (1 - d)
    q = (math.sqrt(max(b * b - 4 * a * c, 0.0)) - b) / (2 * a)
    return (breaks - fixes - n * d) / math.sqrt(max(n * (2 * q + d * (1 - d)), 1e-300))


def _tail(fixes: int, breaks: int) -> float:
    """The chance that a fair coin splits as unevenly as that, or more, towards the same side."""
    n = fixes + breaks
    return float(sum(math.comb(n, k) for k in range(min(fixes, breaks) + 1)) / 2**n)


def _share(fixes: int, breaks: int) -> float:
    """The chance of just this split."""
    return float(math.comb(fixes + breaks, fixes) / 2 ** (fixes + breaks))
