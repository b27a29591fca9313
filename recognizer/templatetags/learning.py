"""Tags that say what learns from a user's corrections, and who sees their drawings."""

from django import template

from recognizer.presentation.learning import LEARNING, STAFF_SEES

register = template.Library()


@register.simple_tag
def what_learns() -> str:
    return LEARNING


@register.simple_tag
def what_staff_see() -> str:
    return STAFF_SEES
