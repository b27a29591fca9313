"""The report as one page that needs nothing else: HTML with its style, plots and pictures inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ml.evaluation.evaluate import EvaluationReport
from ml.evaluation.report.page import document, paragraph
from ml.evaluation.report.sections import (
    Notes,
    accuracy,
    beside,
    confidence,
    cost,
    digits,
    failures,
    goals,
    provenance,
    rejection,
    robust,
    strings,
)
from ml.evaluation.report.study import Study
from ml.evaluation.report.targets import MISSED, REACHED, measured_targets

Costs = Mapping[str, tuple[float, float]]  # milliseconds for one digit and megabytes, by version


def render(
    study: Study, notes: Notes | None = None, others: Sequence[EvaluationReport] = (), costs: Costs | None = None
) -> str:
    """The page. `notes` are sentences about the failures of a set, by its name; `others` read the same sets, and
    `costs` are theirs and ours."""
    parts = [
        goals(study),
        accuracy(study),
        *([beside(study.report, others, costs or {})] if others else []),
        digits(study),
        confidence(study),
        rejection(study),
        strings(study),
        robust(study.curves),
        cost(study),
        failures(study, notes or {}),
        provenance(study),
    ]
    shown = [part for part in parts if part.html]
    return document(f"Reader {study.report.version}", paragraph(_lead(study)), shown)


def _lead(study: Study) -> str:
    verdicts = [bar.verdict(value) for bar, value in measured_targets(study.figures())]
    return (
        f"How well this reader reads {len(study.report.results)} sets of handwriting. Of {len(verdicts)} figures "
        f"with a goal, {verdicts.count(REACHED)} reach it and {verdicts.count(MISSED)} stay below their floor."
    )
