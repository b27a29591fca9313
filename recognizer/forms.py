"""The forms of the pages."""

from typing import Any

from django import forms

from recognizer.models.review import digits_in_lines, tidy_text
from recognizer.presentation.training_schedule import DAYS


class CorrectionForm(forms.Form):
    """ "It should be ...": a number, or the statement that it is none."""

    text = forms.CharField(
        label="It should be",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 1, "inputmode": "numeric", "autocomplete": "off"}),
    )
    not_a_number = forms.BooleanField(label="It is not a number", required=False)

    def clean_text(self) -> str:
        """Digits; any white space becomes one space or one new line."""
        text = tidy_text(self.cleaned_data["text"])
        if text:
            digits_in_lines(text)
        return text

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("not_a_number"):
            data["text"] = ""
        elif not data.get("text") and "text" not in self.errors:
            raise forms.ValidationError("Write what it should be, or say that it is not a number.")
        return data


class StartForm(forms.Form):
    """Options of a training run."""

    force = forms.BooleanField(required=False)
    from_scratch = forms.BooleanField(required=False)


class DecisionForm(forms.Form):
    """Why a version is promoted, dismissed or replaced. The services decide whether a reason is needed."""

    reason = forms.CharField(
        required=False, max_length=300, error_messages={"max_length": "A reason has at most 300 characters."}
    )
    # The number of the version that the page showed as active.
    seen = forms.IntegerField(required=False, error_messages={"invalid": "Look again, then decide."})


class ScheduleForm(forms.Form):
    """Whether, on which days and at what time it trains by itself. Switched off, days and time do not matter."""

    enabled = forms.BooleanField(label="Train by itself", required=False)
    at = forms.TimeField(
        label="Time (UTC)",
        required=False,
        input_formats=["%H:%M", "%H:%M:%S"],
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time", "class": "input"}),
        error_messages={"invalid": "Write the time as hours and minutes, such as 03:10."},
    )
    days = forms.TypedMultipleChoiceField(
        label="Days (UTC)",
        required=False,
        coerce=int,
        choices=DAYS,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose among the seven days."},
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("enabled"):
            self.errors.clear()
            return data
        if not data.get("at") and "at" not in self.errors:
            self.add_error("at", "Write the time as hours and minutes, such as 03:10.")
        if not data.get("days") and "days" not in self.errors:
            self.add_error("days", "Choose at least one day.")
        return data
