"""Our reader beside RapidOCR on the same benchmarks, in one run: accuracy, time, size, and our whole report.

Run: python -m bench.readers --data FOLDER [--html FILE] [--table FILE] [--only SET ...] [--most 500]
The peer is optional: pip install -r bench/requirements.txt
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import files
from pathlib import Path

import cv2

from bench.ocr import Ocr, PeerMissing
from ml.evaluation.evaluate import BenchmarkResult, EvaluationReport, ReaderLike, evaluate
from ml.evaluation.report.report_page import render_report
from ml.evaluation.report.sections import Costs
from ml.evaluation.report.speed import measure_speed
from ml.evaluation.report.study import PARTS, measure_reader
from ml.inference.reader import SHIPPED, Reader

_OUR_PACKAGES = ("ai-edge-litert", "numpy", "opencv-python-headless")
_PEER_PACKAGES = ("rapidocr", "onnxruntime", "numpy", "opencv-python-headless")


def main() -> None:
    """Measure both, print a table, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--html", type=Path, help="write the report here")
    parser.add_argument("--table", type=Path, help="write the accuracies here, as a table in Markdown")
    parser.add_argument("--only", nargs="+", default=(), choices=PARTS, metavar="SET", help="only these sets")
    parser.add_argument("--most", type=int, default=500, help="drawings of a set; the same for every reader")
    parser.add_argument("--artifact", type=Path, default=SHIPPED, help="our reader")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    artifact = options.artifact.read_bytes()
    ours = Reader.open(artifact)
    # With the whole alphabet and with the digits only, each for lines and for pages. Opened first, as it may be
    # missing.
    peers = [
        (Ocr(ours.card, digits_only=digits_only), Ocr(ours.card, detects_lines=True, digits_only=digits_only))
        for digits_only in (False, True)
    ]
    study = measure_reader(ours, options.data, options.only, artifact, told=_tell, most=options.most)
    others, costs = [], {ours.version: _cost(ours, _OUR_PACKAGES, len(artifact))}
    for line_ocr, page_ocr in peers:
        others.append(_evaluate_peer(study.report, line_ocr, page_ocr, options))
        costs[line_ocr.version] = _cost(line_ocr, _PEER_PACKAGES, 0)
    print(as_text([study.report, *others], costs))
    if options.table:
        options.table.write_text(as_markdown([study.report, *others], costs), encoding="utf-8")
    if options.html:
        options.html.write_text(render_report(study, others=others, costs=costs), encoding="utf-8")


def _evaluate_peer(
    ours: EvaluationReport, line_ocr: Ocr, page_ocr: Ocr, options: argparse.Namespace
) -> EvaluationReport:
    """The same benchmarks by the peer. Everything but a page is one line to it, with which it reads far better."""
    results: list[BenchmarkResult] = []
    for result in ours.results:
        peer = page_ocr if result.benchmark.kind == "page" else line_ocr
        results += evaluate(peer, options.data, [result.name], options.most, _tell).results
    return EvaluationReport(line_ocr.version, tuple(results))


def _cost(reader: ReaderLike, packages: Sequence[str], artifact_size: int) -> tuple[float, float]:
    """Milliseconds for a drawing of one digit, and megabytes on the disk of packages and artifact."""
    size = artifact_size
    for package in packages:
        paths = [Path(str(path.locate())) for path in files(package) or ()]
        size += sum(path.stat().st_size for path in paths if path.suffix != ".pyc" and path.is_file())
    return measure_speed(reader).timings[0].median, size / 1e6


def as_text(reports: Sequence[EvaluationReport], costs: Costs) -> str:
    """A table of the accuracies with their 95 % intervals."""
    lines = ["\t".join(["set", "n", *(report.version for report in reports)])]
    for results in _side_by_side(reports):
        cells = [f"{r.accuracy:.1%} ({r.interval[0]:.1%}-{r.interval[1]:.1%})" for r in results]
        lines.append("\t".join([results[0].name, str(results[0].n), *cells]))
    return "\n".join([*lines, *("\t".join(row) for row in _cost_rows(reports, costs))])


def as_markdown(reports: Sequence[EvaluationReport], costs: Costs) -> str:
    """A table for a document: accuracies in per cent, of what is no digit the share that is not taken for one.

    The best of each row is bold unless all are equal.
    """
    head = ["set", "n", "this reader", *(report.version for report in reports[1:])]
    rows = []
    for results in _side_by_side(reports):
        shares = [f"{100 * r.accuracy:.1f}" for r in results]
        best = max(shares, key=float)
        cells = [f"**{share}**" if share == best and len(set(shares)) > 1 else share for share in shares]
        rows.append([results[0].benchmark.title, f"{results[0].n:,}", *cells])
    lines = [head, ["---"] * len(head), *rows, *_cost_rows(reports, costs)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _side_by_side(reports: Sequence[EvaluationReport]) -> list[list[BenchmarkResult]]:
    """For each benchmark the results of all readers, ours first."""
    return [list(results) for results in zip(*(report.results for report in reports), strict=True)]


def _cost_rows(reports: Sequence[EvaluationReport], costs: Costs) -> list[list[str]]:
    return [
        [title, "", *(f"{costs[report.version][place]:.1f}" for report in reports)]
        for place, title in enumerate(("ms for one digit", "megabytes"))
    ]


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except PeerMissing as error:
        sys.exit(str(error))
