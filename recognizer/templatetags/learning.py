"""The sentence about what learns from what, for pages."""

from django import template

from recognizer.presentation.learning import LEARNING

register = template.Library()


@register.simple_tag
def what_learns() -> str:
    return LEARNING
