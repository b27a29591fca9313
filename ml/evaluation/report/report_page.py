"""The report as one HTML page that needs no other file: its style, plots and pictures are inside."""

from __future__ import annotations

from collections.abc import Sequence

from ml.evaluation.evaluate import EvaluationReport
from ml.evaluation.report import confidence_sections, sections, stranger_sections
from ml.evaluation.report.html_parts import document, paragraph
from ml.evaluation.report.sections import Costs, Notes
from ml.evaluation.report.study import Study
from ml.evaluation.report.targets import MISSED, REACHED, measured_targets


def render_report(
    study: Study, notes: Notes | None = None, others: Sequence[EvaluationReport] = (), costs: Costs | None = None
) -> str:
    """The page. `notes` are sentences about the failures of a benchmark, by its name; `others` are the results of
    other readers on the same benchmarks, and `costs` those of all readers."""
    parts = [
        sections.targets(study),
        stranger_sections.strangers(study),
        sections.accuracy(study),
        *([sections.other_readers(study.report, others, costs or {})] if others else []),
        sections.digits(study),
        confidence_sections.confidence(study),
        confidence_sections.rejection(study),
        sections.strings(study),
        sections.robustness(study.curves),
        sections.cost(study),
        sections.failures(study, notes or {}),
        sections.provenance(study),
    ]
    verdicts = [target.verdict(value) for target, value in measured_targets(study.figures())]
    lead = (
        f"How well this reader reads {len(study.report.results)} sets of handwriting. Of {len(verdicts)} figures "
        f"with a goal, {verdicts.count(REACHED)} reach it and {verdicts.count(MISSED)} stay below their floor."
    )
    return document(f"Reader {study.report.version}", paragraph(lead), [part for part in parts if part.html])
