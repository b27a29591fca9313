"""Gates: the checks that decide whether a challenger may replace the champion.

Both versions must have read the same sets. Each gate gives a sentence and its figures. What was not measured does
not pass: a gate without data has to stop a challenger, not to let it through.

To add a gate: write a function (champion, challenger, limits) -> GateResult, put its limit into `GateLimits`,
list the function in `GATES`, and give the gate a title in `recognizer/presentation/gate_report.py`. Names and
figures of gates are stored with training runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

from ml.evaluation.comparison import GOLDEN, HELD_OUT, SetResult, VersionResults
from ml.evaluation.paired_tests import exact_p, mid_p, upper_bound
from ml.set_titles import set_title


@dataclass(frozen=True)
class Margin:
    """How much worse a set may be read, as shares of its drawings: `bound` limits the 95 % upper bound of the
    difference of the error rates, `difference` the observed difference itself."""

    bound: float
    difference: float = 1.0


# Bounds that a challenger reaches which is as good as the champion, in spite of chance (docs/reader.md, "Gates").
# Beside each: how many drawings may break with none fixed, or break and be fixed in equal numbers.
_MARGINS: Mapping[str, Margin] = MappingProxyType(
    {
        "mnist": Margin(0.0015, 0.0005),  # of 5,941 drawings 2 (by the difference), or 13
        "digits": Margin(0.003),  # of 3,600 drawings 5, or 19
        "numbers": Margin(0.008),  # of 1,008 drawings 3, or 10
        "photos": Margin(0.04),  # of 160 drawings 2, or 6
        "junk": Margin(0.015),  # of 516 drawings 3, or 9
        "pen": Margin(0.01),  # of 999 drawings 4, or 17
    }
)


@dataclass(frozen=True)
class GateLimits:
    """The limits of all gates. Shares are between 0 and 1.

    `needed` names the sets without which nothing passes: they need no data files. `canvas` is the set on which
    churn is measured.
    """

    margins: Mapping[str, Margin] = field(default_factory=lambda: _MARGINS)
    other: Margin = Margin(0.005)  # margin of sets that are not in `margins`
    better: float = 0.05  # mid-p of McNemar's test on the held-out drawings below which the challenger is better
    fewer: float = 0.15  # share of the errors there by which fewer errors are better whatever the p value
    recall: float = 0.005  # share of the drawings of any digit that may be lost; one drawing always may be
    rejection: float = 0.002  # fall of the AUROC
    calibration: float = 0.003  # rise of the expected calibration error
    slower: float = 0.1  # share of the time of a reading
    larger: float = 0.1  # share of the size of the artifact
    flips: int = 1  # golden cases that may become misread
    churn: float = 0.005  # share of the drawn digits that may be read differently, rightly or not
    canvas: str = "digits"
    needed: tuple[str, ...] = ("digits", "numbers", "photos", "junk")


# For a version that comes with the program instead of one that was trained on the site. Its size and time were
# decided with the release; here they stop only what is out of proportion. Versions that were trained apart differ
# in more of the doubtful digits than a version and its fine-tuning; whether they lose some, other gates find out.
UPDATE_LIMITS = GateLimits(slower=0.5, larger=1.0, churn=0.02)


@dataclass(frozen=True)
class GateResult:
    """The result of one gate. `figures` are plain types: what the sentence says, and what a plot needs."""

    name: str
    passed: bool
    sentence: str
    figures: dict[str, Any]


@dataclass(frozen=True)
class SetChanges:
    """The ids of the items of one set that only the challenger reads right (`fixes`), and that only the champion
    reads right (`breaks`)."""

    name: str
    fixes: tuple[str, ...]
    breaks: tuple[str, ...]


@dataclass(frozen=True)
class GateVerdict:
    """The results of all gates, and what changed. The challenger may replace the champion if all gates passed."""

    champion: str
    challenger: str
    gates: tuple[GateResult, ...]
    changes: tuple[SetChanges, ...]

    @property
    def passed(self) -> bool:
        """Whether all gates passed."""
        return all(gate.passed for gate in self.gates)

    def as_json(self) -> dict[str, Any]:
        """Plain types, as they are stored with a training run."""
        return {
            "champion": self.champion,
            "challenger": self.challenger,
            "passed": self.passed,
            "gates": [asdict(gate) for gate in self.gates],
            "changes": [{"name": c.name, "fixes": list(c.fixes), "breaks": list(c.breaks)} for c in self.changes],
        }


def judge_challenger(
    champion: VersionResults,
    challenger: VersionResults,
    limits: GateLimits = GateLimits(),
    first: VersionResults | None = None,
) -> GateVerdict:
    """Whether `challenger` may replace `champion`, which descends from `first`, if that is another version.

    Raises ValueError if they did not read the same sets.
    """
    _check_same_sets(champion, challenger)
    gates = no_worse_gates(champion, challenger, limits)
    gates += [gate(champion, challenger, limits) for gate in GATES]
    if first is not None:
        _check_same_sets(first, challenger)
        gates.append(drift_gate(first, challenger, limits))
    changes = [_changes(*pair) for pair in zip(champion.sets, challenger.sets, strict=True)]
    return GateVerdict(champion.version, challenger.version, tuple(gates), tuple(changes))


def _check_same_sets(champion: VersionResults, challenger: VersionResults) -> None:
    sets = [[(result.name, result.digest) for result in version.sets] for version in (champion, challenger)]
    if sets[0] != sets[1]:
        raise ValueError("The two versions did not read the same sets.")


def no_worse_gates(champion: VersionResults, challenger: VersionResults, limits: GateLimits) -> list[GateResult]:
    """One gate for each frozen set, and one that does not pass for each needed set that is missing or empty."""
    pairs = zip(champion.frozen_sets, challenger.frozen_sets, strict=True)
    read = {result.name for result in champion.sets if result.items}
    missing = [name for name in limits.needed if name not in read]
    return [
        *(_no_worse_gate(before, after, limits) for before, after in pairs),
        *(_not_measured(f"no_worse_{name}", f"{set_title(name)} were not read.") for name in missing),
    ]


def _no_worse_gate(before: SetResult, after: SetResult, limits: GateLimits) -> GateResult:
    """Non-inferiority: the upper bound of the rise of the error rate is within the margin of the set."""
    changes, n = _changes(before, after), len(before.items)
    fixes, breaks = len(changes.fixes), len(changes.breaks)
    margin = limits.margins.get(before.name, limits.other)
    difference, bound = (breaks - fixes) / max(n, 1), upper_bound(fixes, breaks, n)
    sentence = (
        f"{set_title(before.name)}: of {n:,}, {fixes:,} are newly read right and {breaks:,} newly misread. The "
        f"error rate rises by at most {_points(bound)} percentage points (95 % bound); {_points(margin.bound)} "
        "are allowed."
    )
    if difference > margin.difference:
        sentence += (
            f" On these drawings it rose by {_points(difference)}; {_points(margin.difference)} are allowed."
        )
    figures = {
        "n": n,
        "fixes": fixes,
        "breaks": breaks,
        "errors": [before.errors, after.errors],
        "difference": difference,
        "bound": bound,
        "margin": margin.bound,
        "most_lost": margin.difference,
    }
    passed = bound <= margin.bound and difference <= margin.difference
    return GateResult(f"no_worse_{before.name}", passed, sentence, figures)


def better_gate(champion: VersionResults, challenger: VersionResults, limits: GateLimits) -> GateResult:
    """Better on the drawings of held-out writers: significantly so, or by much, or as good and surer."""
    pair = _both(champion, challenger, HELD_OUT)
    if pair is None:
        return _not_measured("better", "There is no reviewed drawing of a held-out writer.")
    before, after = pair
    changes, n = _changes(before, after), len(before.items)
    fixes, breaks = len(changes.fixes), len(changes.breaks)
    mid_p_value = mid_p(fixes, breaks)
    reasons = {
        "significant": fixes > breaks and mid_p_value < limits.better,
        "fewer_errors": after.errors < before.errors and after.errors <= (1 - limits.fewer) * before.errors,
        "surer": after.errors <= before.errors and after.unsure < before.unsure,
    }
    sentence = (
        f"Of {n:,} held-out drawings, {fixes:,} are newly read right and {breaks:,} newly misread; "
        f"{after.unsure:,} are unsure instead of {before.unsure:,}."
    )
    figures = {
        "n": n,
        "fixes": fixes,
        "breaks": breaks,
        **reasons,
        "p": exact_p(fixes, breaks),
        "mid_p": mid_p_value,
        "allowed": limits.better,
        "errors": [before.errors, after.errors],
        "unsure": [before.unsure, after.unsure],
    }
    return GateResult("better", any(reasons.values()), sentence, figures)


def recall_gate(champion: VersionResults, challenger: VersionResults, limits: GateLimits) -> GateResult:
    """No digit is forgotten, over the single digits of all frozen sets. One drawing may always be lost: where a
    digit was drawn less than 200 times, one drawing is more than half a point."""
    drawn = Counter(item.expected for item in champion.single_digits)
    if not drawn:
        return _not_measured("recall", "No single digits were read.")
    before, after = (
        Counter(item.expected for item in version.single_digits if item.right)
        for version in (champion, challenger)
    )
    lost = {digit: before[digit] - after[digit] for digit in sorted(drawn)}
    forgotten = [digit for digit in lost if lost[digit] > max(1.0, limits.recall * drawn[digit])]
    if forgotten:
        losses = (f"of {drawn[digit]:,} drawn {digit}s {lost[digit]:,} fewer" for digit in forgotten)
        sentence = f"Some digits are forgotten: {', '.join(losses)} are read right."
    else:
        worst = max(lost, key=lambda digit: lost[digit] / drawn[digit])
        sentence = (
            f"No digit is read noticeably worse. At worst, of {drawn[worst]:,} drawn {worst}s {after[worst]:,} "
            f"are read right instead of {before[worst]:,}."
        )
    counts = {digit: {"n": drawn[digit], "right": [before[digit], after[digit]]} for digit in lost}
    return GateResult("recall", not forgotten, sentence, {"digits": counts})


def rejection_gate(champion: VersionResults, challenger: VersionResults, limits: GateLimits) -> GateResult:
    """Digits are told from other signs as well as before."""
    before, after = champion.rejection_auroc, challenger.rejection_auroc
    if before is None or after is None:
        return _not_measured("rejection", "No digits, or no signs that are no digits, were read.")
    sentence = f"Digits are told from other signs with an AUROC of {after:.4f} instead of {before:.4f}."
    figures = {"auroc": [before, after], "allowed": limits.rejection}
    return GateResult("rejection", after >= before - limits.rejection, sentence, figures)


def calibration_gate(champion: VersionResults, challenger: VersionResults, limits: GateLimits) -> GateResult:
    """Confidence and accuracy agree as well as before."""
    before, after = champion.calibration_error, challenger.calibration_error
    sentence = (
        f"Confidence and accuracy differ by {_points(after)} percentage points on average instead of "
        f"{_points(before)} (expected calibration error)."
    )
    figures = {"error": [before, after], "allowed": limits.calibration}
    return GateResult("calibration", after <= before + limits.calibration, sentence, figures)


def speed_gate(champion: VersionResults, challenger: VersionResults, limits: GateLimits) -> GateResult:
    """Reading takes about as long as before."""
    before, after = champion.milliseconds, challenger.milliseconds
    if before is None or after is None:
        return _not_measured("speed", "The time of a reading was not measured.")
    sentence = f"A drawing of one digit takes {after:.2f} ms instead of {before:.2f} ms."
    figures = {"milliseconds": [before, after], "allowed": limits.slower}
    return GateResult("speed", after <= (1 + limits.slower) * before, sentence, figures)


def size_gate(champion: VersionResults, challenger: VersionResults, limits: GateLimits) -> GateResult:
    """The artifact is about as large as before."""
    before, after = champion.size, challenger.size
    if before is None or after is None:
        return _not_measured("size", "The sizes of the artifacts are not known.")
    sentence = f"The artifact has {after / 1e6:.2f} MB instead of {before / 1e6:.2f} MB."
    figures = {"bytes": [before, after], "allowed": limits.larger}
    return GateResult("size", after <= (1 + limits.larger) * before, sentence, figures)


def golden_gate(champion: VersionResults, challenger: VersionResults, limits: GateLimits) -> GateResult:
    """Golden cases stay right."""
    pair = _both(champion, challenger, GOLDEN)
    if pair is None:
        return _not_measured("golden", "No golden cases were read.")
    n, flips = len(pair[0].items), len(_changes(*pair).breaks)
    sentence = f"Of {n:,} golden cases, {flips:,} are newly misread; the limit is {limits.flips}."
    return GateResult("golden", flips <= limits.flips, sentence, {"n": n, "flips": flips, "allowed": limits.flips})


def churn_gate(champion: VersionResults, challenger: VersionResults, limits: GateLimits) -> GateResult:
    """Few drawn digits are read differently than before, whether rightly or not."""
    pair = _both(champion, challenger, limits.canvas)
    if pair is None:
        return _not_measured("churn", "No drawn digits were read.")
    before, after = pair
    n = len(before.items)
    changed = sum(old.text != new.text for old, new in zip(before.items, after.items, strict=True))
    sentence = f"Of {n:,} drawn digits, {changed:,} are read differently than before, rightly or not."
    figures = {"n": n, "changed": changed, "allowed": limits.churn}
    return GateResult("churn", changed <= limits.churn * n, sentence, figures)


Gate = Callable[[VersionResults, VersionResults, GateLimits], GateResult]

# The gates over all sets, in the order in which a verdict lists them. Those of single sets come before, drift
# after.
GATES: tuple[Gate, ...] = (
    better_gate,
    recall_gate,
    rejection_gate,
    calibration_gate,
    speed_gate,
    size_gate,
    golden_gate,
    churn_gate,
)


def drift_gate(first: VersionResults, challenger: VersionResults, limits: GateLimits) -> GateResult:
    """Losses too small to stop one version do not add up: against the first version the margins of a single step
    hold. Only a set whose error rate rose counts: changes that outweigh each other grow with every step and are no
    reason to stop."""
    pairs = zip(first.frozen_sets, challenger.frozen_sets, strict=True)
    sets = [_no_worse_gate(before, after, limits) for before, after in pairs]
    worse = [gate for gate in sets if not gate.passed and gate.figures["difference"] > 0]
    golden = golden_gate(first, challenger, limits)
    if not golden.passed:
        worse.append(golden)
    origin = f"version {first.version}, from which the active version descends"
    sentence = f"No frozen set is read worse than by {origin}."
    if worse:
        sentence = f"Over several promotions it became worse than {origin}. {worse[0].sentence}"
    figures = {"first": first.version, "worse": [gate.name for gate in worse]}
    return GateResult("drift", not worse, sentence, figures)


def _both(champion: VersionResults, challenger: VersionResults, name: str) -> tuple[SetResult, SetResult] | None:
    """A set as both versions read it, None where it is missing or empty."""
    before, after = champion.set_result(name), challenger.set_result(name)
    return None if before is None or after is None or not before.items else (before, after)


def _changes(before: SetResult, after: SetResult) -> SetChanges:
    pairs = list(zip(before.items, after.items, strict=True))
    fixes = tuple(new.id for old, new in pairs if new.right and not old.right)
    return SetChanges(before.name, fixes, tuple(new.id for old, new in pairs if old.right and not new.right))


def _not_measured(name: str, sentence: str) -> GateResult:
    return GateResult(name, False, sentence, {})


def _points(share: float) -> str:
    """A share in percentage points."""
    return f"{100 * share:.2f}"
