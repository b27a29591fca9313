"""A filter that writes spans of time in words."""

from __future__ import annotations

from datetime import timedelta

from django import template

register = template.Library()


@register.filter
def span(value: timedelta | float | None) -> str:
    """Seconds or a timedelta as "9 s", "3 min 20 s" or "2 h 5 min"; None as ""."""
    if value is None:
        return ""
    seconds = max(0, round(value.total_seconds() if isinstance(value, timedelta) else float(value)))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {seconds} s" if seconds else f"{minutes} min"
    return f"{seconds} s"
