"""The forms of the pages."""

from typing import Any

from django import forms

from recognizer.models import ReviewItem
from recognizer.models.review import digits_in_lines, tidy_text
from recognizer.presentation.training_schedule import DAYS
from recognizer.review.wall import Cursor, Filters, Order, Which


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


NO_NUMBER = "none"  # in an address, where nothing means that nothing is filtered


class NumberFilter(forms.CharField):
    """A number in one line, its lines with slashes between them, or NO_NUMBER.

    Its value is the text of the number, "" for no number, or None without a filter.
    """

    def clean(self, value: Any) -> str | None:
        line = super().clean(value)
        if not line:
            return None
        if line.lower() == NO_NUMBER:
            return ""
        text = tidy_text(line.replace("/", "\n"))
        try:
            digits_in_lines(text)
        except forms.ValidationError:
            raise forms.ValidationError("Write a number in digits, or “none” for no number.") from None
        return text


def _number_filter(label: str) -> NumberFilter:
    attrs = {"inputmode": "text", "autocomplete": "off", "size": 8}
    return NumberFilter(label=label, required=False, max_length=1000, widget=forms.TextInput(attrs=attrs))


def _date_filter(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Write a day as 2026-01-31."},
    )


def _row_filter(label: str) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=1, max_value=2**63 - 1)  # a key of a row


class WallForm(forms.Form):
    """What the wall shows. Its address holds all of it, so that a bookmark shows the same again."""

    read = _number_filter("Number read")
    truth = _number_filter("True number")
    state = forms.ChoiceField(label="State", required=False, choices=Which.choices)
    reason = forms.ChoiceField(
        label="Reason", required=False, choices=[("", "any"), *(c for c in ReviewItem.Reason.choices if c[0])]
    )
    writer = _row_filter("Writer, by number")
    since = _date_filter("Drawn from")
    until = _date_filter("Drawn to")
    version = _row_filter("Read by version")
    order = forms.ChoiceField(label="Order", required=False, choices=Order.choices)
    sample = forms.BooleanField(label="Only the random sample", required=False)
    after = forms.CharField(required=False, widget=forms.HiddenInput)
    before = forms.CharField(required=False, widget=forms.HiddenInput)

    def add_prefix(self, field_name: str) -> str:
        """The names in the address; `from` can't be the name of an attribute."""
        return {"since": "from", "until": "to"}.get(field_name, field_name)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["order"] = order = Order(data.get("order") or Order.LEAST_SURE)
        for name in ("after", "before"):
            try:
                data[name] = Cursor.parse(data[name], order) if data.get(name) else None
            except ValueError:
                raise forms.ValidationError("There is no such page. Begin with the first one.") from None
        return data

    @property
    def filters(self) -> Filters:
        """Of a valid form. Only decided drawings have a true number, so that it asks for these."""
        data = self.cleaned_data
        which = Which(data["state"] or Which.WAITING)
        if data["truth"] is not None:
            which = Which.DECIDED
        names = ("read", "truth", "reason", "writer", "since", "until", "version", "sample")
        return Filters(which=which, **{name: data[name] for name in names})
