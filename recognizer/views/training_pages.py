"""The pages of trainers: the active version, runs with their gates and drawings, promotion and rollback."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import time
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from recognizer.forms import DecisionForm, ScheduleForm, StartForm
from recognizer.models import Drawing, ModelVersion, Promotion, ShadowReading, TrainingRun, TrainingSample
from recognizer.presentation import charts
from recognizer.presentation.gate_report import GateReport
from recognizer.presentation.training_schedule import TrainingSchedule
from recognizer.services import model_versions, training_runs, training_schedule
from recognizer.services.training_schedule import EVERY_DAY
from recognizer.serving import doorbell, vital_signs

if TYPE_CHECKING:
    from accounts.requests import SignedInRequest

RUNS, VERSIONS = 20, 20  # a page
PICTURES = 24  # drawings of a page; rows of two, three, four and six come out even
FEW = 12  # drawings on the page of a run, before the link to all
RECENT = 5  # versions on the status page
SUGGESTED = time(3, 10)  # when the form suggests to train, as the first migration plans it
IN_LISTS = ("held_out", "digits", "mnist")  # sets whose error rates a list of versions shows

State = TrainingRun.State
Decide = Callable[[dict[str, Any]], Any]  # takes the cleaned data of `DecisionForm`
may_look = permission_required("recognizer.view_trainingrun", raise_exception=True)
may_see_drawings = permission_required("recognizer.view_drawing", raise_exception=True)
may_start = permission_required("recognizer.start_trainingrun", raise_exception=True)
may_promote = permission_required("recognizer.promote_modelversion", raise_exception=True)


@require_safe
@may_look
@never_cache
def overview(request: SignedInRequest) -> HttpResponse:
    return _overview(request)


def _overview(request: SignedInRequest, form: ScheduleForm | None = None, status: int = 200) -> HttpResponse:
    """The page, with the form of the schedule as somebody filled it in; or as it is planned."""
    planned = TrainingSchedule.of(training_schedule.planned())
    new, since = training_runs.newly_reviewed()
    active = model_versions.active_version()
    context = {
        "active": active,
        "came": active and Promotion.objects.filter(version=active).select_related("by").first(),
        "previous": model_versions.previous_version(),
        "running": TrainingRun.objects.running().first(),
        "new": new,
        "since": since,
        "worth": max(1, settings.TRAINING_LEAST_NEW),
        "versions": _with_rates(ModelVersion.objects.with_story()[:RECENT]),
        "page_obj": _page(request, TrainingRun.objects.light().undecided_first(), RUNS),
        "schedule": planned,
        "schedule_form": form or ScheduleForm(initial=_as_planned(planned)),
        # A browser without scripts asks for the page with the workers, which may take two seconds.
        "signs": vital_signs.look() if "workers" in request.GET else None,
    }
    return render(request, "recognizer/training/overview.html", context, status=status)


def _as_planned(planned: TrainingSchedule) -> dict[str, Any]:
    """What the form shows first: the plan if it can say it, else every night."""
    days = sorted(planned.days or EVERY_DAY)
    return {"enabled": planned.enabled, "at": planned.at or SUGGESTED, "days": days}


@require_safe
@may_look
@never_cache
def workers(request: SignedInRequest) -> HttpResponse:
    """Which workers live, as the fragment of the overview that may take two seconds."""
    return render(request, "recognizer/training/_workers.html", {"signs": vital_signs.look()})


@require_POST
@may_start
@never_cache
def schedule(request: SignedInRequest) -> HttpResponse:
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        return _overview(request, form, status=400)
    if form.cleaned_data["enabled"]:
        task = training_schedule.plan_training(at=form.cleaned_data["at"], days=form.cleaned_data["days"])
        messages.success(request, f"It trains {TrainingSchedule.of(task).words}, if enough is new.")
    else:
        training_schedule.stop_training()
        messages.success(request, "It trains only when somebody starts it.")
    return redirect("recognizer:training")


@require_safe
@may_look
def all_versions(request: SignedInRequest) -> HttpResponse:
    page = _page(request, ModelVersion.objects.with_story(), VERSIONS)
    context = {"page_obj": page, "versions": _with_rates(page.object_list)}
    return render(request, "recognizer/training/versions.html", context)


def _with_rates(versions: Iterable[Any]) -> list[Any]:
    """Give each version the error rates that the gates of its run measured."""
    listed = list(versions)
    for version in listed:
        version.error_rates = GateReport({"gates": version.gates}).error_rates_of(*IN_LISTS)
    return listed


@require_safe
@may_look
@never_cache
def run(request: SignedInRequest, pk: int) -> HttpResponse:
    joined = TrainingRun.objects.select_related("requested_by", "base", "version")
    light = joined.defer("base__artifact", "base__card", "version__artifact", "version__card")
    run = get_object_or_404(light, pk=pk)
    context: dict[str, Any] = {"run": run, "curves": charts.curves(run.losses)}
    if run.is_over:
        context["verdict"] = GateReport(run.verdict)
        context |= {"tally": run.samples.tally(), "reasons": run.samples.reasons()}
        context |= _decision(run) | _pictures(request, run)
    return render(request, "recognizer/training/run.html", context)


def _decision(run: TrainingRun) -> dict[str, Any]:
    """Whether the run has a version that can be promoted: its artifact is kept, and it is not active."""
    version = run.version
    if version is None:
        return {}
    can_read = ModelVersion.objects.kept().filter(pk=version.pk).exists()
    active = model_versions.active_version()
    return {
        "active": active,
        "promotions": version.promotions.select_related("by"),
        "can_read": can_read,
        "can_promote": can_read and not version.active,
        "proven": training_runs.is_proven(version, run, active),
    }


def _pictures(request: SignedInRequest, run: TrainingRun) -> dict[str, Any]:
    """A few changed drawings, for users who may see drawings."""
    if not request.user.has_perm("recognizer.view_drawing"):
        return {}
    few = {"fixed": list(run.samples.fixed()[:FEW]), "broken": list(run.samples.broken()[:FEW])}
    _add_drawings([*few["fixed"], *few["broken"]])
    shadow = ShadowReading.objects.disagreements(run.version) if run.version else ShadowReading.objects.none()
    return {**few, "may_see": True, "shadow": shadow[:FEW], "shadow_count": shadow.count()}


def _add_drawings(samples: Iterable[TrainingSample]) -> None:
    """Give each sample its drawing, or None if the drawing was deleted."""
    samples = list(samples)
    drawings = Drawing.objects.pictures(sample.drawing_id for sample in samples)
    for sample in samples:
        sample.drawing = drawings.get(sample.drawing_id)  # type: ignore[attr-defined]


def _page(request: HttpRequest, rows: Any, size: int) -> Any:
    return Paginator(rows, size).get_page(request.GET.get("page"))


@require_safe
@may_look
@never_cache
def progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """The progress of a run, as the fragment of its page that changes."""
    run = get_object_or_404(TrainingRun.objects.defer("verdict"), pk=pk)
    context = {"run": run, "curves": charts.curves(run.losses)}
    return render(request, "recognizer/training/_progress.html", context)


_FILTERS: dict[str, Callable[[TrainingRun], Any]] = {
    "fixed": lambda run: run.samples.fixed(),
    "broken": lambda run: run.samples.broken(),
    "both-wrong": lambda run: run.samples.both_wrong(),
    "all": lambda run: run.samples.compared(),
}


@require_safe
@may_look
@may_see_drawings
def run_drawings(request: SignedInRequest, pk: int) -> HttpResponse:
    """Every reviewed drawing under both versions."""
    run = get_object_or_404(TrainingRun.objects.light(), pk=pk)
    which = request.GET.get("show", "")
    which = which if which in _FILTERS else "fixed"
    page = _page(request, _FILTERS[which](run), PICTURES)
    _add_drawings(page.object_list)
    context = {"run": run, "page_obj": page, "show": which, "tally": run.samples.tally()}
    return render(request, "recognizer/training/drawings.html", context)


@require_safe
@may_look
def run_frozen(request: SignedInRequest, pk: int) -> HttpResponse:
    """The changed items of the frozen sets, which are no users' drawings."""
    run = get_object_or_404(TrainingRun.objects.select_related("version").defer("version__artifact"), pk=pk)
    page = _page(request, GateReport(run.verdict).changed, PICTURES)
    return render(request, "recognizer/training/frozen_sets.html", {"run": run, "page_obj": page})


