"""The model card of a reader, in Markdown."""

from __future__ import annotations

from ml.evaluation.report.sections import percent2, span
from ml.evaluation.report.study import Study
from ml.evaluation.report.targets import measured_targets

_LIMITS = (
    "**Not for** letters or words: O, l, S, Z, B and the like are taken for the digits that they resemble. Nor "
    "for decimal points, signs and units, which are left out. It has seen Western digits only. A confidence is "
    "right on average over handwriting as in these sets; on other paper, pens or hands it may not be. Where a "
    "wrong digit does harm, let a person look."
)


def card(study: Study) -> str:
    """What it is, what it was trained on, what was measured, and what it is not for."""
    parts = [
        f"# Reader {study.report.version}",
        _what(study),
        _trained(study),
        "**Measured** by `manage.py evaluate_model --data FOLDER --card FILE`, which wrote this page. The "
        "test of MNIST chose no network. It was read once with five looks at doubtful pictures instead of "
        "three: these were a little better on held-out writers, not on the test, and were given up after "
        "that. The test of the cheques was read about ten times while lines came to be read as wholes; other "
        "amounts and photographs decided how. Failures of the pendigits test, of which the strings are made, "
        "showed one mistake of the training, which was mended. Photos, Optdigits and Semeion were looked at "
        "while the reading of pictures was tuned. When strips are heard was decided with Omniglot in view, "
        "and letters were looked at when variants were compared: expect more of other characters to be taken. "
        "n counts drawings, for pages digits.",
        _accuracy(study),
        _goals(study),
        _LIMITS,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _what(study: Study) -> str:
    parameters = study.card.get("network", {}).get("parameters")
    facts = [f"{parameters:,} parameters"] if parameters else []
    if study.speed and study.speed.members:
        facts.append(
            f"{sum(study.speed.members.values()) / 1e6:.2f} MB with the weights that training starts from"
        )
    if study.speed and study.speed.peak:
        facts.append(f"{study.speed.peak / 2**20:.0f} MiB of memory to read with")
    named = str(study.card.get("name", "handwritten digits"))
    return f"Reads {named}, drawn or photographed" + (": " + ", ".join(facts) if facts else "") + "."


def _trained(study: Study) -> str:
    sources = study.card.get("sources", ())
    return "\n".join(["**Trained on**", "", *(f"- {source}" for source in sources)]) if sources else ""


def _accuracy(study: Study) -> str:
    rows = [
        f"| {r.benchmark.title} | {r.n:,} | {r.errors:,} | {percent2(r.accuracy)} | {span(r.interval)} |"
        for r in study.report.results
    ]
    head = ["| set | n | errors | accuracy | 95 % interval |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows]) if rows else ""


def _goals(study: Study) -> str:
    rows = [
        f"| {bar.title} | {' | '.join(map(bar.show, (value, bar.floor, bar.goal)))} | {bar.verdict(value)} |"
        for bar, value in measured_targets(study.figures())
        if not bar.figure.startswith("accuracy_")
    ]
    head = ["| other figures | measured | floor | goal | |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows]) if rows else ""
