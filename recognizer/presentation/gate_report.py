"""The report on the gates of a run, for pages: from the JSON that `TrainingRun.verdict` stores."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ml.set_titles import set_title
from recognizer.models.drawing import in_words
from recognizer.models.outline import Outline
from recognizer.presentation import charts

_TITLES = {
    "better": "Better for held-out writers",
    "recall": "No digit is read worse",
    "rejection": "Tells digits from other signs",
    "calibration": "Confidence agrees with accuracy",
    "speed": "As fast",
    "size": "As small",
    "golden": "Golden cases stay right",
    "churn": "Few readings change",
    "drift": "Small losses have not added up",
}
_NO_WORSE = "no_worse_"
_BASE64 = re.compile(r"\A[A-Za-z0-9+/=]+\Z")


def gate_title(name: str) -> str:
    """The title of a gate."""
    if name.startswith(_NO_WORSE):
        return f"{set_title(name.removeprefix(_NO_WORSE))}: no worse"
    return _TITLES.get(name, name.replace("_", " ").capitalize())


@dataclass(frozen=True)
class GateRow:
    """One gate: its sentence and figures as they are stored."""

    name: str
    passed: bool
    sentence: str
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return gate_title(self.name)

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """(name, value before or only value, value after) of the figures that are numbers or pairs of numbers."""
        return [row for name, value in self.figures.items() if (row := _row(name, value))]

    @property
    def set_name(self) -> str:
        """The evaluation set whose errors the gate counts, or ""."""
        return "held_out" if self.name == "better" else self.name.partition(_NO_WORSE)[2]

    @property
    def error_rates(self) -> charts.ErrorRates | None:
        """The plot of the error rates of both versions; None if the gate counts no errors."""
        n, errors = self.figures.get("n", 0), self.figures.get("errors", [])
        return charts.error_rates(set_title(self.set_name), n, errors) if self.set_name else None


def _row(name: str, value: Any) -> tuple[str, str, str] | None:
    title = name.replace("_", " ")
    if isinstance(value, Mapping):
        return None
    if isinstance(value, list | tuple):
        return (title, _number(value[0]), _number(value[1])) if len(value) == 2 else None
    return title, _number(value), ""


def _number(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Changed:
    """A drawing of a frozen set that only one of the two versions reads right."""

    set_title: str
    text: str
    read_before: str
    read_after: str
    change: str
    outline: Outline | None
    image: str  # a PNG, base64; "" for a canvas drawing

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Changed:
        strokes, image = row.get("strokes"), str(row.get("image", ""))
        return cls(
            set_title(str(row.get("set", ""))),
            str(row.get("text", "")),
            in_words("", str(row.get("before", ""))) or "no number",
            in_words("", str(row.get("after", ""))) or "no number",
            "fixed" if row.get("fixed") else "broken",
            Outline.of(strokes) if strokes else None,
            image if _BASE64.match(image) else "",
        )


class GateReport:
    """What a page shows of a verdict. It is false for a run without a verdict."""

    def __init__(self, stored: Mapping[str, Any]) -> None:
        self._stored = stored

    def __bool__(self) -> bool:
        return bool(self.gates)

    @property
    def passed(self) -> bool:
        return bool(self._stored.get("passed"))

    @cached_property
    def gates(self) -> list[GateRow]:
        """All gates, first those that did not pass."""
        return sorted(gates_of(self._stored.get("gates")), key=lambda gate: gate.passed)

    @property
    def failed(self) -> int:
        return sum(not gate.passed for gate in self.gates)

    @property
    def error_rates(self) -> list[charts.ErrorRates]:
        return [rates for gate in self.gates if (rates := gate.error_rates)]

    def error_rates_of(self, *sets: str) -> list[charts.ErrorRates]:
        """The error rates of the named sets that were measured."""
        return [rates for gate in self.gates if gate.set_name in sets and (rates := gate.error_rates)]

    @property
    def swaps(self) -> charts.Swaps | None:
        """The plot of how many drawings of each set changed."""
        changes = self._stored.get("changes", [])
        counts = [(set_title(c["name"]), len(c["fixes"]), len(c["breaks"])) for c in changes]
        return charts.swaps([row for row in counts if row[1] or row[2]])

    @property
    def columns(self) -> list[charts.Column]:
        """The plot of the misread share of each digit; empty if it was not measured."""
        recall = next((gate for gate in self.gates if gate.name == "recall"), None)
        return charts.columns(recall.figures.get("digits", {})) if recall else []

    @cached_property
    def changed(self) -> list[Changed]:
        """Changed drawings of the frozen sets, first those that the new version misreads."""
        return sorted(map(Changed.of, self._stored.get("changed", [])), key=lambda one: one.change)


def gates_of(stored: Sequence[Mapping[str, Any]] | None) -> list[GateRow]:
    """From the list `gates` of a stored verdict."""
    return [
        GateRow(str(g["name"]), bool(g["passed"]), str(g["sentence"]), g.get("figures") or {})
        for g in stored or []
    ]
