"""Drawings and their predictions under /api/v1/predictions/."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.db import IntegrityError
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from recognizer.api.errors import DATABASE_AWAY, NotExplained
from recognizer.api.prefer_header import seconds_to_wait
from recognizer.api.questions import waiting_for_reader
from recognizer.api.schema import INK, ONE, PREFER, problems
from recognizer.api.serializers import (
    ExplanationSerializer,
    InkSerializer,
    PredictionSerializer,
    WhichDigitSerializer,
)
from recognizer.api.throttles import ExplainThrottle, sender_of
from recognizer.api.unknown_fields import KnownParameters
from recognizer.models import Drawing, Prediction
from recognizer.models.drawing import DrawingQuerySet
from recognizer.services import predictions
from recognizer.serving import doorbell, waiting_room
from recognizer.serving.messages import ExplainRequest, TaskName

if TYPE_CHECKING:
    from accounts.models import User


@extend_schema_view(
    list=extend_schema(summary="Your drawings, newest first"),
    retrieve=extend_schema(
        summary="One drawing", responses={200: PredictionSerializer, **problems(401, 404, 429)}
    ),
    destroy=extend_schema(summary="Delete a drawing", responses={204: None, **problems(401, 404, 429)}),
)
class PredictionViewSet(
    KnownParameters,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[Drawing],
):
    """The signed-in user's drawings and what was read in them."""

    queryset = Drawing.objects.none()
    serializer_class = PredictionSerializer
    takes_ink = True
    parameters = {"list": {"cursor"}, "explanation": {"digit"}}

    def get_queryset(self) -> DrawingQuerySet:
        drawings = Drawing.objects.with_predictions().defer("strokes", "image", "thumbnail")
        if self.action == "explanation":
            return drawings.visible_to(self.request.user)
        return drawings.for_user(self.request.user)

    @extend_schema(
        summary="Keep a drawing and have it read",
        request=INK,
        parameters=[PREFER],
        examples=[ONE],
        responses={
            201: PredictionSerializer,
            202: OpenApiResponse(PredictionSerializer, description="kept, and read later: ask `Location`"),
            **problems(400, 401, 413, 415, 429, 503),
        },
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Keep a drawing and have it read."""
        ink = InkSerializer(data=request.data, context={"request": request})
        ink.is_valid(raise_exception=True)
        try:
            drawing = self._submit(**ink.validated_data)
        except (IntegrityError, predictions.UserGone) as error:  # deleted while the request was under way
            raise NotAuthenticated("This account has been deleted.") from error
        seconds = seconds_to_wait(request)
        try:
            drawing = self._wait_for_reading(drawing, seconds)
        except DATABASE_AWAY:
            # The drawing is stored: after an error the client would send it again. The answer needs no query.
            drawing._prefetched_objects_cache = {"predictions": Prediction.objects.none()}  # type: ignore[attr-defined]
        return self._response(drawing, respond_async=not seconds)

    def _submit(self, strokes: Any = None, image: Any = None) -> Drawing:
        user = cast("User", self.request.user)  # the permission class lets nobody else pass
        if image is None:
            return predictions.submit_strokes(user=user, strokes=strokes)
        return predictions.submit_picture(user=user, image=image.image, thumbnail=image.thumbnail, size=image.size)

    def _wait_for_reading(self, drawing: Drawing, seconds: float) -> Drawing:
        """The drawing once it was read, or as it is after `seconds`."""
        waiting = Drawing.objects.filter(pk=drawing.pk, state=Drawing.State.WAITING)
        if doorbell.ring() and seconds:
            with waiting_room.seat(sender_of(self.request)) as seated:
                doorbell.wait(drawing.pk, seconds=seconds * seated, look=lambda: not waiting.exists())
        return get_object_or_404(self.get_queryset(), pk=drawing.pk)

    def _response(self, drawing: Drawing, *, respond_async: bool) -> Response:
        data = self.get_serializer(drawing).data
        if drawing.state != Drawing.State.WAITING:
            return Response(data, status.HTTP_201_CREATED, headers={"Location": data["url"]})
        headers = {"Location": data["url"], "Retry-After": "1"}
        if respond_async:
            headers["Preference-Applied"] = "respond-async"
        return Response(data, status.HTTP_202_ACCEPTED, headers=headers)

    @extend_schema(
        summary="Why a digit was read as it was",
        parameters=[WhichDigitSerializer],
        responses={200: ExplanationSerializer, **problems(400, 401, 404, 409, 429, 503)},
    )
    @action(detail=True, throttle_classes=[ExplainThrottle])
    def explanation(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Why a digit was read as it was: computed when asked for, and not kept."""
        drawing = self.get_object()
        if drawing.latest is None:
            raise NotExplained
        context = {"count": len(drawing.latest.digits.all())}
        query = WhichDigitSerializer(data=request.query_params, context=context)
        query.is_valid(raise_exception=True)
        question: ExplainRequest = {
            "drawing": str(drawing.pk),
            "version": drawing.latest.model_version_id,
            "digit": query.validated_data["digit"],
        }
        seconds = settings.EXPLAIN_WAIT
        with waiting_for_reader(sender_of(request), heavy=True, seconds=seconds):
            explanation = doorbell.ask(TaskName.EXPLAIN, question, seconds=seconds)
        if "error" in explanation:
            raise NotExplained(explanation["error"])
        return Response(explanation)

    def perform_destroy(self, instance: Drawing) -> None:
        predictions.delete_drawing(drawing=instance)
