"""The REST API under /api/v1/."""

from __future__ import annotations

import base64
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.db import IntegrityError
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from recognizer.api.errors import DATABASE_AWAY, NotExplained, ReaderBusy, ReaderUnavailable
from recognizer.api.prefer_header import seconds_to_wait
from recognizer.api.schema import INK, ONE, PREFER, problems
from recognizer.api.serializers import (
    ExplanationSerializer,
    InkSerializer,
    LiveInkSerializer,
    LiveSerializer,
    PredictionSerializer,
    WhichDigitSerializer,
)
from recognizer.api.throttles import ExplainThrottle, LiveThrottle, sender_of
from recognizer.api.unknown_fields import KnownParameters
from recognizer.models import Drawing, Prediction
from recognizer.models.drawing import DrawingQuerySet
from recognizer.services import predictions
from recognizer.serving import doorbell, waiting_room

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
            found = self._read(drawing, seconds)
        except DATABASE_AWAY:
            found = _as_submitted(drawing)  # it is stored: an error would have the client send it again
        return self._answer(found, hurried=not seconds)

    def _read(self, drawing: Drawing, seconds: float) -> Drawing:
        """The drawing as it is once it was read, or after so many seconds."""
        if doorbell.ring() and seconds:
            with waiting_room.seat(sender_of(self.request)) as seated:
                doorbell.wait(drawing.pk, seconds=seconds * seated, look=lambda: not _waits(drawing))
        return get_object_or_404(self.get_queryset(), pk=drawing.pk)

    def _submit(self, strokes: Any = None, image: Any = None) -> Drawing:
        user = cast("User", self.request.user)  # the permission class has seen to it
        if image is not None:
            return predictions.submit_picture(
                user=user, image=image.image, thumbnail=image.thumbnail, size=image.size
            )
        return predictions.submit_strokes(user=user, strokes=strokes)

    def _answer(self, drawing: Drawing, *, hurried: bool) -> Response:
        data = self.get_serializer(drawing).data
        if drawing.state != Drawing.State.WAITING:
            return Response(data, status.HTTP_201_CREATED, headers={"Location": data["url"]})
        headers = {"Location": data["url"], "Retry-After": "1"}
        if hurried:
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
        which = WhichDigitSerializer(data=request.query_params, context=context)
        which.is_valid(raise_exception=True)
        asked = {"drawing": str(drawing.pk), "version": drawing.latest.model_version_id, **which.validated_data}
        answer = _ask(asked, sender_of(request), seconds=settings.EXPLAIN_WAIT, task="explain")
        if "error" in answer:
            raise NotExplained(answer["error"])
        return Response(answer)

    def perform_destroy(self, instance: Drawing) -> None:
        predictions.delete_drawing(drawing=instance)


def _as_submitted(drawing: Drawing) -> Drawing:
    """The same, for an answer that asks nothing of the database."""
    drawing._prefetched_objects_cache = {"predictions": Prediction.objects.none()}  # type: ignore[attr-defined]
    return drawing


def _waits(drawing: Drawing) -> bool:
    return Drawing.objects.filter(pk=drawing.pk, state=Drawing.State.WAITING).exists()


def _ask(request: dict[str, Any], sender: str, **how: Any) -> dict[str, Any]:
    try:
        with waiting_room.seat(sender) as seated, _turn_of(sender, request, **how) as mine:
            if not (seated and mine):
                raise ReaderBusy
            return doorbell.ask(request, **how)
    except doorbell.ReaderAway as error:
        raise ReaderUnavailable from error


def _turn_of(sender: str, request: dict[str, Any], *, seconds: float, **how: Any) -> AbstractContextManager[bool]:
    """Pictures and explanations may take the reader a second: a sender has one of them read at a time."""
    heavy = "image" in request or "task" in how
    return doorbell.alone(f"heavy:{sender}", seconds=seconds) if heavy else nullcontext(True)


class LiveView(KnownParameters, APIView):
    """Reads ink while it is being drawn. Open to everybody; nothing is kept."""

    permission_classes = [AllowAny]
    throttle_classes = [LiveThrottle]
    takes_ink = True

    @extend_schema(
        summary="Read without keeping anything; no account needed",
        request=INK,
        examples=[ONE],
        responses={200: LiveSerializer, **problems(400, 413, 415, 429, 503)},
    )
    def post(self, request: Request) -> Response:
        ink = LiveInkSerializer(data=request.data, context={"request": request})
        ink.is_valid(raise_exception=True)
        image = ink.validated_data.get("image")
        asked = {"image": base64.b64encode(image.image).decode()} if image else ink.validated_data
        read = _ask({**asked, "user": request.user.pk}, sender_of(request), seconds=settings.LIVE_WAIT)
        return Response({**read, "size": image.size if image else None})
