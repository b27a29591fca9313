"""The report as one page that needs nothing else: HTML with its style, plots and pictures inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ml.evaluate import Report
from ml.report import sections
from ml.report.bars import MISSED, REACHED, reached
from ml.report.page import document, paragraph
from ml.report.sections import Notes
from ml.report.study import Study

Costs = Mapping[str, tuple[float, float]]  # milliseconds for one digit and megabytes, by version


def render(
    study: Study, notes: Notes | None = None, others: Sequence[Report] = (), costs: Costs | None = None
) -> str:
    """The page. `notes` are sentences about the failures of a set, by its name; `others` read the same sets, and
    `costs` are theirs and ours."""
    parts = [
        sections.goals(study),
        sections.accuracy(study),
        *([sections.beside(study.report, others, costs or {})] if others else []),
        sections.digits(study),
        sections.confidence(study),
        sections.rejection(study),
        sections.strings(study),
        sections.robust(study.curves),
        sections.cost(study),
        sections.failures(study, notes or {}),
        sections.provenance(study),
    ]
    shown = [part for part in parts if part.html]
    return document(f"Reader {study.report.version}", paragraph(_lead(study)), shown)


def _lead(study: Study) -> str:
    verdicts = [bar.verdict(value) for bar, value in reached(study.figures())]
    return (
        f"How well this reader reads {len(study.report.results)} sets of handwriting. Of {len(verdicts)} figures "
        f"with a goal, {verdicts.count(REACHED)} reach it and {verdicts.count(MISSED)} stay below their floor."
    )
