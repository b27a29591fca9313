"""What strangers meet: readers that never saw a device, a paper or a country, beside the reader of the report.

The same tables stand in the report and, as Markdown, in the model card.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ml.evaluation.benchmarks import BENCHMARKS
from ml.evaluation.left_out import Fold, LeftOut, ReadersResult
from ml.evaluation.report.formatting import percent2, percent_range
from ml.evaluation.report.html_parts import Section, paragraph, table
from ml.evaluation.report.study import Study
from ml.evaluation.summary import SetSummary, Summary

_UNKNOWN = "-"  # in a cell for what was not measured
# The benchmarks of the table by device, and the titles of their columns.
_BY_DEVICE = {
    "unipen_digits": "single digits right",
    "unipen_apart": "strings apart",
    "unipen_close": "close",
    "unipen_overlapping": "overlapping",
    "unipen_letters": "letters taken, AUROC",
    "unipen_signs": "signs taken, AUROC",
}


@dataclass(frozen=True)
class PlainTable:
    """A table without any markup; the first column holds the headings of the rows."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def strangers(study: Study) -> Section:
    """The section of the report, empty where no such readers were measured."""
    if study.left_out is None:
        return Section("strangers", "What strangers meet", "")
    tables = [table(t.caption, t.head, t.rows) for t in stranger_tables(study, study.left_out)]
    text = stranger_text(study, study.left_out)
    return Section("strangers", "What strangers meet", paragraph(text) + "".join(tables))


def stranger_text(study: Study, left_out: LeftOut) -> str:
    """What the figures are of, and how long those readers were trained."""
    folds = "; ".join(" and ".join(fold.left_out) for fold in left_out.folds)
    own = study.card.get("settings", {}).get("epochs")
    compared = f", this reader for {own}" if own else ""
    return (
        "This reader was trained on every device and paper that it could learn from: its own figures on those "
        "sets are of people whom it never saw, with devices that it knows. A stranger may have another. So "
        f"{len(left_out.folds)} more readers were trained like it, each without something: {folds}. They were "
        f"trained for {left_out.epochs} epochs{compared}, and have no line network; what that costs is seen at "
        "home, on other sets. Each drawing is read by the reader that never saw its device, its paper or its "
        "country. All readers share how strokes are put together, which was fitted to students of DigiLeTs "
        "among others, and how separators are found, which was fitted to signs of UNIPEN among others."
    )


def stranger_tables(study: Study, left_out: LeftOut) -> list[PlainTable]:
    """Digits, what is no digit, the sets at home, and each device; without tables that would be empty."""
    own, pooled = study.report.summary(), left_out.pooled
    digits = PlainTable(
        "Digits of strangers: the share of right readings",
        ["set", "n", "never seen", "95 % interval", "this reader, other people", "calibration error, never seen"],
        [
            [*_row(result, own), _percent(pooled.figures.get(f"ece_{result.benchmark.name}"))]
            for result in left_out.strange
            if result.benchmark.kind != "no_digit"
        ],
    )
    rejected = PlainTable(
        "Letters and signs of strangers: the share that is taken for digits",
        ["set", "n", "never seen", "95 % interval", "this reader, other people", "1 % of digits refused", "AUROC"],
        [
            [*_row(result, own), _percent(pooled.figures.get(f"taken_{name}")), _area(pooled, name)]
            for result in left_out.strange
            if result.benchmark.kind == "no_digit"
            for name in [result.benchmark.name]
        ],
    )
    home = PlainTable(
        "At home: the same on sets that are known, or unknown, to all of these readers alike. Each reads the same "
        "drawings",
        ["set", "n", "without something, mean", "95 % interval of one reader", "this reader"],
        [_row(result, own) for result in left_out.home],
    )
    devices = PlainTable(
        "By the device that was left out",
        ["device", *_BY_DEVICE.values(), "calibration error, single digits"],
        [_device_row(fold) for fold in left_out.folds if fold.device],
    )
    return [t for t in (digits, rejected, home, devices) if t.rows]


def _row(result: ReadersResult, own: Summary) -> list[str]:
    """Title, n, share and interval of the readers that left something out, and the share of this reader."""
    benchmark, n, share = result
    title, (low, high) = benchmark.title, result.interval
    if benchmark.kind == "no_digit":
        title, share, low, high = f"{title}, taken", 1 - share, 1 - high, 1 - low
    return [title, f"{n:,}", percent2(share), percent_range((low, high)), _share(own, benchmark.name)]


def _device_row(fold: Fold) -> list[str]:
    """How the reader that never saw a device reads its digits, strings, letters and signs."""
    cells = []
    for name in _BY_DEVICE:
        result, area = fold.summary.of(name), _area(fold.summary, name)
        shown = _share(fold.summary, name) + (f", {area}" if area != _UNKNOWN else "")
        cells.append(f"{shown} of {result.n:,}" if result else _UNKNOWN)
    return [fold.device, *cells, _percent(fold.summary.figures.get("ece_unipen_digits"))]


def _share(summary: Summary, name: str) -> str:
    """The share that is read right, or of what is no digit the share that is taken for a digit."""
    result = summary.of(name)
    if result is None:
        return _UNKNOWN
    return percent2(1 - result.accuracy if _is_rejected(result) else result.accuracy)


def _is_rejected(result: SetSummary) -> bool:
    return any(benchmark.kind == "no_digit" for benchmark in BENCHMARKS if benchmark.name == result.name)


def _area(summary: Summary, name: str) -> str:
    """The AUROC of a benchmark without digits."""
    area = summary.figures.get(f"auroc_{name}")
    return _UNKNOWN if area is None else f"{area:.3f}"


def _percent(value: float | None) -> str:
    return _UNKNOWN if value is None else percent2(value)
