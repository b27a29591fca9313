"""The study of a reader: its results on the benchmarks, its robustness and its speed, and all figures by name."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ml.evaluation.benchmarks import BENCHMARKS
from ml.evaluation.evaluate import CALIBRATION_GROUPS, EvaluationReport, ReaderLike, evaluate
from ml.evaluation.left_out import LeftOut
from ml.evaluation.metrics import bootstrap, calibration_error
from ml.evaluation.report.robustness import MOVED, Curve, measure_robustness
from ml.evaluation.report.speed import Speed, measure_speed

log = logging.getLogger(__name__)

_EXTRAS = ("robustness", "speed")  # what is measured besides the benchmarks
PARTS = (*(benchmark.name for benchmark in BENCHMARKS), *_EXTRAS)  # what a study can be restricted to
_PEN_DIGITS = next(benchmark for benchmark in BENCHMARKS if benchmark.name == "pendigits_test")


@dataclass(frozen=True)
class Study:
    """What was measured of a reader. `card` is that of its artifact; `speed` is None where it was not measured.

    `left_out` is what other readers read of devices, papers and countries that they never saw.
    """

    report: EvaluationReport
    card: Mapping[str, Any]
    curves: tuple[Curve, ...]
    speed: Speed | None
    left_out: LeftOut | None = None

    @property
    def sure(self) -> float | None:
        """The confidence from which a reading counts as recognised, None where the card does not tell."""
        sure = self.card.get("calibration", {}).get("sure")
        return None if sure is None else float(sure)

    def figures(self) -> dict[str, float]:
        """Shares, milliseconds, megabytes and so on, by the names that `ml.evaluation.report.targets` uses.

        Those of the readers that left something out begin with "left_out_".
        """
        figures = {f"accuracy_{result.name}": result.accuracy for result in self.report.results}
        figures |= self.report.figures()
        figures |= {f"lost_{curve.effect.name}": curve.lost for curve in self.curves}
        moved = [curve.lost for curve in self.curves if curve.effect.name in MOVED]
        if moved:
            figures["lost_moved"] = max(moved)
        if self.speed is not None:
            figures |= {f"ms_{timing.name}": timing.median for timing in self.speed.timings}
            if self.speed.members:
                figures["megabytes"] = sum(self.speed.members.values()) / 1e6
        if self.left_out is not None:
            pooled = self.left_out.pooled
            figures |= {f"left_out_accuracy_{result.name}": result.accuracy for result in pooled.sets}
            figures |= {f"left_out_{name}": value for name, value in pooled.figures.items()}
        return figures

    def ece_intervals(self) -> dict[str, tuple[float, float]]:
        """95 % intervals of the calibration errors, by the names of those figures."""
        intervals = {}
        for group, names in CALIBRATION_GROUPS.items():
            confidence, right = self.report.confidences(names)
            if len(right):
                intervals[f"ece_{group}"] = bootstrap(calibration_error, confidence, right)
        return intervals

    def as_text(self) -> str:
        """The results for a terminal, then those of the readers that left something out."""
        text = self.report.summary().as_text()
        return text if self.left_out is None else f"{text}\n\nNever seen\n{self.left_out.pooled.as_text()}"

    def as_json(self) -> dict[str, Any]:
        """The results, figures, intervals, curves and times as plain types, for a JSON file."""
        curves = [
            {"name": c.effect.name, "strengths": c.effect.strengths, "n": c.n, "errors": c.errors}
            for c in self.curves
        ]
        return {
            **self.report.summary().as_json(),
            "figures": self.figures(),
            "intervals": self.ece_intervals(),
            "robustness": curves,
            "speed": asdict(self.speed) if self.speed else None,
            "left_out": self.left_out.as_json() if self.left_out else None,
        }


def measure_reader(
    reader: ReaderLike,
    folder: Path,
    only: Sequence[str] = (),
    artifact: bytes | None = None,
    told: Callable[[str], None] = log.info,
    most: int | None = None,
    left_out: LeftOut | None = None,
) -> Study:
    """Measure a reader on everything whose data is in `folder`; with `only`, on the PARTS of these names.

    `most` limits the drawings of each benchmark, and `left_out` is passed on. `artifact` is that of the reader:
    with it, its size and memory are measured too. `told` is called with a line on each result. Raises DatasetError
    for a damaged file.
    """
    benchmarks = [name for name in only if name not in _EXTRAS]
    report = EvaluationReport(reader.version, ())
    if benchmarks or not only:
        report = evaluate(reader, folder, benchmarks, most, told)
    curves: list[Curve] = []
    file = folder / _PEN_DIGITS.file
    if (not only or "robustness" in only) and file.exists():
        for curve in measure_robustness(reader, _PEN_DIGITS.load(file, reader.card)):
            told(f"robustness, {curve.effect.name}: loses {100 * curve.lost:.1f} points at the worst")
            curves.append(curve)
    speed = measure_speed(reader, artifact) if not only or "speed" in only else None
    return Study(report, reader.card, tuple(curves), speed, left_out)
