"""Our reader beside RapidOCR on the same sets, in one run: accuracy, time, size, and our whole report.

Run: python -m bench.readers --data FOLDER --html FILE [--only SET ...] [--most 500]
The peer is optional: pip install -r bench/requirements.txt
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import files
from pathlib import Path

import cv2

from bench.ocr import NoPeer, Ocr
from ml.evaluation.evaluate import BenchmarkResult, EvaluationReport, ReaderLike, evaluate
from ml.evaluation.metrics import wilson_interval
from ml.evaluation.report.html import Costs, render
from ml.evaluation.report.speed import measure_speed
from ml.evaluation.report.study import NAMES, study
from ml.inference.reader import SHIPPED, Reader

_OURS = ("ai-edge-litert", "numpy", "opencv-python-headless")
_PEERS = ("rapidocr", "onnxruntime", "numpy", "opencv-python-headless")


def main() -> None:
    options = _options()
    cv2.setNumThreads(1)
    artifact = options.artifact.read_bytes()
    ours = Reader.open(artifact)
    peers = _peers(ours)
    found = study(ours, options.data, options.only, artifact, told=_tell, most=options.most)
    others, costs = [], {ours.version: _cost(ours, _OURS, len(artifact))}
    for line, page in peers:
        others.append(_beside(found.report, line, page, options))
        costs[line.version] = _cost(line, _PEERS, 0)
    print(as_text([found.report, *others], costs))
    if options.html:
        options.html.write_text(render(found, others=others, costs=costs), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--html", type=Path, help="write the report here")
    parser.add_argument("--only", nargs="+", default=(), choices=NAMES, metavar="SET", help="only these sets")
    parser.add_argument("--most", type=int, default=500, help="drawings of a set; the same for every reader")
    parser.add_argument("--artifact", type=Path, default=SHIPPED, help="our reader")
    return parser.parse_args()


def _peers(ours: ReaderLike) -> list[tuple[Ocr, Ocr]]:
    """As it is and with the digits only, each told that a picture is one line and finding lines by itself."""
    return [
        (Ocr(ours.card, digits_only=digits_only), Ocr(ours.card, finds=True, digits_only=digits_only))
        for digits_only in (False, True)
    ]


def _beside(ours: EvaluationReport, line: Ocr, page: Ocr, options: argparse.Namespace) -> EvaluationReport:
    """The same sets by the peer, which is told that everything but a page is one line: its better way by far."""
    results: list[BenchmarkResult] = []
    for result in ours.results:
        peer = page if result.benchmark.kind == "page" else line
        results += evaluate(peer, options.data, [result.name], options.most, _tell).results
    return EvaluationReport(line.version, tuple(results))


def _cost(reader: ReaderLike, packages: Sequence[str], more: int) -> tuple[float, float]:
    """Milliseconds for a drawing of one digit; megabytes on the disk of what it runs on."""
    timing = measure_speed(reader).timings[0]
    return timing.median, (sum(map(_installed, packages)) + more) / 1e6


def _installed(package: str) -> int:
    paths = [Path(str(path.locate())) for path in files(package) or ()]
    return sum(path.stat().st_size for path in paths if path.suffix != ".pyc" and path.is_file())


def as_text(reports: Sequence[EvaluationReport], costs: Costs) -> str:
    """A table of the accuracies with their 95 % intervals."""
    lines = ["\t".join(["set", "n", *(report.version for report in reports)])]
    for place, result in enumerate(reports[0].results):
        cells = [_cell(report.results[place].errors, result.n) for report in reports]
        lines.append("\t".join([result.name, str(result.n), *cells]))
    for place, title in enumerate(("ms for one digit", "megabytes")):
        lines.append("\t".join([title, "", *(f"{costs[report.version][place]:.1f}" for report in reports)]))
    return "\n".join(lines)


def _cell(errors: int, n: int) -> str:
    low, high = wilson_interval(errors, n)
    return f"{1 - errors / n:.1%} ({low:.1%}-{high:.1%})"


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except NoPeer as error:
        sys.exit(str(error))
