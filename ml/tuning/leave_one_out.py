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
from dataclasses import asdict
from itertools import chain
from pathlib import Path

from ml.data.loaders import DatasetError
from ml.data.split_plan import CAN_BE_LEFT_OUT, SplitPlan
from ml.evaluation.benchmarks import BENCHMARKS
from ml.evaluation.evaluate import BenchmarkResult, EvaluationReport, evaluate
from ml.evaluation.left_out import Fold, LeftOut, benchmarks_of
from ml.inference.artifact import unpack
from ml.inference.reader import Reader
from ml.training.checkpoints import CheckpointError
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


def check_readers(folder: Path, folds: Sequence[tuple[str, ...]], settings: TrainingSettings) -> None:
    """Raise ValueError for a reader of `folds` that lies in `folder` and was trained with other settings."""
    for left_out in folds:
        file = _file_in(folder, left_out)
        if not file.exists():
            continue
        known = unpack(file.read_bytes()).card.get("settings", {})
        others = [
            f"{name} {known.get(name)} instead of {value}"
            for name, value in asdict(settings).items()
            if known.get(name) != value
        ]
        if others:
            raise ValueError(
                f"{file} was trained with {', '.join(others)}. Delete it to train it anew, or name another folder."
            )


def read_left_out(
    data: Path, folder: Path, left_out: Sequence[str], settings: TrainingSettings
) -> EvaluationReport:
    """Train a reader without `left_out`, or take the one that lies in `folder`, and let it read what it never saw.

    Raises CheckpointError and DatasetError.
    """
    file = _file_in(folder, left_out)
    if not file.exists():
        plan = SplitPlan(settings.validation, settings.seed, frozenset(left_out))
        train_to_file(data, file, file.with_suffix(".checkpoints"), settings, plan)
    return evaluate(Reader.open(file), data, [*benchmarks_of(left_out), *_HOME])


def _file_in(folder: Path, left_out: Sequence[str]) -> Path:
    """Where the reader without `left_out` is kept."""
    return folder / f"{'-'.join(left_out).replace(':', '_')}.zip"


def summarize(folds: Sequence[tuple[str, ...]], reports: Sequence[EvaluationReport], epochs: int) -> LeftOut:
    """The results of all folds, whose readers were trained for `epochs`, and of what they never saw together."""
    summaries = (Fold(left_out, report.summary()) for left_out, report in zip(folds, reports, strict=True))
    return LeftOut(epochs, tuple(summaries), pool_reports(folds, reports).summary())


def pool_reports(folds: Sequence[tuple[str, ...]], reports: Sequence[EvaluationReport]) -> EvaluationReport:
    """One report of all: the drawings that were left out, with the answers of the readers that never saw them.

    What is at home is not pooled: all readers read the same drawings of it.
    """
    pooled = []
    for benchmark in BENCHMARKS:
        parts = [
            result
            for left_out, report in zip(folds, reports, strict=True)
            if benchmark.name in benchmarks_of(left_out)
            for result in report.results_of([benchmark.name])
        ]
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
        choices=CAN_BE_LEFT_OUT,
        metavar="SET",
        help=f"one reader that never sees these, out of {', '.join(CAN_BE_LEFT_OUT)}; "
        "left_out.json is not written",
    )
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    # No line network: what is left out are single digits, and lines of strokes.
    settings = TrainingSettings(seed=options.seed, strip_epochs=0)
    settings = settings.shortened(options.epochs / TrainingSettings.epochs)
    options.out.mkdir(parents=True, exist_ok=True)
    reports = []
    folds = FOLDS if options.only is None else (tuple(options.only),)
    try:
        check_readers(options.out, folds, settings)
    except ValueError as error:
        parser.exit(1, f"{error}\n")
    for left_out in folds:
        try:
            reports.append(read_left_out(options.data, options.out, left_out, settings))
        except (CheckpointError, DatasetError) as error:
            parser.exit(1, f"{error}\n")
        log.info("left out: %s\n%s\n", ", ".join(left_out), reports[-1].summary().as_text())
    if options.only is None:
        result = summarize(folds, reports, settings.epochs)
        log.info("all together\n%s", result.pooled.as_text())
        (options.out / "left_out.json").write_text(json.dumps(result.as_json(), indent=1) + "\n")


if __name__ == "__main__":
    main()
