"""A tag with the number of drawings that wait for a reviewer."""

from __future__ import annotations

from django import template

from recognizer.models import ReviewItem

register = template.Library()
MOST = 99  # more are not counted: the number stands on every page that a reviewer opens


@register.simple_tag
def waiting_reviews() -> str:
    """How many drawings wait for a reason: "" for none, "99+" for more than MOST."""
    waiting = len(ReviewItem.objects.wanted().shown().order_by().values_list("pk")[: MOST + 1])
    if not waiting:
        return ""
    return f"{MOST}+" if waiting > MOST else str(waiting)
