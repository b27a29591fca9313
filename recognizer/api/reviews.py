"""Reviewing under /api/v1/reviews/: items to look at, verdicts, undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from recognizer.api.errors import problem_response, refusing
from recognizer.api.pagination import HighestNumberFirst
from recognizer.api.permissions import HasRight
from recognizer.api.review_serializers import (
    BulkSerializer,
    DecidedSerializer,
    DecisionSerializer,
    GivenReviewSerializer,
    ItemSerializer,
    ItemsSerializer,
    OutcomeSerializer,
    SkipSerializer,
    StatisticsSerializer,
    UndoneSerializer,
    WantedSerializer,
)
from recognizer.api.schema import problems
from recognizer.api.unknown_fields import KnownParameters, RequestSerializer
from recognizer.models import Review, ReviewItem
from recognizer.presentation.review_item import item_as_json, review_as_json
from recognizer.review import statistics
from recognizer.services import review_queue, reviews

if TYPE_CHECKING:
    from accounts.models import User

SHOWN = 60  # items of an answer; a step may have more drawings


class ReviewViewSet(KnownParameters, mixins.ListModelMixin, viewsets.GenericViewSet[Review]):
    """Verdicts on drawings. For reviewers."""

    parameters = {"list": {"cursor"}}
    queryset = Review.objects.none()
    serializer_class = GivenReviewSerializer
    pagination_class = HighestNumberFirst
    permission_classes = [HasRight]
    right = "recognizer.add_review"
    rights: dict[str, str] = {}

    def get_queryset(self) -> QuerySet[Review]:
        return Review.objects.by(_reviewer(self.request)).select_related("reviewer")

    @extend_schema(
        summary="Your verdicts, newest first",
        responses={200: GivenReviewSerializer(many=True), **problems(401, 403, 429)},
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(
        summary="Say what a drawing is",
        request=DecisionSerializer,
        responses={
            201: DecidedSerializer,
            **problems(400, 401, 403, 404, 415, 429),
            (409, "application/problem+json"): OpenApiResponse(
                DecidedSerializer, description="decided or corrected meanwhile: `current` and `item` as they are"
            ),
        },
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response | HttpResponseBase:
        """Record a verdict; it replaces the one before.

        `seen` is that of the item: 409 if somebody decided since. A `step` that was sent before changes nothing.
        """
        said = DecisionSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        data = said.validated_data
        drawing_id, decision = data["drawing"], _decision(data)
        try:
            review = reviews.decide(
                drawing_id=drawing_id,
                reviewer=_reviewer(request),
                decision=decision,
                seen=data["seen"],
                step=data.get("step"),
                shown_for=data.get("shown_for", ""),
            )
        except reviews.NotShown as error:
            raise NotFound(" ".join(error.messages)) from error
        except reviews.StaleReview as error:
            current = error.current and review_as_json(error.current)
            changed = {"current": current, "item": _item(drawing_id)}
            return problem_response(status.HTTP_409_CONFLICT, " ".join(error.messages), more=changed)
        answer = {"step": review.step, "review": review_as_json(review), "item": _item(drawing_id)}
        return Response(answer, status.HTTP_201_CREATED)

    @extend_schema(
        summary="Say of many drawings what they are, in one step",
        request=BulkSerializer,
        responses={200: OutcomeSerializer, **problems(400, 401, 403, 415, 429)},
    )
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One verdict on many drawings, which one undo takes back. `stale` ones changed meanwhile and stay."""
        said = BulkSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        seen = {row["id"]: row["seen"] for row in said.validated_data["drawings"]}
        outcome = reviews.decide_many(
            reviewer=_reviewer(request),
            decision=_decision(said.validated_data),
            seen=seen,
            step=said.validated_data.get("step"),
            shown_for="wall",
        )
        decided = [review.drawing_id for review in outcome.decided]
        return Response({"step": outcome.step, "decided": decided, "stale": outcome.stale})

    @extend_schema(
        summary="Take your last step back",
        request=RequestSerializer,
        responses={200: UndoneSerializer, **problems(400, 401, 403, 409, 415, 429)},
    )
    @action(detail=False, methods=["post"])
    def undo(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What was in force before is in force again, except where somebody decided since (`kept`)."""
        RequestSerializer(data=request.data).is_valid(raise_exception=True)
        with refusing():
            undone = reviews.undo(reviewer=_reviewer(request))
        drawings = [review.drawing_id for review in undone.reviews]
        items = ReviewItem.objects.shown().with_drawings().in_bulk(drawings[:SHOWN])
        return Response(
            {
                "step": undone.step,
                "drawings": drawings,
                "undone": [item_as_json(items[pk]) for pk in drawings if pk in items],
                "kept": undone.kept,
            }
        )

    @extend_schema(
        summary="Get drawings to look at",
        request=WantedSerializer,
        responses={200: ItemsSerializer, **problems(400, 401, 403, 415, 429)},
    )
    @action(detail=False, methods=["post"])
    def items(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Up to `count` items more, the worthiest first, leased to you; `held` keep their lease.

        A lease ends after two minutes unless it is prolonged.
        """
        wanted = WantedSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        items = review_queue.claim(reviewer=_reviewer(request), **wanted.validated_data)
        return Response({"items": [item_as_json(item) for item in items]})

    @extend_schema(summary="One drawing", responses={200: ItemSerializer, **problems(401, 403, 404, 429)})
    @action(detail=False, url_path="items/(?P<drawing>[^/.]+)")
    def item(self, request: Request, drawing: str, *args: Any, **kwargs: Any) -> Response:
        """Any drawing that reviewers may see; it is leased to nobody by this."""
        try:
            found = _item(UUID(drawing))
        except ValueError as error:
            raise NotFound from error
        if found is None:
            raise NotFound
        return Response(found)

    @extend_schema(
        summary="See others first",
        request=SkipSerializer,
        responses={204: None, **problems(400, 401, 403, 404, 415, 429)},
    )
    @action(detail=False, methods=["post"])
    def skips(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Skip a drawing: it comes back after `DELETE`."""
        said = SkipSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        item = get_object_or_404(ReviewItem.objects.shown(), pk=said.validated_data["drawing"])
        review_queue.skip(reviewer=_reviewer(request), drawing_id=item.pk)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="See again what you skipped", request=None, responses={204: None, **problems(401, 403, 429)}
    )
    @skips.mapping.delete
    def unskip(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        review_queue.unskip(reviewer=_reviewer(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="What reviewing has found", responses={200: StatisticsSerializer, **problems(401, 403, 429)}
    )
    @action(detail=False)
    def statistics(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What waits, the errors that the last verdicts found, the accuracy by the random sample, agreement."""
        return Response(statistics.summary())


def _reviewer(request: Request) -> User:
    return cast("User", request.user)  # the permission class lets nobody else pass


def _decision(data: dict[str, Any]) -> reviews.Decision:
    decision = reviews.Decision(Review.Verdict(data["verdict"]), data["text"])
    try:
        decision.check()
    except ValidationError as error:
        raise serializers.ValidationError({"text": error.messages}) from error
    return decision


def _item(drawing_id: UUID) -> dict[str, Any] | None:
    item = ReviewItem.objects.shown().with_drawings().filter(pk=drawing_id).first()
    return item_as_json(item) if item else None