@require_safe
@may_look
@may_see_drawings
def run_set_aside(request: SignedInRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(TrainingRun.objects.light(), pk=pk)
    page = _page(request, run.samples.set_aside(), PICTURES)
    _add_drawings(page.object_list)
    return render(request, "recognizer/training/set_aside.html", {"run": run, "page_obj": page})


@require_safe
@may_look
@may_see_drawings
def run_shadow(request: SignedInRequest, pk: int) -> HttpResponse:
    """Users' drawings that the version of a run reads differently from the version that answered."""
    run = get_object_or_404(TrainingRun.objects.trained().light(), pk=pk)
    page = _page(request, ShadowReading.objects.disagreements(run.version), PICTURES)  # type: ignore[arg-type]
    return render(request, "recognizer/training/shadow_readings.html", {"run": run, "page_obj": page})


@require_POST
@may_start
def start(request: SignedInRequest) -> HttpResponse:
    form = StartForm(request.POST)
    form.full_clean()  # two optional check boxes, which are always valid
    try:
        run = training_runs.start_run(
            trigger=TrainingRun.Trigger.BUTTON, requested_by=request.user, **form.cleaned_data
        )
    except ValidationError as error:
        messages.error(request, error.message)
        return redirect("recognizer:training")
    if not run.is_over:
        doorbell.call_trainer(run.pk)
    return redirect(run)


@require_POST
@may_promote
def promote(request: SignedInRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(TrainingRun.objects.light(), pk=pk)
    return _decided(
        request,
        run,
        lambda decision: training_runs.promote_candidate(run=run, by=request.user, **decision),
        f"Version {run.version_id} reads from now on. All workers follow within ten seconds.",
    )


@require_POST
@may_promote
def dismiss(request: SignedInRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(TrainingRun.objects.light(), pk=pk)
    return _decided(
        request,
        run,
        lambda decision: training_runs.dismiss_candidate(run=run, by=request.user, reason=decision["reason"]),
        f"Version {run.version_id} is dismissed.",
    )


def _decided(request: SignedInRequest, run: TrainingRun, decide: Decide, done: str) -> HttpResponse:
    _tell(request, decide, done)
    return redirect(run)


def _tell(request: SignedInRequest, decide: Decide, done: str) -> None:
    """Decide with the data of the form, and add a message that it is done or why not."""
    form = DecisionForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return
    try:
        decide(form.cleaned_data)
    except ValidationError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done)


@require_POST
@may_promote
def rollback(request: SignedInRequest) -> HttpResponse:
    _tell(
        request,
        lambda decision: model_versions.rollback(by=request.user, **decision),
        "The version before reads again. All workers follow within ten seconds.",
    )
    return redirect("recognizer:training")
