"""The sections of the report on confidence and on what is no digit, each from a study to HTML."""

from __future__ import annotations

import math

import numpy as np

from ml.evaluation.evaluate import (
    CALIBRATION_GROUPS,
    HARD_SETS,
    STRANGE_PEN_SETS,
    EvaluationReport,
)
from ml.evaluation.metrics import Bools, accuracy_interval, coverage, reliability, roc
from ml.evaluation.report.formatting import percent, percent2, percent_range
from ml.evaluation.report.html_parts import Section, details, grid, paragraph, table
from ml.evaluation.report.plots import Axis, Series, chart, linear
from ml.evaluation.report.sections import accuracy_axis, titles_of
from ml.evaluation.report.study import Study
from ml.labels import Floats

_TITLES = {"hard": "Mixed hard set", "digits": "Single digits", "pens": "Single digits by pens of strangers"}
_CURVE_POINTS = 200  # drawn of a curve; more could not be seen


def confidence(study: Study) -> Section:
    """Whether the reader is right as often as its confidence says."""
    figures, intervals = study.figures(), study.ece_intervals()
    rows = []
    cards = []
    for key, title in _TITLES.items():
        if f"ece_{key}" in figures:
            confidence, right = study.report.confidences(CALIBRATION_GROUPS[key])
            ece, interval = percent2(figures[f"ece_{key}"]), percent_range(intervals[f"ece_{key}"])
            scores = [f"{figures[f'{score}_{key}']:.4f}" for score in ("nll", "brier")]
            rows.append([title, f"{len(right):,}", ece, interval, *scores])
            cards.append((f"Reliability: {title.lower()}", _reliability_card(confidence, right)))
    cards.append(("Keeping only the surest", _coverage_card(study)))
    text = (
        "Of all readings that give a text: does a confidence of 90 % mean that nine of ten are right? Fifteen "
        "bins of equally many readings; the dashed line is what should be. Expected calibration error (ECE) "
        f"with its bootstrap interval. The mixed hard set is {titles_of(study.report, HARD_SETS)}; a digit "
        f"read from a letter counts as wrong. Pens of strangers: {titles_of(study.report, STRANGE_PEN_SETS)}."
    )
    head = ["", "n", "ECE", "95 % interval", "NLL", "Brier score"]
    return Section("confidence", "Confidence", paragraph(text) + table("Calibration", head, rows) + grid(cards))


def _reliability_card(confidence: Floats, right: Bools) -> str:
    means, accuracies, intervals, rows = [], [], [], []
    for mean, accuracy, n in reliability(confidence, right):
        means.append(mean)
        accuracies.append(accuracy)
        intervals.append(accuracy_interval(round((1 - accuracy) * n), n))
        rows.append([percent2(mean), percent2(accuracy), str(n)])
    series = Series("readings", means, accuracies, intervals, marked=True, joined=False)
    plot = chart("Reliability", accuracy_axis("confidence"), accuracy_axis("right"), [series], diagonal=True)
    return plot + details("The bins as a table", table("Bins", ["mean confidence", "right", "n"], rows))


def _coverage_card(study: Study) -> str:
    """Errors among the readings above a threshold on the confidence."""
    lines = []
    rows = []
    marks = []
    for key, title in _TITLES.items():
        confidence, right = study.report.confidences(CALIBRATION_GROUPS[key])
        if len(right):
            lines.append(Series(title, *_thinned(*coverage(confidence, right))))
            rows += _threshold_rows(title, confidence, right, study.sure)
            if study.sure:
                marks.append(float((confidence >= study.sure).mean()))
    x = linear("readings kept", 0, 1, percent)
    y = Axis("errors among them", 0.0, 0.1, [(v, percent(v)) for v in (0.0, 0.001, 0.01, 0.03, 0.1)], math.sqrt)
    html = chart("Errors when only the surest are kept", x, y, lines, marks=marks)
    if marks:
        html += paragraph("Dashed uprights: as many as are recognised, not unsure.", "soft")
    head = ["kept from a confidence of", "set", "kept", "errors among them"]
    return html + details("Where thresholds lie", table("Thresholds", head, rows))


def _threshold_rows(title: str, confidence: Floats, right: Bools, sure: float | None) -> list[list[str]]:
    thresholds = {0.5: "50 %", 0.9: "90 %", 0.99: "99 %"}
    if sure:
        thresholds[sure] = f"{percent(sure)} (recognised)"
    rows = []
    for threshold, name in sorted(thresholds.items()):
        kept = confidence >= threshold
        errors = percent2(float((~right[kept]).mean())) if kept.any() else "-"
        rows.append([name, title, percent2(float(kept.mean())), errors])
    return rows


def rejection(study: Study) -> Section:
    """How well what is no digit is told from digits."""
    report, figures = study.report, study.figures()
    rows = []
    curves = []
    for result in report.no_digit_results():
        digit_scores = report.digit_scores(result.benchmark)
        shares = [figures[f"fpr95_{result.name}"], figures[f"taken_{result.name}"], 1 - result.accuracy]
        auroc = f"{figures[f'auroc_{result.name}']:.4f}"
        digits = titles_of(report, result.benchmark.digits)
        rows.append([result.benchmark.title, f"{result.n:,}", auroc, *map(percent2, shares), digits])
        curves.append(Series(result.benchmark.title, *_thinned(*roc(digit_scores, result.scores))))
    head = [
        "what",
        "n",
        "AUROC",
        "taken, 5 % of digits refused",
        "taken, 1 % refused",
        "taken as it is set",
        "digits",
    ]
    text = (
        "Drawings that are no digits against digits from the same pens or paper where there are such. Scores are "
        "confidences, below zero where the reader says that there is no digit."
    )
    html = paragraph(text) + table("Rejection by kind", head, rows)
    if curves:
        ticks = [(v, percent(v)) for v in (0.001, 0.01, 0.1, 1)]
        x = Axis("drawings taken for digits", 0.001, 1, ticks, lambda share: math.log10(max(share, 1e-3)))
        roc_plot = chart("ROC curves", x, linear("digits kept", 0.8, 1, percent), curves)
        html += grid([("ROC curves", roc_plot), ("Scores", _histogram(report))])
    return Section("rejection", "What is no digit", html)


def _histogram(report: EvaluationReport) -> str:
    """The scores of each benchmark without digits, and of all digits from which these are to be told."""
    edges = np.linspace(-1, 1, 21)
    middles = ((edges[1:] + edges[:-1]) / 2).tolist()
    results = report.no_digit_results()
    names = sorted({name for result in results for name in result.benchmark.digits})
    digit_scores = np.concatenate([result.scores for result in report.results_of(names)])
    series = []
    for title, scores in [("Digits", digit_scores), *((r.benchmark.title, r.scores) for r in results)]:
        shares = np.histogram(scores, edges)[0] / len(scores)
        series.append(Series(title, middles, shares.tolist()))
    y = Axis("share of the drawings", 0, 1, [(v, percent(v)) for v in (0.0, 0.01, 0.1, 0.4, 1.0)], math.sqrt)
    return chart("Histogram of the scores", linear("score", -1, 1, lambda v: f"{v:g}"), y, series)


def _thinned(x: Floats, y: Floats) -> tuple[list[float], list[float]]:
    """At most _CURVE_POINTS points of a curve, evenly chosen."""
    chosen = np.unique(np.linspace(0, len(x) - 1, _CURVE_POINTS).astype(int))
    return x[chosen].tolist(), y[chosen].tolist()
