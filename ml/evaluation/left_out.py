"""What strangers meet: how readers read devices, papers and countries that they never saw.

`python -m ml.tuning.leave_one_out` trains such readers and writes their results, and reports show them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ml.evaluation.benchmarks import BENCHMARKS, Benchmark
from ml.evaluation.summary import Summary
from ml.statistics import wilson_interval


@dataclass(frozen=True)
class Fold:
    """One reader: the sets and devices that it never saw, such as "kensanata" or "unipen:syn", and its results."""

    left_out: tuple[str, ...]
    summary: Summary

    @property
    def device(self) -> str:
        """The device that was left out, "" where none was."""
        return next((name for name in self.left_out if ":" in name), "")


class ReadersResult(NamedTuple):
    """How several readers read a benchmark: `n` drawings, and the share without an error."""

    benchmark: Benchmark
    n: int
    accuracy: float

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the accuracy."""
        return wilson_interval(self.accuracy, self.n)


@dataclass(frozen=True)
class LeftOut:
    """The results of readers that each never saw something, and those of all together.

    All were trained for as many `epochs` of the glyph network. `pooled` holds the benchmarks that were left out:
    the drawings of all folds, each read by the reader that never saw it.
    """

    epochs: int
    folds: tuple[Fold, ...]
    pooled: Summary

    @property
    def strange(self) -> list[ReadersResult]:
        """The benchmarks whose drawings some reader never saw the like of, pooled."""
        results = [(b, self.pooled.of(b.name)) for b in BENCHMARKS if b.name in self._left_out]
        return [ReadersResult(b, result.n, result.accuracy) for b, result in results if result and result.n]

    @property
    def home(self) -> list[ReadersResult]:
        """The other benchmarks: all readers were trained on other writers of the same sets.

        All of them read the same drawings: `n` is what one of them read, the accuracy is the mean of all. Its
        interval is that of one reader, which is a little wider than that of the mean.
        """
        means = []
        for benchmark in BENCHMARKS:
            results = [result for fold in self.folds if (result := fold.summary.of(benchmark.name)) and result.n]
            if results and benchmark.name not in self._left_out:
                accuracy = float(np.mean([result.accuracy for result in results]))
                means.append(ReadersResult(benchmark, results[0].n, accuracy))
        return means

    @property
    def _left_out(self) -> set[str]:
        """The names of the benchmarks that some reader never saw the like of."""
        return {name for fold in self.folds for name in benchmarks_of(fold.left_out)}

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
