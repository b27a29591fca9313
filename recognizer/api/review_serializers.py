"""Requests and responses of reviewing."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from recognizer.api.serializers import StrokesField
from recognizer.api.unknown_fields import RequestSerializer
from recognizer.models import Prediction, Review, ReviewItem
from recognizer.models.review import tidy_text
from recognizer.services.reviews import MOST

AHEAD = 10  # items that one reviewer may get at once
HELD = 200  # items whose leases one request prolongs
Verdict = Review.Verdict
GIVEN = [(v.value, v.label) for v in (Verdict.NUMBER, Verdict.NO_NUMBER, Verdict.UNREADABLE)]


class TextField(serializers.CharField):
    """Digits, with spaces between numbers and new lines between lines."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 1000, "allow_blank": True, "default": "", **kwargs})

    def to_internal_value(self, data: Any) -> str:
        return tidy_text(super().to_internal_value(data))


class SaidSerializer(RequestSerializer):
    """What is common to one verdict and to many."""

    verdict = serializers.ChoiceField(GIVEN)
    text = TextField(help_text="of a number: digits, a space between numbers, a newline between lines")
    step = serializers.UUIDField(required=False, help_text="made by the client; sent again it changes nothing")


class DecisionSerializer(SaidSerializer):
    drawing = serializers.UUIDField()
    seen = serializers.CharField(max_length=50, help_text="that of the item")
    shown_for = serializers.ChoiceField(["wall", "search"], required=False, help_text="if not from the queue")


class SeenSerializer(RequestSerializer):
    id = serializers.UUIDField()
    seen = serializers.CharField(max_length=50)


class BulkSerializer(SaidSerializer):
    drawings = serializers.ListField(child=SeenSerializer(), min_length=1, max_length=MOST)


class WantedSerializer(RequestSerializer):
    count = serializers.IntegerField(min_value=0, max_value=AHEAD, default=1, help_text="0: only prolong")
    held = serializers.ListField(
        child=serializers.UUIDField(), max_length=HELD, default=list, help_text="drawings that you still have"
    )


class SkipSerializer(RequestSerializer):
    drawing = serializers.UUIDField()


class VerdictSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    verdict = serializers.ChoiceField(Verdict.choices)
    text = serializers.CharField()
    reviewer = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    bulk = serializers.BooleanField(help_text="together with others")


class GivenReviewSerializer(serializers.ModelSerializer[Review]):
    """A verdict of yours."""

    reviewer = serializers.SlugRelatedField[Any](slug_field="username", read_only=True)
    undone = serializers.BooleanField(source="undone_at", read_only=True, help_text="you took it back")
    in_force = serializers.SerializerMethodField()

    class Meta:
        model = Review
        fields = [
            "id", "drawing", "verdict", "text", "reviewer", "created_at", "bulk", "step", "undone", "in_force",
        ]  # fmt: skip
        read_only_fields = fields

    def get_in_force(self, review: Review) -> bool:
        return review.replaced_at is None

    def to_representation(self, review: Review) -> dict[str, Any]:
        return {**super().to_representation(review), "undone": review.undone_at is not None}


class ReadSerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(Prediction.State.choices)
    text = serializers.CharField()
    alternative = serializers.CharField(allow_null=True)
    confidence = serializers.FloatField()
    model_version = serializers.CharField()


class SaidByWriterSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(help_text='"": not a number')
    created_at = serializers.DateTimeField()


class ItemDigitSerializer(serializers.Serializer[Any]):
    label = serializers.IntegerField(allow_null=True)  # type: ignore[assignment]
    confidence = serializers.FloatField()
    box = serializers.ListField(child=serializers.FloatField(), min_length=4, max_length=4)
    line = serializers.IntegerField()


class InkPathSerializer(serializers.Serializer[Any]):
    """Strokes as a path of SVG."""

    view_box = serializers.CharField()
    path = serializers.CharField()
    pen = serializers.FloatField(help_text="line width")


class ItemSerializer(serializers.Serializer[Any]):
    """A drawing with all that a reviewer sees of it."""

    id = serializers.UUIDField(help_text="of the drawing")
    url = serializers.CharField()
    seen = serializers.CharField(help_text="to be sent along with a verdict")
    state = serializers.ChoiceField(ReviewItem.State.choices)
    look = serializers.IntegerField(help_text="2: a second opinion; 3: two reviewers disagree")
    reason = serializers.CharField()
    why = serializers.CharField(help_text="the reason in words")
    reading = ReadSerializer(allow_null=True)
    correction = SaidByWriterSerializer(allow_null=True)
    verdict = VerdictSerializer(allow_null=True, help_text="hidden from whoever gives another opinion")
    digits = ItemDigitSerializer(many=True)
    ink = InkPathSerializer(allow_null=True)
    strokes = StrokesField(allow_null=True)
    image = serializers.CharField(allow_null=True)
    size = serializers.ListField(child=serializers.IntegerField(), allow_null=True)
    glyphs = serializers.CharField(allow_null=True, help_text="a PNG as data: URL; the digits, 28x28 each")
    alike = serializers.IntegerField(help_text="nearly equal drawings that are not shown")
    writer = serializers.IntegerField(help_text="number of the user")
    created_at = serializers.DateTimeField()


class ItemsSerializer(serializers.Serializer[Any]):
    items = ItemSerializer(many=True)


class DecidedSerializer(serializers.Serializer[Any]):
    step = serializers.UUIDField()
    review = VerdictSerializer()
    item = ItemSerializer(allow_null=True)


class OutcomeSerializer(serializers.Serializer[Any]):
    step = serializers.UUIDField()
    decided = serializers.ListField(child=serializers.UUIDField())
    stale = serializers.ListField(child=serializers.UUIDField(), help_text="changed meanwhile; left as they are")


class UndoneSerializer(serializers.Serializer[Any]):
    step = serializers.UUIDField()
    drawings = serializers.ListField(child=serializers.UUIDField())
    undone = ItemSerializer(many=True, help_text="the first 60 of them")
    kept = serializers.ListField(child=serializers.UUIDField(), help_text="others have decided since")


class RateSerializer(serializers.Serializer[Any]):
    """How many of how many, with a 95 % interval (Wilson)."""

    n = serializers.IntegerField()
    hits = serializers.IntegerField()
    share = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class YieldSerializer(serializers.Serializer[Any]):
    last = RateSerializer(help_text="errors that the last verdicts found")
    by_reason = serializers.DictField(child=RateSerializer())


class SampleSerializer(serializers.Serializer[Any]):
    accuracy = RateSerializer(allow_null=True, help_text="right readings; null: too few verdicts to know")
    unreadable = serializers.IntegerField()
    by_version = serializers.DictField(child=RateSerializer(), help_text="by the number of the version")


class StatisticsSerializer(serializers.Serializer[Any]):
    """What reviewing has found; counted at most once a minute."""

    counted_at = serializers.DateTimeField()
    waiting = serializers.DictField(child=serializers.IntegerField(), help_text="by reason")
    looks = serializers.DictField(child=serializers.IntegerField(), help_text="second opinions and disagreements")
    yielded = YieldSerializer(source="yield")
    sample = SampleSerializer(help_text="of the drawings that were drawn by lot")
    agreement = RateSerializer(allow_null=True, help_text="second opinions that equal the first verdict")

    def get_fields(self) -> dict[str, Any]:
        """With the field `yield`, whose name is a word of Python."""
        fields = super().get_fields()
        fields["yield"] = YieldSerializer()
        del fields["yielded"]
        return fields
