"""The sections of the report on accuracy, errors and cost, each from a study to HTML.

Those on confidence and rejection are in `ml.evaluation.report.confidence_sections`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from ml.evaluation.evaluate import DIGIT_SETS, BenchmarkResult, EvaluationReport, without_spaces
from ml.evaluation.metrics import accuracy_interval, edit_distance
from ml.evaluation.report.formatting import percent, percent2, percent_range
from ml.evaluation.report.html_parts import Cell, Row, Section, details, grid, pair, paragraph, table, terms
from ml.evaluation.report.plots import Axis, DotRow, Series, chart, dots
from ml.evaluation.report.robustness import Curve
from ml.evaluation.report.study import Study
from ml.evaluation.report.targets import MISSED, PASSED, REACHED, accuracy_target, measured_targets
from ml.evaluation.report.worst_readings import MOST, WorstReading, confusion_counts, worst_readings

Notes = Mapping[str, Mapping[str, str]]  # a sentence on each kind of failure, by benchmark and kind
Costs = Mapping[str, tuple[float, float]]  # milliseconds for one digit and megabytes, by the version of a reader

_VERDICT_CLASSES = {REACHED: "good", PASSED: "fair", MISSED: "bad"}
_HEAT = 0.6  # depth of the colour of a cell that holds a whole row


def accuracy_axis(title: str, low: float = 0.0) -> Axis:
    """An axis for accuracies on which 90, 99 and 99.9 % are evenly spaced."""
    values = (0.0, 0.5, 0.9, 0.99, 0.999)
    ticks = [(value, percent(value)) for value in values if value >= low]
    return Axis(title, low, 0.9997, ticks, lambda accuracy: -math.log10(max(1.0 - accuracy, 3e-4)))


def titles_of(report: EvaluationReport, names: Sequence[str]) -> str:
    """The titles of the benchmarks of these names that were measured."""
    return ", ".join(result.benchmark.title for result in report.results_of(names))


def targets(study: Study) -> Section:
    """Every figure that has a floor and a goal."""
    rows: list[Row] = []
    for target, value in measured_targets(study.figures()):
        verdict = target.verdict(value)
        numbers = [target.show(number) for number in (value, target.floor, target.goal)]
        rows.append([target.title, *numbers, Cell(verdict, _VERDICT_CLASSES[verdict])])
    head = ["what", "measured", "floor", "goal", ""]
    return Section("goals", "Floors and goals", table("What should be reached, and what is", head, rows))


def accuracy(study: Study) -> Section:
    """Each benchmark with its Wilson interval, as a plot and as a table."""
    dot_rows = []
    rows = []
    for result in study.report.results:
        target = accuracy_target(result.name)
        floor, goal = (target.floor, target.goal) if target else (None, None)
        dot_rows.append(DotRow(result.benchmark.title, result.accuracy, result.interval, floor, goal))
        unsure = float(np.mean([answer.state == "unsure" for answer in result.answers]))
        numbers = [f"{result.n:,}", f"{result.errors:,}", percent2(result.accuracy)]
        rows.append([result.benchmark.title, *numbers, percent_range(result.interval), percent2(unsure)])
    plot = dots("Accuracy of every set with its 95 % interval, floor and goal", accuracy_axis(""), dot_rows)
    head = ["set", "n", "errors", "accuracy", "95 % interval", "unsure"]
    text = (
        "The share of right readings, with the 95 % interval by Wilson. Red uprights are floors, green triangles "
        "goals. Of drawings that are no digits it is the share that is not recognised as any; of pages the share "
        "of right digits, by edit distance. The scale is that of the errors: each 9 takes as much room."
    )
    html = paragraph(text) + pair(plot, table("Accuracy of every set", head, rows))
    return Section("accuracy", "Accuracy", html)


def other_readers(ours: EvaluationReport, others: Sequence[EvaluationReport], costs: Costs) -> Section:
    """The same benchmarks as several readers read them. `costs` must hold those of all of them."""
    reports = [ours, *others]
    rows: list[Row] = []
    for result in ours.results:
        accuracies = [report.results_of([result.name])[0].accuracy for report in reports]
        best = max(accuracies)
        cells = [Cell(percent2(share), "best" if share == best else "") for share in accuracies]
        rows.append([result.benchmark.title, f"{result.n:,}", *cells])
    for place, title in enumerate(("milliseconds for one digit", "megabytes of program and network")):
        rows.append([title, "", *(f"{costs[report.version][place]:.1f}" for report in reports)])
    head = ["set", "n", *(report.version for report in reports)]
    text = "The same drawings in one run. Time is that of the processor for a drawing of one digit. Best in bold."
    return Section("others", "Beside others", paragraph(text) + table("Accuracy of several readers", head, rows))


def digits(study: Study) -> Section:
    """Which digits are taken for which."""
    counts, unsure = confusion_counts(study.report.results_of(DIGIT_SETS))
    totals = counts.sum(axis=1)
    confusion: list[Row] = []
    by_digit = []
    for digit in range(10):
        n, right = int(totals[digit]), int(counts[digit, digit])
        heats = np.sqrt(counts[digit] / max(n, 1)) * _HEAT
        cells = [Cell(str(c), heat=heat) if c else Cell("") for c, heat in zip(counts[digit], heats, strict=True)]
        confusion.append([str(digit), *cells])
        shares = [percent2(count / max(n, 1)) for count in (right, unsure[digit], counts[digit, 11])]
        interval = percent_range(accuracy_interval(n - right, n))
        by_digit.append([str(digit), f"{n:,}", shares[0], interval, *shares[1:]])
    text = (
        f"Drawings of one digit through the whole reader ({titles_of(study.report, DIGIT_SETS)}): a row is what "
        "was written, a column what was read."
    )
    confusion_head = ["", *map(str, range(10)), "several", "nothing"]
    head = ["digit", "n", "read right", "95 % interval", "unsure", "refused: said to be no digit"]
    tables = pair(
        table("Confusion of digits", confusion_head, confusion, "matrix"), table("By digit", head, by_digit)
    )
    return Section("digits", "Digit by digit", paragraph(text) + tables)


def strings(study: Study) -> Section:
    """Several digits: whether the whole text is right, and the number of digits."""
    rows = []
    by_length = []
    for result in study.report.results:
        lengths = np.array([len(text) for text in result.texts])
        is_string = result.benchmark.kind == "text" and lengths.mean() >= 2
        if is_string or result.benchmark.kind == "digits":
            rows.append(_string_row(result))
        if is_string:
            right = np.array(result.errors_by_drawing) == 0
            occurring = sorted(set(lengths.tolist()))
            shares = [float(right[lengths == n].mean()) for n in occurring]
            by_length.append(Series(result.benchmark.title, [float(n) for n in occurring], shares, marked=True))
    head = ["what", "n", "whole text right", "95 % interval", "wrong number of digits", "errors a digit"]
    x = Axis("digits in the string", 2, 6, [(float(n), str(n)) for n in range(2, 7)])
    plot = chart("Whole strings right by length", x, accuracy_axis("right", 0.5), by_length) if by_length else ""
    return Section("strings", "Several digits", pair(table("Strings by slice", head, rows), plot))


def _string_row(result: BenchmarkResult) -> list[str]:
    pairs = [(without_spaces(a.text), text) for a, text in zip(result.answers, result.texts, strict=True)]
    wrong_number = float(np.mean([len(read) != len(text) for read, text in pairs]))
    n_digits = sum(len(text) for _, text in pairs)
    digit_errors = sum(edit_distance(read, text) for read, text in pairs) / max(n_digits, 1)
    shares = [percent2(wrong_number), percent2(digit_errors)]
    accuracy = percent2(result.accuracy)
    return [result.benchmark.title, str(result.n), accuracy, percent_range(result.interval), *shares]


def robustness(curves: Sequence[Curve]) -> Section:
    """Accuracy by the strength of each effect."""
    if not curves:
        return Section("robustness", "Robustness", "")
    text = (
        f"{curves[0].n} pen digits of unseen writers, drawn on a canvas of 280 x 280 pixels with a pen of 8, the "
        "longer side of the ink about 100 (or as strokes); then changed more and more. Bars are 95 % intervals."
    )
    cards = []
    for curve in curves:
        effect, strengths = curve.effect, [f"{strength:g}" for strength in curve.effect.strengths]
        places = [float(i) for i in range(len(strengths))]  # at even steps, whatever the strengths are
        x = Axis(effect.unit, -0.2, len(places) - 0.8, [*zip(places, strengths, strict=True)])
        line = Series("accuracy", places, curve.accuracies, curve.intervals, marked=True)
        plot = chart(effect.title, x, accuracy_axis("accuracy", 0.5), [line])
        rows = [*zip(strengths, map(str, curve.errors), map(percent2, curve.accuracies), strict=True)]
        html = table(effect.title, [effect.unit, "errors", "accuracy"], rows)
        cards.append((effect.title, plot + details("As a table", html)))
    return Section("robustness", "Robustness", paragraph(text) + grid(cards))


def cost(study: Study) -> Section:
    """Time, size and memory."""
    speed = study.speed
    if speed is None:
        return Section("cost", "Time and size", "")
    times = [[t.title, str(t.n), f"{t.median:.2f} ms", f"{t.p95:.2f} ms"] for t in speed.timings]
    html = paragraph("One drawing at a time, warm, one thread; milliseconds of the processor.")
    html += table("Time", ["reading", "readings", "median", "95 % take at most"], times)
    sizes = [[name, f"{size:,}"] for name, size in speed.members.items()]
    if parameters := study.card.get("network", {}).get("parameters"):
        sizes.append(["parameters of the network", f"{parameters:,}"])
    if speed.peak:
        sizes.append(["peak memory of a process that reads, bytes", f"{speed.peak:,}"])
    if sizes:
        html += table("Size of the artifact", ["file", "bytes"], sizes)
    return Section("cost", "Time and size", html)


def failures(study: Study, notes: Notes) -> Section:
    """The worst readings of each benchmark, below a sentence on each kind of failure."""
    html = paragraph(
        f"Of each set {MOST} drawings: first those that are misread, framed in red, the surest readings before "
        "others; then those that are read right, the nearest to a mistake first."
    )
    for result in study.report.results:
        is_page = result.benchmark.kind == "page"
        figures = "".join(_figure(reading, is_page=is_page) for reading in worst_readings(result))
        wrong = sum(errors > 0 for errors in result.errors_by_drawing)
        summary = f"{result.benchmark.title}: {wrong} of {len(result.texts)} misread"
        kinds = terms(notes.get(result.name, {}))
        html += details(summary, f'{kinds}<ul class="sheet{" wide" if is_page else ""}">{figures}</ul>')
    return Section("failures", "The worst cases", html)


def _figure(reading: WorstReading, *, is_page: bool) -> str:
    """The picture of a drawing with its true text, what was read, and how surely."""
    answer = reading.answer
    truth, read = reading.truth or "no digit", answer.text or "no digit"
    confidence = f"{100 * answer.confidence:.1f}\u00a0%" + (", unsure" if answer.state == "unsure" else "")
    said = f"read as {read}" if reading.is_wrong else "read right"
    if is_page:
        caption = "\n".join(
            (truth, *(("read as", read) if reading.is_wrong else ("read right",)), f"({confidence})")
        )
    else:
        caption = f"{truth} {said.replace(chr(10), ' / ')} ({confidence})"
    alt = f"Drawing {reading.index}: {truth}, {said}"
    width, height = reading.size
    return (
        f'<li><figure class="{"wrong" if reading.is_wrong else "right"}">'
        f'<img src="{reading.picture}" width="{width}" height="{height}" alt="{escape(alt)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure></li>"
    )


def provenance(study: Study) -> Section:
    """What the reader was trained on, by its card."""
    sources = "".join(f"<li>{escape(str(source))}</li>" for source in study.card.get("sources", ()))
    return Section("card", "Trained on", f"<ul>{sources}</ul>" if sources else paragraph("Its card does not say."))
