"""A tag with the sentence that says what learns from a user's corrections."""

from django import template

from recognizer.presentation.learning import LEARNING

register = template.Library()


@register.simple_tag
def what_learns() -> str:
    return LEARNING
