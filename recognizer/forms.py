"""The forms of the pages."""

from typing import Any

from django import forms

from recognizer.models.review import digits_in_lines, tidy_text


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
