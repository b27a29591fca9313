"""Training runs under /api/v1/training-runs/: list them, start one, decide about its version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from recognizer.api.errors import refusing
from recognizer.api.model_versions import PromotingSerializer, PromotionSerializer
from recognizer.api.permissions import HasRight
from recognizer.api.schema import problems
from recognizer.api.unknown_fields import KnownParameters, RequestSerializer
from recognizer.models import TrainingRun
from recognizer.services import training_runs
from recognizer.serving import doorbell

if TYPE_CHECKING:
    from accounts.models import User


class StartSerializer(RequestSerializer):
    force = serializers.BooleanField(default=False, help_text="also if there is little or nothing new")
    from_scratch = serializers.BooleanField(default=False, help_text="not from the weights of the active version")


class NecessaryReasonSerializer(RequestSerializer):
    reason = serializers.CharField(max_length=300)


class WhichRunsSerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(TrainingRun.State.choices, required=False)


class RunSerializer(serializers.ModelSerializer[TrainingRun]):
    """A run without its gates."""

    url = serializers.HyperlinkedIdentityField(view_name="api:training-run-detail")
    page = serializers.CharField(source="get_absolute_url", read_only=True, help_text="the page for people")
    requested_by = serializers.SlugRelatedField[Any](
        slug_field="username",
        read_only=True,
        allow_null=True,
        help_text="null: the schedule, or a command",
    )
    base = serializers.PrimaryKeyRelatedField[Any](
        read_only=True, allow_null=True, help_text="the version that it started from"
    )
    version = serializers.PrimaryKeyRelatedField[Any](
        read_only=True, allow_null=True, help_text="the version that came of it"
    )

    class Meta:
        model = TrainingRun
        fields = [
            "id", "url", "page", "trigger", "requested_by", "force", "from_scratch", "state", "reason", "stage",
            "progress", "base", "version", "created_at", "started_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class GateSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    passed = serializers.BooleanField()
    sentence = serializers.CharField()
    figures = serializers.DictField()


class ChangeSerializer(serializers.Serializer[Any]):
    """How many drawings of a set only one of the two versions reads rightly."""

    name = serializers.CharField(help_text="of the set")
    fixes = serializers.SerializerMethodField()
    breaks = serializers.SerializerMethodField()

    def get_fixes(self, change: dict[str, Any]) -> int:
        return len(change["fixes"])

    def get_breaks(self, change: dict[str, Any]) -> int:
        return len(change["breaks"])


class CountsSerializer(serializers.Serializer[Any]):
    """Reviewed drawings of the run, by what they were for, and by what became of them."""

    train = serializers.IntegerField(help_text="trained on")
    validate = serializers.IntegerField(help_text="chose between weights")  # type: ignore[assignment]
    held_out = serializers.IntegerField(help_text="examined; their writers never train")
    set_aside = serializers.IntegerField(help_text="not used, each for a reason")
    compared = serializers.IntegerField(help_text="read by both versions")
    fixed = serializers.IntegerField(help_text="misread before, right after")
    broken = serializers.IntegerField(help_text="right before, misread after")
    both_wrong = serializers.IntegerField(help_text="misread by both")


class RunDetailSerializer(RunSerializer):
    """A run with its gates and its figures."""

    passed = serializers.BooleanField(
        source="verdict.passed", default=None, allow_null=True, help_text="all gates; null: it was not examined"
    )
    gates = GateSerializer(source="verdict.gates", many=True, default=list)
    changes = ChangeSerializer(source="verdict.changes", many=True, default=list)
    samples = serializers.SerializerMethodField()

    class Meta(RunSerializer.Meta):
        fields = [
            *RunSerializer.Meta.fields,
            "passed", "gates", "changes", "samples", "losses", "seconds", "seed", "manifest_hash", "peak_memory",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(CountsSerializer)
    def get_samples(self, run: TrainingRun) -> dict[str, int]:
        return run.samples.tally()


@extend_schema_view(
    list=extend_schema(
        summary="Training runs, newest first",
        parameters=[WhichRunsSerializer],
        responses={200: RunSerializer(many=True), **problems(400, 401, 403, 429)},
    ),
    retrieve=extend_schema(
        summary="One training run: how far it is, its gates and figures",
        responses={200: RunDetailSerializer, **problems(401, 403, 404, 429)},
    ),
)
class TrainingRunViewSet(
    KnownParameters, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[TrainingRun]
):
    """Tries to make the reader better. For trainers."""

    parameters = {"list": {"cursor", "state"}}
    queryset = TrainingRun.objects.none()
    permission_classes = [HasRight]
    right = "recognizer.view_trainingrun"
    rights = {
        "create": "recognizer.start_trainingrun",
        "promote": "recognizer.promote_modelversion",
        "dismiss": "recognizer.promote_modelversion",
    }

    def get_queryset(self) -> QuerySet[TrainingRun]:
        if self.action != "list":
            return TrainingRun.objects.select_related("requested_by")
        which = WhichRunsSerializer(data=self.request.query_params)
        which.is_valid(raise_exception=True)
        return TrainingRun.objects.light().filter(**which.validated_data)

    def get_serializer_class(self) -> type[RunSerializer]:
        return RunSerializer if self.action == "list" else RunDetailSerializer

    @extend_schema(
        summary="Start a training run",
        request=StartSerializer,
        responses={
            201: OpenApiResponse(RunDetailSerializer, description="skipped at once; `reason` says why"),
            202: OpenApiResponse(RunDetailSerializer, description="under way: ask `Location` how far it is"),
            **problems(400, 401, 403, 409, 415, 429),
        },
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Start a run. One trains at a time; while it does, another is refused with 409."""
        asked = StartSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        with refusing():
            run = training_runs.start_run(
                trigger=TrainingRun.Trigger.API, requested_by=_trainer(request), **asked.validated_data
            )
        if not run.is_over:
            doorbell.call_trainer(run.pk)
        data = self.get_serializer(run).data
        code = status.HTTP_201_CREATED if run.is_over else status.HTTP_202_ACCEPTED
        return Response(data, code, headers={"Location": data["url"]})

    @extend_schema(
        summary="Promote the version of a run",
        request=PromotingSerializer,
        responses={200: PromotionSerializer, **problems(400, 401, 403, 404, 409, 415, 429)},
    )
    @action(detail=True, methods=["post"])
    def promote(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Let it read from now on.

        A version that did not pass all gates against the active one needs a reason, else 409.
        """
        why = PromotingSerializer(data=request.data)
        why.is_valid(raise_exception=True)
        with refusing():
            promotion = training_runs.promote_candidate(
                run=self.get_object(), by=_trainer(request), **why.validated_data
            )
        return Response(PromotionSerializer(promotion).data)

    @extend_schema(
        summary="Say of a version that waits that it will not be promoted",
        request=NecessaryReasonSerializer,
        responses={200: RunDetailSerializer, **problems(400, 401, 403, 404, 409, 415, 429)},
    )
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Refuse what waits for promotion, and say why."""
        why = NecessaryReasonSerializer(data=request.data)
        why.is_valid(raise_exception=True)
        run = self.get_object()
        with refusing():
            training_runs.dismiss_candidate(run=run, by=_trainer(request), **why.validated_data)
        run.refresh_from_db()
        return Response(self.get_serializer(run).data)


def _trainer(request: Request) -> User:
    return cast("User", request.user)  # the permission class lets nobody else pass
