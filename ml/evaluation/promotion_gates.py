"""Gates: may a challenger take the place of the champion? Each says so in a sentence, with its figures.

Both must have been tried on the same sets. What was not measured does not pass: a gate that nobody could look at
has to stop, not to let through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

from ml.evaluation.comparison import GOLDEN, HELD_OUT, ItemResult, SetResult, VersionResults
from ml.evaluation.paired_tests import exact_p, mid_p, upper_bound


@dataclass(frozen=True)
class Margin:
    """How much worse a set may be read, as shares of its drawings: the 95 % upper bound of the difference, and the
    difference itself."""

    bound: float
    difference: float = 1.0


# Bounds that an equal challenger reaches in spite of chance (docs/reader.md, "Gates"). Beside each, of how many
# drawings how many may break with none mended, or as many as are mended.
_MARGINS: Mapping[str, Margin] = MappingProxyType(
    {
        "mnist": Margin(0.0015, 0.0005),  # of 5,941: 2 by the difference, or 13
        "digits": Margin(0.003),  # of 2,550: 3, or 9
        "numbers": Margin(0.008),  # of 1,008: 3, or 10
        "photos": Margin(0.04),  # of 160: 2, or 6
        "junk": Margin(0.015),  # of 516: 3, or 9
        "pen": Margin(0.01),  # of 999: 4, or 17
    }
)


@dataclass(frozen=True)
class GateLimits:
    """What the gates ask. Shares are of drawings, not per cent."""

    margins: Mapping[str, Margin] = field(default_factory=lambda: _MARGINS)
    other: Margin = Margin(0.005)  # for sets without a margin of their own
    better: float = 0.05  # mid-p of McNemar's test on the held-out users' drawings,
    fewer: float = 0.15  # or so many fewer errors there
    recall: float = 0.005  # of any digit, and in any case one drawing
    rejection: float = 0.002  # of the AUROC
    calibration: float = 0.003  # of the expected calibration error
    slower: float = 0.1
    larger: float = 0.1
    flips: int = 1  # golden cases
    churn: float = 0.005  # of the digits, read otherwise, rightly or not
    canvas: str = "digits"  # the set that churn is measured on
    needed: tuple[str, ...] = ("digits", "numbers", "photos", "junk")  # without these nothing passes


@dataclass(frozen=True)
class GateResult:
    """One question. `figures` are plain types: what the sentence says, and what a plot needs."""

    name: str
    passed: bool
    sentence: str
    figures: dict[str, Any]


@dataclass(frozen=True)
class SetChanges:
    """Of one set the ids of what the challenger reads right and the champion does not, and the reverse."""

    name: str
    fixes: tuple[str, ...]
    breaks: tuple[str, ...]


@dataclass(frozen=True)
class GateVerdict:
    """All gates, and what changed. The challenger may take over if every gate lets it pass."""

    champion: str
    challenger: str
    gates: tuple[GateResult, ...]
    changes: tuple[SetChanges, ...]

    @property
    def passed(self) -> bool:
        return all(gate.passed for gate in self.gates)

    @property
    def failed(self) -> list[GateResult]:
        return [gate for gate in self.gates if not gate.passed]

    def as_json(self) -> dict[str, Any]:
        """Plain types."""
        gates = [asdict(gate) for gate in self.gates]
        changes = [{"name": c.name, "fixes": list(c.fixes), "breaks": list(c.breaks)} for c in self.changes]
        return {"champion": self.champion, "challenger": self.challenger, "passed": self.passed, "gates": gates,
                "changes": changes}  # fmt: skip


def judge_challenger(
    champion: VersionResults,
    challenger: VersionResults,
    bars: GateLimits = GateLimits(),
    first: VersionResults | None = None,
) -> GateVerdict:
    """Whether `challenger` may replace `champion`, which descends from `first`, if that is another version.

    Raises ValueError if they were not tried on the same sets.
    """
    _check_same(champion, challenger)
    pairs = list(zip(champion.sets, challenger.sets, strict=True))
    gates = [
        *(_no_worse(*pair, bars) for pair in pairs if pair[0].name not in (HELD_OUT, GOLDEN)),
        *(_unmeasured(f"no_worse_{name}", f"{_set(name)} were not read.") for name in _missing(champion, bars)),
        _better(champion, challenger, bars),
        _recall(champion, challenger, bars),
        _rejection(champion, challenger, bars),
        _calibration(champion, challenger, bars),
        _speed(champion, challenger, bars),
        _size(champion, challenger, bars),
        _golden(champion, challenger, bars),
        _churn(champion, challenger, bars),
        *([] if first is None else [_drift(first, challenger, bars)]),
    ]
    return GateVerdict(
        champion.version, challenger.version, tuple(gates), tuple(_changes(*pair) for pair in pairs)
    )


def _check_same(champion: VersionResults, challenger: VersionResults) -> None:
    sides = [[(tried.name, tried.digest) for tried in each.sets] for each in (champion, challenger)]
    if sides[0] != sides[1]:
        raise ValueError("The two versions were not tried on the same sets.")


def _missing(champion: VersionResults, bars: GateLimits) -> list[str]:
    """The sets that need no file and are not there all the same, or are empty."""
    there = {tried.name for tried in champion.sets if tried.outcomes}
    return [name for name in bars.needed if name not in there]


def _changes(before: SetResult, after: SetResult) -> SetChanges:
    pairs = list(zip(before.outcomes, after.outcomes, strict=True))
    fixes = tuple(new.id for old, new in pairs if new.right and not old.right)
    return SetChanges(before.name, fixes, tuple(new.id for old, new in pairs if old.right and not new.right))


def _no_worse(before: SetResult, after: SetResult, bars: GateLimits) -> GateResult:
    """Non-inferior: by how much more often the challenger errs is surely within the margin of the set."""
    changes, n = _changes(before, after), len(before.outcomes)
    fixes, breaks = len(changes.fixes), len(changes.breaks)
    margin = bars.margins.get(before.name, bars.other)
    difference, bound = (breaks - fixes) / max(n, 1), upper_bound(fixes, breaks, n)
    passed = bound <= margin.bound and difference <= margin.difference
    sentence = (
        f"{_set(before.name)}: reads {fixes:,} right that were misread, and misreads {breaks:,} that were right, "
        f"of {n:,}. At worst it errs {_points(bound)} points more often; {_points(margin.bound)} are allowed."
    )
    if difference > margin.difference:
        sentence += f" It lost {_points(difference)} points, and {_points(margin.difference)} are allowed."
    figures: dict[str, Any] = {"n": n, "fixes": fixes, "breaks": breaks, "errors": [before.errors, after.errors]}
    figures |= {"difference": difference, "bound": bound, "margin": margin.bound, "most_lost": margin.difference}
    return GateResult(f"no_worse_{before.name}", passed, sentence, figures)


def _better(champion: VersionResults, challenger: VersionResults, bars: GateLimits) -> GateResult:
    """Better on what people who never train have drawn: by chance hardly so, or by much, or as good and surer."""
    before, after = champion.named(HELD_OUT), challenger.named(HELD_OUT)
    if before is None or after is None or not before.outcomes:
        return _unmeasured("better", "No reviewed drawing of a person who never trains shows that it is better.")
    changes = _changes(before, after)
    fixes, breaks = len(changes.fixes), len(changes.breaks)
    chance = mid_p(fixes, breaks)
    reasons = {
        "significant": fixes > breaks and chance < bars.better,
        "fewer_errors": after.errors < before.errors and after.errors <= (1 - bars.fewer) * before.errors,
        "surer": after.errors <= before.errors and after.unsure < before.unsure,
    }
    sentence = (
        f"Reads {fixes:,} held-out drawings right that were misread, and misreads {breaks:,} that were right, of "
        f"{len(before.outcomes):,}; unsure of {after.unsure:,} instead of {before.unsure:,}."
    )
    figures: dict[str, Any] = {"n": len(before.outcomes), "fixes": fixes, "breaks": breaks, **reasons}
    figures |= {"p": exact_p(fixes, breaks), "mid_p": chance, "allowed": bars.better}
    figures |= {"errors": [before.errors, after.errors], "unsure": [before.unsure, after.unsure]}
    return GateResult("better", any(reasons.values()), sentence, figures)


def _recall(champion: VersionResults, challenger: VersionResults, bars: GateLimits) -> GateResult:
    """No digit is forgotten, over all frozen single digits. One drawing may always be lost: where a digit was
    drawn less than 200 times, one is more than half a point."""
    counts = [_right_by_digit(each.single) for each in (champion, challenger)]
    rows = {digit: (n, counts[0][digit][1], counts[1][digit][1]) for digit, (n, _) in counts[0].items()}
    fallen = {d: (n, old, new) for d, (n, old, new) in rows.items() if old - new > max(1.0, bars.recall * n)}
    if not rows:
        return _unmeasured("recall", "No single digits were read.")
    lost = ", ".join(f"of {n:,} drawn {d}s it reads {old - new:,} fewer" for d, (n, old, new) in fallen.items())
    worst = max(rows, key=lambda d: (rows[d][1] - rows[d][2]) / rows[d][0])
    n, old, new = rows[worst]
    fine = f"No digit is read noticeably worse: at worst the {worst}, {new:,} of {n:,} right instead of {old:,}."
    figures = {"digits": {d: {"n": n, "right": [old, new]} for d, (n, old, new) in rows.items()}}
    return GateResult("recall", not fallen, f"It unlearns digits: {lost}." if fallen else fine, figures)


def _right_by_digit(outcomes: Sequence[ItemResult]) -> dict[str, tuple[int, int]]:
    """How many there are of each digit, and how many of them are read right."""
    found: dict[str, tuple[int, int]] = {}
    for outcome in outcomes:
        n, right = found.get(outcome.expected, (0, 0))
        found[outcome.expected] = (n + 1, right + outcome.right)
    return dict(sorted(found.items()))


def _rejection(champion: VersionResults, challenger: VersionResults, bars: GateLimits) -> GateResult:
    before, after = champion.rejection, challenger.rejection
    if before is None or after is None:
        return _unmeasured("rejection", "No digits, or no signs to tell them from, were read.")
    sentence = f"Digits are told from other signs with an AUROC of {after:.4f} instead of {before:.4f}."
    figures = {"auroc": [before, after], "allowed": bars.rejection}
    return GateResult("rejection", after >= before - bars.rejection, sentence, figures)


def _calibration(champion: VersionResults, challenger: VersionResults, bars: GateLimits) -> GateResult:
    before, after = champion.calibration, challenger.calibration
    sentence = (
        f"Its confidence is {_points(after)} points away from how often it is right, instead of {_points(before)}."
    )
    figures = {"error": [before, after], "allowed": bars.calibration}
    return GateResult("calibration", after <= before + bars.calibration, sentence, figures)


def _speed(champion: VersionResults, challenger: VersionResults, bars: GateLimits) -> GateResult:
    before, after = champion.milliseconds, challenger.milliseconds
    if before is None or after is None:
        return _unmeasured("speed", "Nobody measured how long a reading takes.")
    sentence = f"A drawing of one digit takes {after:.2f} ms instead of {before:.2f} ms."
    figures = {"milliseconds": [before, after], "allowed": bars.slower}
    return GateResult("speed", after <= (1 + bars.slower) * before, sentence, figures)


def _size(champion: VersionResults, challenger: VersionResults, bars: GateLimits) -> GateResult:
    before, after = champion.size, challenger.size
    if before is None or after is None:
        return _unmeasured("size", "Nobody said how large the artifacts are.")
    sentence = f"The artifact has {after / 1e6:.2f} MB instead of {before / 1e6:.2f} MB."
    figures = {"bytes": [before, after], "allowed": bars.larger}
    return GateResult("size", after <= (1 + bars.larger) * before, sentence, figures)


def _golden(champion: VersionResults, challenger: VersionResults, bars: GateLimits) -> GateResult:
    before, after = champion.named(GOLDEN), challenger.named(GOLDEN)
    if before is None or after is None or not before.outcomes:
        return _unmeasured("golden", "No golden cases were read.")
    n, flips = len(before.outcomes), len(_changes(before, after).breaks)
    sentence = f"Misreads {flips:,} of {n:,} golden cases that were right; {bars.flips} may be."
    return GateResult("golden", flips <= bars.flips, sentence, {"n": n, "flips": flips, "allowed": bars.flips})


def _churn(champion: VersionResults, challenger: VersionResults, bars: GateLimits) -> GateResult:
    before, after = champion.named(bars.canvas), challenger.named(bars.canvas)
    if before is None or after is None or not before.outcomes:
        return _unmeasured("churn", "No drawn digits were read.")
    n = len(before.outcomes)
    changed = sum(old.text != new.text for old, new in zip(before.outcomes, after.outcomes, strict=True))
    sentence = f"Reads {changed:,} of {n:,} drawn digits otherwise than before, rightly or not."
    figures = {"n": n, "changed": changed, "allowed": bars.churn}
    return GateResult("churn", changed <= bars.churn * n, sentence, figures)


def _drift(first: VersionResults, challenger: VersionResults, bars: GateLimits) -> GateResult:
    """Losses too small to stop one version do not add up: the whole way has the margins of a single step. Changes
    that outweigh each other do add up, and are no reason."""
    _check_same(first, challenger)
    pairs = zip(first.sets, challenger.sets, strict=True)
    steps = [_no_worse(*pair, bars) for pair in pairs if pair[0].name not in (HELD_OUT, GOLDEN)]
    worse = [step for step in steps if not step.passed and step.figures["difference"] > 0]
    worse += [step for step in [_golden(first, challenger, bars)] if not step.passed]
    sentence = "No frozen set is read worse than by the version that all this began with."
    if worse:
        sentence = (
            f"Little by little it became worse than the version that all this began with. {worse[0].sentence}"
        )
    figures = {"first": first.version, "worse": [step.name for step in worse]}
    return GateResult("drift", not worse, sentence, figures)


def _unmeasured(name: str, sentence: str) -> GateResult:
    return GateResult(name, False, sentence, {})


_NAMES = {
    "mnist": "Digits of MNIST's held-out writers",
    "digits": "Drawn digits",
    "numbers": "Drawn numbers",
    "photos": "Photographed numbers",
    "junk": "Signs that are no digits",
    "pen": "Pen digits",
}


def _set(name: str) -> str:
    return _NAMES.get(name, name.replace("_", " ").capitalize())


def _points(share: float) -> str:
    return f"{100 * share:.2f}"
