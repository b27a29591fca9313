"""Parts of the OpenAPI document that the serializers do not give: request forms, errors, examples."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from recognizer.api.serializers import InkSerializer

PREFER = OpenApiParameter(
    "Prefer", str, OpenApiParameter.HEADER, description="`respond-async`, or `wait=n` with n in seconds"
)
ONE = OpenApiExample(
    "a 1 with two strokes",
    {"strokes": [[[30, 30], [50, 10], [50, 110]], [[30, 110], [70, 110]]]},
    request_only=True,
    media_type="application/json",
)


class PictureFormSerializer(serializers.Serializer[Any]):
    """A multipart form with one file."""

    image = serializers.ImageField()


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()


INK = {"application/json": InkSerializer, "multipart/form-data": PictureFormSerializer}


def problems(*codes: int) -> dict[Any, OpenApiResponse]:
    """Responses of these statuses, as problem details."""
    return {
        (code, "application/problem+json"): OpenApiResponse(ProblemSerializer, HTTPStatus(code).phrase)
        for code in codes
    }
