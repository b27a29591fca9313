"""Requests and responses of drawings and readings, in the shapes that clients rely on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import count
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from ml.ink.image_format import FORMATS
from ml.ink.strokes import InkError, parse_strokes
from recognizer.api.image_field import PictureField
from recognizer.api.unknown_fields import RequestSerializer
from recognizer.models import Digit, Drawing, Prediction

LIVE_STROKES = 120  # of a live request; they take a tenth of a second to read in the worst case
LIVE_POINTS = 4000  # of a live request
POINT = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 3}
STROKES = {"type": "array", "items": {"type": "array", "items": POINT}}


@extend_schema_field(STROKES)
class StrokesField(serializers.JSONField):
    """[[[x, y], [x, y, t], ...], ...], checked as a whole: nested list fields would cost ten times as much."""

    def to_internal_value(self, data: Any) -> list[Any]:
        try:
            parse_strokes(data)
        except InkError as error:
            raise serializers.ValidationError(str(error)) from error
        return list(data)


class InkSerializer(RequestSerializer):
    """Strokes or a picture, one of them."""

    strokes = StrokesField(required=False, help_text="[[[x, y], [x, y, t], ...], ...]; y down, any unit, t in ms")
    image = PictureField(required=False, help_text=f"{FORMATS}, base64 or a multipart file")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError("Send either `strokes` or `image`.")
        return attrs


class LiveInkSerializer(InkSerializer):
    """Ink to be read along, several times a second: a few numbers, not a page."""

    def validate_strokes(self, strokes: list[Any]) -> list[Any]:
        if len(strokes) > LIVE_STROKES or sum(map(len, strokes)) > LIVE_POINTS:
            raise serializers.ValidationError("This is too much to be read along. Save it, then it is read.")
        return strokes


class DigitSerializer(serializers.Serializer[Any]):
    label = serializers.IntegerField(allow_null=True, min_value=0, max_value=9)  # type: ignore[assignment]
    confidence = serializers.FloatField()
    probabilities = serializers.ListField(
        child=serializers.FloatField(), min_length=10, max_length=10, help_text="of 0 to 9"
    )
    box = serializers.ListField(
        child=serializers.FloatField(),
        min_length=4,
        max_length=4,
        help_text="[x, y, width, height] as in the drawing",
    )
    line = serializers.IntegerField(help_text="0 is the uppermost")
    number = serializers.IntegerField(
        allow_null=True, help_text="its place in `numbers`; null: no digit, or read before numbers were kept"
    )


class NumberSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    confidence = serializers.FloatField(help_text="that exactly these digits stand there, as one number")
    state = serializers.ChoiceField([Prediction.State.RECOGNISED, Prediction.State.UNSURE])
    line = serializers.IntegerField(help_text="0 is the uppermost")
    box = serializers.ListField(
        child=serializers.FloatField(),
        min_length=4,
        max_length=4,
        help_text="[x, y, width, height] as in the drawing",
    )
    digits = serializers.ListField(child=serializers.IntegerField(), help_text="their places in `digits`")
    alternative = serializers.CharField(
        allow_null=True, help_text="its second-best reading; with a space: perhaps two numbers"
    )


class LiveSerializer(serializers.Serializer[Any]):
    """A reading of which nothing is kept."""

    state = serializers.ChoiceField(Prediction.State.choices)
    text = serializers.CharField(help_text="a space between numbers, a newline between lines")
    alternative = serializers.CharField(allow_null=True, help_text="the second-best reading")
    confidence = serializers.FloatField(help_text="that all of the text is right")
    digits = DigitSerializer(many=True)
    numbers = NumberSerializer(many=True, help_text="in the order of the text")
    size = serializers.ListField(
        child=serializers.IntegerField(),
        allow_null=True,
        help_text="[width, height] of a picture, the units of its boxes",
    )
    model_version = serializers.CharField()


class WhichDigitSerializer(RequestSerializer):
    digit = serializers.IntegerField(min_value=0, default=0, help_text="its place in `digits`, from 0")

    def validate_digit(self, digit: int) -> int:
        count = self.context["count"]
        if digit >= count:
            many = f"{count} digit" if count == 1 else f"{count or 'no'} digits"
            raise serializers.ValidationError(f"This drawing has {many}; `digit` counts from 0.")
        return digit


MAP = {"type": "array", "minItems": 28, "maxItems": 28, "items": {"type": "array", "items": {"type": "number"}}}


@extend_schema_field(MAP)
class MapField(serializers.JSONField):
    """28 rows of 28 numbers."""


class ChanceSerializer(serializers.Serializer[Any]):
    label = serializers.IntegerField(min_value=0, max_value=9)  # type: ignore[assignment]
    probability = serializers.FloatField()


class LossSerializer(serializers.Serializer[Any]):
    """A part of the ink, and what happens when it is missing."""

    place = serializers.CharField(help_text="top left, top, ..., middle, ..., bottom right")
    shape = serializers.CharField(help_text="bar, upright, slant, curve or dot; empty in a picture")
    weight = serializers.FloatField(help_text="the loss of probability")
    without = serializers.IntegerField(allow_null=True, help_text="what is read then; null: no digit")


class StrokePartSerializer(serializers.Serializer[Any]):
    points = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()), help_text="[[x, y], ...] as in the drawing"
    )
    weight = serializers.FloatField(help_text="as in `heat`")
    contrast = serializers.FloatField(help_text="as in `contrast`")


class ExampleSerializer(serializers.Serializer[Any]):
    label = serializers.IntegerField(min_value=0, max_value=9)  # type: ignore[assignment]
    similarity = serializers.FloatField(help_text="cosine of what the network makes of the two; 1 is the same")
    own = serializers.BooleanField(help_text="drawn by the same writer and confirmed; else a synthetic one")
    glyph = serializers.CharField(help_text="a PNG of 28x28, base64")


class ExplanationSerializer(serializers.Serializer[Any]):
    """Why a digit was read as it was. Of this nothing is kept."""

    label = serializers.IntegerField(allow_null=True, help_text="null: no digit")  # type: ignore[assignment]
    probability = serializers.FloatField(help_text="of the label, for this glyph alone")
    second = ChanceSerializer(help_text="the digit that is likeliest after it")
    sentences = serializers.ListField(child=serializers.CharField(), help_text="the same in words")
    strongest = LossSerializer(allow_null=True, help_text="the part that costs most")
    turning = LossSerializer(allow_null=True, help_text="the smallest part that makes another digit of it")
    against = LossSerializer(allow_null=True, help_text="the part without which it would be surer")
    glyph = serializers.CharField(help_text="what the network saw: a PNG of 28x28, base64, ink is white")
    heat = MapField(
        help_text="the loss of probability where ink is missing; negative: it speaks against the label"
    )
    contrast = MapField(help_text="the same of the log odds of the label to the second")
    strokes = StrokePartSerializer(many=True, help_text="pieces of the strokes; none of a picture")
    nearest = ExampleSerializer(many=True, help_text="the five known digits most like it; none in older versions")
    nearest_second = ExampleSerializer(allow_null=True, help_text="the most similar one of the second label")
    digit = serializers.IntegerField()
    model_version = serializers.CharField()


class PredictionSerializer(serializers.Serializer[Drawing]):
    """A drawing and its newest reading, whose fields are null while it is waiting."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    page = serializers.CharField(help_text="the page for people")
    source = serializers.ChoiceField(Drawing.Source.choices)  # type: ignore[assignment]
    state = serializers.ChoiceField([*Prediction.State.choices, *Drawing.State.choices])
    failure = serializers.CharField(help_text="why it could not be read")
    text = serializers.CharField(allow_null=True)
    alternative = serializers.CharField(allow_null=True)
    confidence = serializers.FloatField(allow_null=True, help_text="that all of the text is right")
    digits = DigitSerializer(many=True)
    numbers = NumberSerializer(
        many=True, allow_null=True, help_text="in the order of the text; null: read before numbers were kept"
    )
    size = serializers.ListField(child=serializers.IntegerField(), allow_null=True)
    model_version = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()

    def to_representation(self, drawing: Drawing) -> dict[str, Any]:
        """Write the fields by hand: DRF builds its fields again for each answer, a quarter of a POST."""
        read = drawing.latest
        numbers = read.numbers if read else []
        return {
            "id": str(drawing.pk),
            "url": reverse("api:prediction-detail", [drawing.pk], request=self.context.get("request")),
            "page": drawing.get_absolute_url(),
            "source": drawing.source,
            "state": read.state if read else drawing.state,
            "failure": drawing.failure,
            "text": read.text if read else None,
            "alternative": read.alternative or None if read else None,
            "confidence": read.confidence if read else None,
            "digits": [*map(_digit, read.digits.all(), _numbers_of_digits(read))] if read else [],
            "numbers": None if numbers is None else [asdict(number) for number in numbers],
            "size": drawing.size,
            "model_version": str(read.model_version) if read else None,
            "created_at": drawing.created_at,
        }


def _numbers_of_digits(read: Prediction) -> Iterator[int | None]:
    """For each digit the place of its number, without end."""
    number_of = {digit: place for place, number in enumerate(read.numbers or []) for digit in number.digits}
    return map(number_of.get, count())


def _digit(digit: Digit, number: int | None) -> dict[str, Any]:
    return {
        "label": digit.label,
        "confidence": digit.confidence,
        "probabilities": digit.probabilities,
        "box": [digit.x, digit.y, digit.width, digit.height],
        "line": digit.line,
        "number": number,
    }
