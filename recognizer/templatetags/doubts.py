"""Filters that say which numbers of a reading are doubtful."""

from django import template

from recognizer.presentation import doubts

register = template.Library()
register.filter("has_several_numbers", doubts.has_several)
register.filter("doubts_in_short", doubts.in_short)
register.filter("doubts_in_full", doubts.in_full)
