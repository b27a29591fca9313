"""Filters that say and show which numbers of a reading are doubtful."""

from __future__ import annotations

from itertools import groupby

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from recognizer.models import Prediction
from recognizer.models.read_number import ReadNumber
from recognizer.presentation import doubts

register = template.Library()
register.filter("has_several_numbers", doubts.has_several)
register.filter("doubts_in_short", doubts.in_short)
register.filter("doubts_in_full", doubts.in_full)


@register.filter
def marking_doubts(prediction: Prediction) -> SafeString:
    """The text of a reading with several numbers; those that are doubtful are marked."""
    lines = groupby(prediction.numbers or [], key=lambda number: number.line)
    return format_html_join(
        format_html("<br>"), "{}", ((format_html_join(" ", "{}", map(_marked, line)),) for _, line in lines)
    )


def _marked(number: ReadNumber) -> tuple[SafeString | str]:
    if not number.is_doubtful:
        return (number.text,)
    words = format_html('<span class="visually-hidden">{}</span>', " (doubtful)")
    return (format_html('<span class="doubtful">{}{}</span>', number.text, words),)
