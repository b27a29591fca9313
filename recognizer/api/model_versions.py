"""Model versions under /api/v1/model-versions/: list them, roll back, download one."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.db.models import BooleanField, ExpressionWrapper, F, Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from recognizer.api.errors import Gone, Refused, TrainerUnavailable, refusing
from recognizer.api.permissions import HasRight
from recognizer.api.schema import problems
from recognizer.api.throttles import sender_of
from recognizer.api.unknown_fields import KnownParameters, RequestSerializer
from recognizer.models import ModelVersion, Promotion
from recognizer.models.model_version import BrokenArtifact
from recognizer.services import model_versions
from recognizer.serving import doorbell, waiting_room
from recognizer.serving.messages import DownloadRequest, TaskName

if TYPE_CHECKING:
    from accounts.models import User

ZIP = "application/zip"


class PromotingSerializer(RequestSerializer):
    reason = serializers.CharField(max_length=300, allow_blank=True, default="")
    instead_of = serializers.IntegerField(
        source="seen", required=False, help_text="the version that you know as active; 409 if another is by now"
    )


class VersionSerializer(serializers.ModelSerializer[ModelVersion]):
    """A version without its card."""

    url = serializers.HyperlinkedIdentityField(view_name="api:model-version-detail")
    name = serializers.CharField(source="__str__", read_only=True, help_text="as predictions name it")
    kept = serializers.BooleanField(read_only=True, help_text="it can still read; else only its card is kept")
    run = serializers.IntegerField(
        source="run_number", read_only=True, allow_null=True, help_text="the training run that it came of"
    )
    parent = serializers.PrimaryKeyRelatedField[Any](  # type: ignore[assignment]
        read_only=True, allow_null=True, help_text="the version that training started from"
    )

    class Meta:
        model = ModelVersion
        fields = [
            "id", "url", "name", "sha256", "origin", "active", "kept", "run", "parent", "trouble", "trouble_at",
            "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class VersionDetailSerializer(VersionSerializer):
    """A version with what its artifact says of itself."""

    card = serializers.DictField(read_only=True, help_text="data, figures, thresholds")

    class Meta(VersionSerializer.Meta):
        fields = [*VersionSerializer.Meta.fields, "card"]
        read_only_fields = fields


class PromotionSerializer(serializers.ModelSerializer[Promotion]):
    """One version took over from another. Workers follow within ten seconds."""

    by = serializers.SlugRelatedField[Any](
        slug_field="username", read_only=True, allow_null=True, help_text="null: by itself"
    )

    class Meta:
        model = Promotion
        fields = ["kind", "version", "replaced", "by", "reason", "created_at"]
        read_only_fields = fields


class ZipRenderer(BaseRenderer):
    """Lets clients ask for a zip by name; the view hands it out itself."""

    media_type = ZIP
    format = "zip"


@extend_schema_view(
    list=extend_schema(
        summary="Model versions, newest first",
        responses={200: VersionSerializer(many=True), **problems(401, 403, 429)},
    ),
    retrieve=extend_schema(
        summary="One model version and its card",
        responses={200: VersionDetailSerializer, **problems(401, 403, 404, 429)},
    ),
)
class ModelVersionViewSet(
    KnownParameters, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[ModelVersion]
):
    """Trained readers, of which one is active. For trainers."""

    parameters = {"list": {"cursor"}}
    queryset = ModelVersion.objects.none()
    permission_classes = [HasRight]
    right = "recognizer.view_modelversion"
    rights = {"rollback": "recognizer.promote_modelversion"}

    def get_queryset(self) -> QuerySet[ModelVersion]:
        kept = ExpressionWrapper(Q(artifact__isnull=False), BooleanField())
        found = ModelVersion.objects.light().annotate(kept=kept, run_number=F("run__id"))
        return found.defer("artifact", "card") if self.action == "list" else found

    def get_serializer_class(self) -> type[VersionSerializer]:
        return VersionSerializer if self.action == "list" else VersionDetailSerializer

    def get_renderers(self) -> list[BaseRenderer]:
        """What may be asked of an address is said in JSON, also where the answer to it is a file."""
        return [JSONRenderer()] if self.request.method == "OPTIONS" else super().get_renderers()

    @extend_schema(
        summary="Go back to the version before",
        request=PromotingSerializer,
        responses={200: PromotionSerializer, **problems(400, 401, 403, 409, 415, 429)},
    )
    @action(detail=False, methods=["post"])
    def rollback(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Let the version read again that the active one took over from."""
        why = PromotingSerializer(data=request.data)
        why.is_valid(raise_exception=True)
        with refusing():
            promotion = model_versions.rollback(by=cast("User", request.user), **why.validated_data)
        return Response(PromotionSerializer(promotion).data)

    @extend_schema(
        summary="The artifact of a model version",
        parameters=[OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER)],
        responses={
            (200, ZIP): OpenApiResponse(OpenApiTypes.BINARY, "what workers read with"),
            304: OpenApiResponse(description="the client has it"),
            **problems(401, 403, 404, 409, 410, 429),
        },
    )
    @action(detail=True, renderer_classes=[ZipRenderer, JSONRenderer])
    def artifact(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Hand out the file as it is stored, after its checksum and its signature were found to match."""
        version = self.get_object()
        etag = f'"{version.sha256}"'
        unchanged = get_conditional_response(request._request, etag=etag)
        if unchanged is not None:
            return unchanged
        answer = _attached(_checked(version), f"{_file_name(version)}-artifact.zip")
        answer["ETag"] = etag
        return answer

    @extend_schema(
        summary="What can be taken away of a model version",
        responses={
            (200, ZIP): OpenApiResponse(OpenApiTypes.BINARY, ".tflite, .onnx and weights of its networks, card"),
            **problems(401, 403, 404, 409, 410, 429, 503),
        },
    )
    @action(detail=True, renderer_classes=[ZipRenderer, JSONRenderer])
    def download(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Have the training worker write the networks for other programs too; 503 while it trains."""
        version = self.get_object()
        _checked(version)
        try:
            with waiting_room.seat(sender_of(request)) as seated:
                if not seated:
                    raise TrainerUnavailable
                question: DownloadRequest = {"version": version.pk}
                reply = doorbell.ask(TaskName.EXPORT_VERSION, question, seconds=settings.EXPORT_WAIT)
        except doorbell.ReaderAway as error:
            raise TrainerUnavailable from error
        if "error" in reply:
            raise Refused(reply["error"])
        return _attached(base64.b64decode(reply["zip"]), f"{_file_name(version)}.zip")


def _checked(version: ModelVersion) -> bytes:
    try:
        return version.checked_artifact()
    except BrokenArtifact as error:
        raise (Gone if version.artifact is None else Refused)(str(error)) from error


def _file_name(version: ModelVersion) -> str:
    return f"numeral-v{version.pk}-{version.sha256[:8]}"


def _attached(content: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=ZIP, headers=headers)
