"""Readings of which nothing is stored, under /api/v1/live/."""

from __future__ import annotations

import base64

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from recognizer.api.questions import waiting_for_reader
from recognizer.api.schema import INK, ONE, problems
from recognizer.api.serializers import LiveInkSerializer, LiveSerializer
from recognizer.api.throttles import LiveThrottle, sender_of
from recognizer.api.unknown_fields import KnownParameters
from recognizer.serving import doorbell
from recognizer.serving.messages import LiveRequest, TaskName


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
        question: LiveRequest = {"user": request.user.pk}
        if image:
            question["image"] = base64.b64encode(image.image).decode()
        else:
            question["strokes"] = ink.validated_data["strokes"]
        seconds = settings.LIVE_WAIT
        with waiting_for_reader(sender_of(request), heavy=bool(image), seconds=seconds):
            reading = doorbell.ask(TaskName.READ_LIVE, question, seconds=seconds)
        return Response({**reading, "size": image.size if image else None})
