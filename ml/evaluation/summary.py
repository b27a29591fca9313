"""The results of a reader on the benchmarks as plain numbers, which a JSON file keeps and a terminal shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ml.evaluation.metrics import accuracy_interval


@dataclass(frozen=True)
class SetSummary:
    """The result on one benchmark: `n` and `errors` count drawings, for pages digits."""

    name: str
    n: int
    errors: int

    @property
    def accuracy(self) -> float:
        """The share without an error, 0 to 1; 0 for n = 0."""
        return 1.0 - self.errors / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the accuracy."""
        return accuracy_interval(self.errors, self.n)


@dataclass(frozen=True)
class Summary:
    """The results of a reader, or of several together: each benchmark, and the figures of `EvaluationReport`."""

    version: str
    sets: Sequence[SetSummary]
    figures: Mapping[str, float]

    def of(self, name: str) -> SetSummary | None:
        """The result on the benchmark of this name, None where it was not measured."""
        return next((result for result in self.sets if result.name == name), None)

    def as_json(self) -> dict[str, Any]:
        """Plain types for a JSON file."""
        sets = [
            {"name": s.name, "n": s.n, "errors": s.errors, "accuracy": s.accuracy, "interval": list(s.interval)}
            for s in self.sets
        ]
        return {"version": self.version, "sets": sets, "figures": dict(self.figures)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Summary:
        """From what `as_json` returns. Raises KeyError, TypeError or ValueError for anything else."""
        sets = [SetSummary(str(s["name"]), int(s["n"]), int(s["errors"])) for s in data["sets"]]
        return cls(str(data["version"]), sets, {str(k): float(v) for k, v in dict(data["figures"]).items()})

    def as_text(self) -> str:
        """A table for a terminal."""
        lines = [f"Reader {self.version}", f"{'set':26} {'n':>6} {'errors':>6} {'accuracy':>9}  95 % interval"]
        for s in self.sets:
            low, high = s.interval
            lines.append(f"{s.name:26} {s.n:6} {s.errors:6} {s.accuracy:9.2%}  {low:.2%} - {high:.2%}")
        return "\n".join([*lines, *(f"{name:33} {value:15.4f}" for name, value in self.figures.items())])
