"""What strangers meet: how readers read devices, papers and countries that they never saw.

`python -m ml.tuning.leave_one_out` trains such readers and writes their results, and reports show them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml.evaluation.benchmarks import BENCHMARKS, Benchmark
from ml.evaluation.summary import Summary


@dataclass(frozen=True)
class Fold:
    """One reader: the sets and devices that it never saw, such as "kensanata" or "unipen:syn", and its results."""

    left_out: tuple[str, ...]
    summary: Summary

    @property
    def device(self) -> str:
        """The device that was left out, "" where none was."""
        return next((name for name in self.left_out if ":" in name), "")


@dataclass(frozen=True)
class LeftOut:
    """The results of readers that each never saw something, and those of all together.

    All were trained for as many `epochs` of the glyph network. In `pooled` each benchmark holds the drawings of
    all folds, read by the readers that never saw them, and those at home once for each reader.
    """

    epochs: int
    folds: tuple[Fold, ...]
    pooled: Summary

    @property
    def strange(self) -> list[Benchmark]:
        """The benchmarks whose drawings some reader never saw the like of."""
        names = {name for fold in self.folds for name in benchmarks_of(fold.left_out)}
        return [b for b in BENCHMARKS if b.name in names and self.pooled.of(b.name)]

    @property
    def home(self) -> list[Benchmark]:
        """The other benchmarks: all readers were trained on other writers of the same sets."""
        strange = self.strange
        return [b for b in BENCHMARKS if b not in strange and self.pooled.of(b.name)]

    def as_json(self) -> dict[str, Any]:
        """Plain types for a JSON file."""
        folds = [{"left_out": list(fold.left_out), **fold.summary.as_json()} for fold in self.folds]
        return {"epochs": self.epochs, "folds": folds, "pooled": self.pooled.as_json()}


def load_left_out(file: Path) -> LeftOut:
    """The results from a JSON file. Raises ValueError for a file that is missing or holds something else."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        folds = tuple(Fold(tuple(map(str, fold["left_out"])), Summary.from_json(fold)) for fold in data["folds"])
        return LeftOut(int(data["epochs"]), folds, Summary.from_json(data["pooled"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} does not hold results of readers that left something out: {error}") from error


def benchmarks_of(left_out: Iterable[str]) -> list[str]:
    """The names of the benchmarks whose drawings are by what is left out."""
    sets = {name.partition(":")[0] for name in left_out}
    return [benchmark.name for benchmark in BENCHMARKS if benchmark.name.partition("_")[0] in sets]
