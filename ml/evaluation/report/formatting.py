"""Numbers as text in the report and the model card."""

from __future__ import annotations


def percent(share: float) -> str:
    """A share in per cent with up to four significant digits, for ticks: "99.9 %"."""
    return f"{100 * share:.4g} %"


def percent2(share: float) -> str:
    """A share in per cent with two decimals, for tables: "99.90 %"."""
    return f"{100 * share:.2f} %"


def percent_range(interval: tuple[float, float]) -> str:
    """An interval of shares in per cent: "99.80 - 99.95 %"."""
    return f"{100 * interval[0]:.2f} - {100 * interval[1]:.2f} %"
