"""The parts of the report, each from a study to HTML."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from ml.evaluation.evaluate import DIGIT_SETS, HARD_SETS, PEN_SETS, BenchmarkResult, EvaluationReport
from ml.evaluation.metrics import Floats, coverage, edit_distance, reliability, roc, wilson_interval
from ml.evaluation.report.page import Cell, Section, details, grid, pair, paragraph, table
from ml.evaluation.report.plots import Axis, Row, Series, chart, dots, linear, percent
from ml.evaluation.report.robustness import Curve
from ml.evaluation.report.sheets import MOST, Case, confused, worst
from ml.evaluation.report.study import Study
from ml.evaluation.report.targets import MISSED, PASSED, REACHED, accuracy_target, measured_targets

Notes = Mapping[str, Sequence[str]]

_VERDICTS = {REACHED: "good", PASSED: "fair", MISSED: "bad"}
_GROUPS = {"hard": ("Mixed hard set", HARD_SETS), "digits": ("Single digits", DIGIT_SETS)}
_POINTS = 200  # of a curve; more could not be seen


def _by_errors(share: float) -> float:
    """A scale on which 90, 99 and 99.9 % are evenly apart."""
    return -math.log10(max(1.0 - share, 3e-4))


def _shares(title: str, low: float = 0.0) -> Axis:
    ticks = [v for v in (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.998, 0.999) if v >= low]
    return Axis(
        title, low, 0.9997, [(v, percent(v)) for v in ticks if v not in (0.8, 0.95, 0.98, 0.998)], _by_errors
    )


def goals(study: Study) -> Section:
    """Every figure that has a floor and a goal."""
    rows: list[list[str | Cell]] = []
    for bar, value in measured_targets(study.figures()):
        verdict = bar.verdict(value)
        cells = [bar.title, bar.show(value), bar.show(bar.floor), bar.show(bar.goal)]
        rows.append([*cells, Cell(verdict, _VERDICTS[verdict])])
    head = ["what", "measured", "floor", "goal", ""]
    return Section("goals", "Floors and goals", table("What should be reached, and what is", head, rows))


def accuracy(study: Study) -> Section:
    """Each set with its Wilson interval, as a plot and as a table."""
    results = study.report.results
    rows = []
    for result in results:
        bar = accuracy_target(result.name)
        ends = (bar.floor, bar.goal) if bar else (None, None)
        rows.append(Row(result.benchmark.title, result.accuracy, result.interval, *ends))
    plot = dots("Accuracy of every set with its 95 % interval, floor and goal", _shares(""), rows)
    text = (
        "The share of right readings, with the 95 % interval by Wilson. Red uprights are floors, green triangles "
        "goals. Of drawings that are no digits it is the share that is not recognised as any; of pages the share "
        "of right digits, by edit distance. The scale is that of the errors: each 9 takes as much room."
    )
    return Section("accuracy", "Accuracy", paragraph(text) + pair(plot, _accuracy_table(results)))


def _accuracy_table(results: Sequence[BenchmarkResult]) -> str:
    head = ["set", "n", "errors", "accuracy", "95 % interval", "unsure"]
    rows = [[r.benchmark.title, f"{r.n:,}", f"{r.errors:,}", percent2(r.accuracy), span(r.interval),
             percent2(float(np.mean([a.state == "unsure" for a in r.answers])))] for r in results]  # fmt: skip
    return table("Accuracy of every set", head, rows)


def _names(report: EvaluationReport, names: Sequence[str]) -> str:
    return ", ".join(result.benchmark.title for result in report.named(names))


def percent2(share: float) -> str:
    return f"{100 * share:.2f} %"


def span(interval: tuple[float, float]) -> str:
    return f"{100 * interval[0]:.2f} - {100 * interval[1]:.2f} %"


def beside(
    ours: EvaluationReport, others: Sequence[EvaluationReport], times: Mapping[str, tuple[float, float]]
) -> Section:
    """The same sets by several readers. `times` are milliseconds a digit and megabytes, by version."""
    reports = [ours, *others]
    rows: list[list[str | Cell]] = []
    for result in ours.results:
        found = [r.named([result.name])[0].accuracy for r in reports]
        cells = [Cell(percent2(share), "best" if share == max(found) else "") for share in found]
        rows.append([result.benchmark.title, f"{result.n:,}", *cells])
    for place, title in enumerate(("milliseconds for one digit", "megabytes of program and network")):
        rows.append([title, "", *(f"{times[r.version][place]:.1f}" for r in reports)])
    head = ["set", "n", *(r.version for r in reports)]
    text = "The same drawings in one run. Time is that of the processor for a drawing of one digit. Best in bold."
    return Section("others", "Beside others", paragraph(text) + table("Accuracy of several readers", head, rows))


def digits(study: Study) -> Section:
    """Which digits are taken for which."""
    named = study.report.named(DIGIT_SETS)
    counts, unsure = confused(named)
    totals = counts.sum(axis=1)
    head = ["", *map(str, range(10)), "several", "nothing"]
    rows: list[list[str | Cell]] = []
    for digit in range(10):
        depth = np.sqrt(counts[digit] / max(totals[digit], 1)) * 0.6
        cells = [
            Cell(str(n) if n else "", heat=h if n else None) for n, h in zip(counts[digit], depth, strict=True)
        ]
        rows.append([str(digit), *cells])
    text = (
        f"Drawings of one digit through the whole reader ({_names(study.report, DIGIT_SETS)}): a row is what "
        "was written, a column what was read."
    )
    recall = [
        [str(d), f"{totals[d]:,}", percent2(counts[d, d] / max(totals[d], 1)),
         span(wilson_interval(int(totals[d] - counts[d, d]), int(totals[d]))), percent2(unsure[d] / max(totals[d], 1)),
         percent2(counts[d, 11] / max(totals[d], 1))] for d in range(10)
    ]  # fmt: skip
    titles = ["digit", "n", "read right", "95 % interval", "unsure", "refused: said to be no digit"]
    tables = pair(table("Confusion of digits", head, rows, "matrix"), table("By digit", titles, recall))
    return Section("digits", "Digit by digit", paragraph(text) + tables)


def confidence(study: Study) -> Section:
    """Whether it is right as often as it says."""
    figures, intervals = study.figures(), study.ece_intervals()
    groups = {key: pair for key, pair in _GROUPS.items() if f"ece_{key}" in figures}
    head = ["", "n", "ECE", "95 % interval", "NLL", "Brier score"]
    rows = [[title, f"{len(study.report.judged(names)[1]):,}", percent2(figures[f"ece_{key}"]),
             span(intervals[f"ece_{key}"]), f"{figures[f'nll_{key}']:.4f}", f"{figures[f'brier_{key}']:.4f}"]
            for key, (title, names) in groups.items()]  # fmt: skip
    cards = [(f"Reliability: {title.lower()}", _reliability(study, names)) for title, names in groups.values()]
    text = (
        "Of all readings that give a text: does a confidence of 90 % mean that nine of ten are right? Fifteen "
        "bins of equally many readings; the dashed line is what should be. Expected calibration error (ECE) with "
        f"its bootstrap interval. The mixed hard set is {_names(study.report, HARD_SETS)}; a digit read from a letter "
        "counts as wrong."
    )
    html = paragraph(text) + table("Calibration", head, rows) + grid([*cards, _covered(study)])
    return Section("confidence", "Confidence", html)


def _reliability(study: Study, names: Sequence[str]) -> str:
    bins = reliability(*study.report.judged(names))
    spans = [wilson_interval(round((1 - right) * n), n) for _, right, n in bins]
    series = Series("readings", [b[0] for b in bins], [b[1] for b in bins], spans, marked=True, joined=False)
    plot = chart("Reliability", _shares("confidence"), _shares("right"), [series], diagonal=True)
    rows = [[percent2(sure), percent2(right), str(n)] for sure, right, n in bins]
    return plot + details("The bins as a table", table("Bins", ["mean confidence", "right", "n"], rows))


def _covered(study: Study) -> tuple[str, str]:
    """Errors among what is kept, when only readings from some confidence on are."""
    lines, rows, marks = [], [], []
    for title, names in _GROUPS.values():
        sure, right = study.report.judged(names)
        if len(right):
            kept, wrong = coverage(sure, right)
            lines.append(Series(title, *_thinned(kept, wrong)))
            rows += _thresholds(title, sure, right, study.sure)
            marks += [float((sure >= study.sure).mean())] if study.sure else []
    y = Axis("errors among them", 0.0, 0.1, [(v, percent(v)) for v in (0.0, 0.001, 0.01, 0.03, 0.1)], math.sqrt)
    plot = chart(
        "Errors when only the surest are kept", linear("readings kept", 0, 1, percent), y, lines, marks=marks
    )
    head = ["kept from a confidence of", "set", "kept", "errors among them"]
    said = paragraph("Dashed uprights: as many as are recognised, not unsure.", "soft") if marks else ""
    return "Keeping only the surest", plot + said + details(
        "Where thresholds lie", table("Thresholds", head, rows)
    )


def _thresholds(title: str, confidence: Floats, right: np.ndarray, sure: float | None) -> list[list[str]]:
    wanted = {0.5: "50 %", 0.9: "90 %", 0.99: "99 %", **({sure: f"{percent(sure)} (recognised)"} if sure else {})}
    rows = []
    for threshold, name in sorted(wanted.items()):
        kept = confidence >= threshold
        errors = percent2(float((~right[kept]).mean())) if kept.any() else "-"
        rows.append([name, title, percent2(float(kept.mean())), errors])
    return rows


def rejection(study: Study) -> Section:
    """What is no digit: how well it is told from digits."""
    report, figures = study.report, study.figures()
    real = report.real()
    kinds = report.strangers() if len(real) else []
    rows = [[k.benchmark.title, str(k.n), f"{figures[f'auroc_{k.name}']:.4f}",
             *(percent2(figures[f"{figure}_{k.name}"]) for figure in ("fpr95", "taken")), percent2(1 - k.accuracy)]
            for k in kinds]  # fmt: skip
    head = ["what", "n", "AUROC", "taken, 5 % of digits refused", "taken, 1 % refused", "taken as it is set"]
    text = (
        f"Drawings that are no digits against {len(real):,} pen digits ({_names(report, PEN_SETS)}). "
        "Scores are confidences, below zero where the reader says that there is no digit."
    )
    curves = [Series(k.benchmark.title, *_thinned(*roc(real, k.scores))) for k in kinds]
    x = Axis("drawings taken for digits", 0.001, 1, [(v, percent(v)) for v in (0.001, 0.01, 0.1, 1)],
             lambda v: math.log10(max(v, 1e-3)))  # fmt: skip
    lines = chart("ROC curves", x, linear("digits kept", 0.8, 1, percent), curves)
    cards = [("ROC curves", lines), ("Scores", _histogram(real, kinds))]
    html = paragraph(text) + table("Rejection by kind", head, rows) + (grid(cards) if kinds else "")
    return Section("rejection", "What is no digit", html)


def _histogram(real: Floats, kinds: Sequence[BenchmarkResult]) -> str:
    edges = np.linspace(-1, 1, 21)
    middles = ((edges[1:] + edges[:-1]) / 2).tolist()
    parts = [("Pen digits", real), *((k.benchmark.title, k.scores) for k in kinds)]
    series = [
        Series(title, middles, (np.histogram(s, edges)[0] / max(len(s), 1)).tolist())
        for title, s in parts
        if len(s)
    ]
    y = Axis("share of the drawings", 0, 1, [(v, percent(v)) for v in (0.0, 0.01, 0.1, 0.4, 1.0)], math.sqrt)
    return chart("Histogram of the scores", linear("score", -1, 1, lambda v: f"{v:g}"), y, series)


def _thinned(x: Floats, y: Floats) -> tuple[list[float], list[float]]:
    chosen = np.unique(np.linspace(0, len(x) - 1, _POINTS).astype(int))
    return x[chosen].tolist(), y[chosen].tolist()


def strings(study: Study) -> Section:
    """Several digits: the whole text, and how many digits there are."""
    named = [r for r in study.report.results if r.name.startswith("strings_") or r.name == "cheques"]
    rows = []
    for r in named:
        pairs = [("".join(a.text.split()), t) for a, t in zip(r.answers, r.texts, strict=True)]
        count = float(np.mean([len(read) != len(t) for read, t in pairs]))
        letters = sum(edit_distance(read, t) for read, t in pairs) / max(sum(len(t) for _, t in pairs), 1)
        rows.append(
            [
                r.benchmark.title,
                str(r.n),
                percent2(r.accuracy),
                span(r.interval),
                percent2(count),
                percent2(letters),
            ]
        )
    head = ["what", "n", "whole text right", "95 % interval", "wrong number of digits", "errors a digit"]
    lengths = [
        Series(r.benchmark.title, *_by_length(r), marked=True) for r in named if r.name.startswith("strings_")
    ]
    x = Axis("digits in the string", 2, 6, [(float(n), str(n)) for n in range(2, 7)])
    plot = chart("Whole strings right by length", x, _shares("right", 0.5), lengths) if lengths else ""
    return Section("strings", "Several digits", pair(table("Strings by slice", head, rows), plot))


def _by_length(result: BenchmarkResult) -> tuple[list[float], list[float]]:
    lengths = np.array([len(text) for text in result.texts])
    right = np.array(result.wrong) == 0
    found = sorted(set(lengths.tolist()))
    return [float(n) for n in found], [float(right[lengths == n].mean()) for n in found]


def robust(curves: Sequence[Curve]) -> Section:
    """Accuracy against the strength of each change."""
    if not curves:
        return Section("robustness", "Robustness", "")
    text = (
        f"{curves[0].n} pen digits of unseen writers, drawn on a canvas of 280 x 280 pixels with a pen of 8, the "
        "longer side of the ink about 100 (or as strokes); then changed more and more. Bars are 95 % intervals."
    )
    return Section(
        "robustness", "Robustness", paragraph(text) + grid([(c.effect.title, _robust(c)) for c in curves])
    )


def _robust(curve: Curve) -> str:
    places = [float(i) for i in range(len(curve.errors))]
    ticks = [(i, f"{strength:g}") for i, strength in zip(places, curve.effect.strengths, strict=True)]
    axis = Axis(curve.effect.unit, -0.2, len(places) - 0.8, ticks)
    line = Series("accuracy", places, curve.accuracies, curve.intervals, marked=True)
    plot = chart(curve.effect.title, axis, _shares("accuracy", 0.5), [line])
    rows = [[f"{s:g}", str(e), percent2(a)]
            for s, e, a in zip(curve.effect.strengths, curve.errors, curve.accuracies, strict=True)]  # fmt: skip
    return plot + details("As a table", table(curve.effect.title, [curve.effect.unit, "errors", "accuracy"], rows))


def cost(study: Study) -> Section:
    """Time, size, memory."""
    if study.speed is None:
        return Section("cost", "Time and size", "")
    head = ["reading", "readings", "median", "95 % take at most"]
    rows = [[t.title, str(t.n), f"{t.median:.2f} ms", f"{t.p95:.2f} ms"] for t in study.speed.timings]
    html = paragraph("One drawing at a time, warm, one thread; milliseconds of the processor.")
    html += table("Time", head, rows)
    sizes = [[name, f"{size:,}"] for name, size in study.speed.members.items()]
    parameters = study.card.get("network", {}).get("parameters")
    sizes += [["parameters of the network", f"{parameters:,}"]] if parameters else []
    sizes += [["peak memory of a process that reads, bytes", f"{study.speed.peak:,}"]] if study.speed.peak else []
    return Section(
        "cost", "Time and size", html + (table("Size of the artifact", ["file", "bytes"], sizes) if sizes else "")
    )


def failures(study: Study, notes: Notes) -> Section:
    """The worst cases of each set."""
    text = f"Up to {MOST} misread drawings of each set, those first that the reader was surest of."
    parts = []
    for result in study.report.results:
        cases = worst(result)
        said = "".join(paragraph(note) for note in notes.get(result.name, ()))
        wide = " wide" if result.benchmark.kind == "page" else ""
        sheet = f'<ul class="sheet{wide}">{"".join(_figure(case, result) for case in cases)}</ul>'
        wrong = sum(1 for errors in result.wrong if errors)
        parts.append(details(f"{result.benchmark.title}: {wrong} of {len(result.texts)} misread", said + sheet))
    return Section("failures", "The worst cases", paragraph(text) + "".join(parts))


def _figure(case: Case, result: BenchmarkResult) -> str:
    truth, read = case.truth or "no digit", case.answer.text or "no digit"
    sure = f"{100 * case.answer.confidence:.1f}\u00a0%" + (", unsure" if case.answer.state == "unsure" else "")
    if result.benchmark.kind == "page":
        caption = "\n".join((truth, "read as", read, f"({sure})"))
    else:
        caption = f"{truth} read as {read.replace(chr(10), ' / ')} ({sure})"
    alt = f"Drawing {case.index}: {truth}, read as {read}"
    width, height = case.size
    return (
        f'<li><figure><img src="{case.picture}" width="{width}" height="{height}" alt="{escape(alt)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure></li>"
    )


def provenance(study: Study) -> Section:
    """What it was trained on, by its card."""
    sources = "".join(f"<li>{escape(str(source))}</li>" for source in study.card.get("sources", ()))
    return Section("card", "Trained on", f"<ul>{sources}</ul>" if sources else paragraph("Its card does not say."))
