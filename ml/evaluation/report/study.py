"""All that is measured of a reader, and its figures by name."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ml.evaluation.benchmarks import BENCHMARKS
from ml.evaluation.evaluate import DIGIT_SETS, HARD_SETS, EvaluationReport, ReaderLike, evaluate
from ml.evaluation.metrics import bootstrap, calibration_error
from ml.evaluation.report.robustness import MOVED, Curve, measure_robustness
from ml.evaluation.report.speed import Speed, measure_speed

log = logging.getLogger(__name__)

SECTIONS = ("robustness", "speed")  # what can be asked for beside the sets
_PEN_DIGITS = next(benchmark for benchmark in BENCHMARKS if benchmark.name == "pendigits_test")
NAMES = (*(benchmark.name for benchmark in BENCHMARKS), *SECTIONS)


@dataclass(frozen=True)
class Study:
    """`card` is that of the artifact. `speed` is None where it was not asked for."""

    report: EvaluationReport
    card: Mapping[str, Any]
    curves: tuple[Curve, ...]
    speed: Speed | None

    @property
    def sure(self) -> float | None:
        """The confidence from which a reading counts as recognised, where the card tells."""
        sure = self.card.get("calibration", {}).get("sure")
        return None if sure is None else float(sure)

    def figures(self) -> dict[str, float]:
        """Shares, milliseconds, megabytes and the like, by the names that `ml.evaluation.report.targets` uses."""
        found = {f"accuracy_{result.name}": result.accuracy for result in self.report.results}
        found.update(self.report.figures())
        found.update({f"lost_{curve.effect.name}": curve.lost for curve in self.curves})
        moved = [curve.lost for curve in self.curves if curve.effect.name in MOVED]
        found.update({"lost_moved": max(moved)} if moved else {})
        if self.speed is not None:
            found.update({f"ms_{timing.name}": timing.median for timing in self.speed.timings})
            found.update({"megabytes": sum(self.speed.members.values()) / 1e6} if self.speed.members else {})
        return found

    def ece_intervals(self) -> dict[str, tuple[float, float]]:
        """95 % intervals of the calibration errors, by the names of those figures."""
        groups = {"ece_hard": self.report.judged(HARD_SETS), "ece_digits": self.report.judged(DIGIT_SETS)}
        return {name: bootstrap(calibration_error, *pair) for name, pair in groups.items() if len(pair[1])}

    def as_json(self) -> dict[str, Any]:
        curves = [
            {"name": c.effect.name, "strengths": c.effect.strengths, "n": c.n, "errors": c.errors}
            for c in self.curves
        ]
        return {
            **self.report.as_json(),
            "figures": self.figures(),
            "intervals": self.ece_intervals(),
            "robustness": curves,
            "speed": asdict(self.speed) if self.speed else None,
        }


def study(
    reader: ReaderLike,
    folder: Path,
    only: Sequence[str] = (),
    artifact: bytes | None = None,
    told: Callable[[str], None] = log.info,
    most: int | None = None,
) -> Study:
    """Measure everything of which `folder` holds the data; with `only`, the sets and SECTIONS named; of
    each set at most `most` drawings.

    `told` hears a line a set. Raises DatasetError for a damaged file.
    """
    sets = [name for name in only if name not in SECTIONS]
    report = EvaluationReport(reader.version, ())
    if sets or not only:
        report = evaluate(reader, folder, sets, most, told)
    curves: list[Curve] = []
    file = folder / _PEN_DIGITS.file
    if (not only or "robustness" in only) and file.exists():
        sample = _PEN_DIGITS.load(file, reader.card)
        for curve in measure_robustness(reader, sample):
            curves.append(curve)
            told(f"robustness, {curve.effect.name}: loses {100 * curve.lost:.1f} points at the worst")
    timed = measure_speed(reader, artifact) if not only or "speed" in only else None
    return Study(report, reader.card, tuple(curves), timed)
