"""What strangers would meet: ``python -m ml.tuning.leave_one_out --data DIR --out FOLDER``.

For each device of UNIPEN, and for a paper and a country, a reader is trained that never saw it, and reads it. All
are trained for the same few epochs. The report of a reader that trained on everything shows these figures beside
its own (`manage.py evaluate_model --left-out FILE`).
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from ml.data.split_plan import SplitPlan
from ml.evaluation.benchmarks import BENCHMARKS
from ml.evaluation.evaluate import BenchmarkResult, EvaluationReport, evaluate
from ml.evaluation.left_out import Fold, LeftOut, benchmarks_of
from ml.inference.reader import Reader
from ml.training.settings import TrainingSettings
from ml.training.train import train_to_file

log = logging.getLogger(__name__)

# What each reader never sees. A paper or a country is left out together with a device of pens, which costs no
# training of its own.
FOLDS: tuple[tuple[str, ...], ...] = (
    ("unipen:syn",),
    ("unipen:apb", "kensanata"),
    ("unipen:apa", "sudoku"),
    ("unipen:aga",),
    ("unipen:imp", "digilets"),
)
_HOME = ("pendigits_test", "uji_digits", "separable_letters", "optdigits")  # read by all readers, for comparison


def read_left_out(
    data: Path, folder: Path, left_out: Sequence[str], settings: TrainingSettings
) -> EvaluationReport:
    """Train a reader without `left_out`, or take the one that lies in `folder`, and let it read what it never saw.

    Raises CheckpointError and DatasetError.
    """
    file = folder / f"{'-'.join(left_out).replace(':', '_')}.zip"
    if not file.exists():
        plan = SplitPlan(settings.validation, settings.seed, frozenset(left_out))
        train_to_file(data, file, file.with_suffix(".checkpoints"), settings, plan)
    return evaluate(Reader.open(file), data, [*benchmarks_of(left_out), *_HOME])


def summarize(folds: Sequence[tuple[str, ...]], reports: Sequence[EvaluationReport], epochs: int) -> LeftOut:
    """The results of all folds, whose readers were trained for `epochs`, and of them together."""
    summaries = (Fold(left_out, report.summary()) for left_out, report in zip(folds, reports, strict=True))
    return LeftOut(epochs, tuple(summaries), pool_reports(reports).summary())


def pool_reports(reports: Sequence[EvaluationReport]) -> EvaluationReport:
    """One report of all: the drawings of each benchmark with the answers of the readers that never saw them."""
    pooled = []
    for benchmark in BENCHMARKS:
        parts = [result for report in reports for result in report.results_of([benchmark.name])]
        if parts:
            drawings, texts, answers = (
                [*chain.from_iterable(getattr(part, name) for part in parts)]
                for name in ("drawings", "texts", "answers")
            )
            pooled.append(BenchmarkResult(benchmark, drawings, texts, answers))
    return EvaluationReport("+".join(report.version for report in reports), tuple(pooled))


def main() -> None:
    """Train the readers that are not there yet, and log and write how they read what they never saw."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.tuning.leave_one_out", description="Measure what strangers would meet."
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with the data sets (docs/reader.md)")
    parser.add_argument("--out", type=Path, required=True, help="folder for the readers and left_out.json")
    parser.add_argument("--epochs", type=int, default=12, help="of the glyph network, as in ml.training.train")
    parser.add_argument("--seed", type=int, default=TrainingSettings.seed)
    parser.add_argument(
        "--only",
        nargs="+",
        metavar="SET",
        help="one reader that never sees these, such as digilets or unipen:syn; left_out.json is not written",
    )
    options = parser.parse_args()
    if unknown := [name for name in options.only or () if not benchmarks_of([name])]:
        parser.error(f"No benchmark has drawings of {', '.join(unknown)}.")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    settings = TrainingSettings(seed=options.seed).shortened(options.epochs / TrainingSettings.epochs)
    settings = replace(settings, strip_epochs=0)  # what is left out are single digits, and lines of strokes
    options.out.mkdir(parents=True, exist_ok=True)
    reports = []
    folds = FOLDS if options.only is None else (tuple(options.only),)
    for left_out in folds:
        reports.append(read_left_out(options.data, options.out, left_out, settings))
        log.info("left out: %s\n%s\n", ", ".join(left_out), reports[-1].summary().as_text())
    if options.only is None:
        result = summarize(folds, reports, options.epochs)
        log.info("all together\n%s", result.pooled.as_text())
        (options.out / "left_out.json").write_text(json.dumps(result.as_json(), indent=1) + "\n")


if __name__ == "__main__":
    main()
