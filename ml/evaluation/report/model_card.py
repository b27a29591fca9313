"""The model card of a reader, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from ml.evaluation.report.formatting import percent2, percent_range
from ml.evaluation.report.stranger_sections import stranger_tables, stranger_text
from ml.evaluation.report.study import Study
from ml.evaluation.report.targets import measured_targets

_MEASURED = (
    "**Measured** by `manage.py evaluate_model --data FOLDER --card FILE`, which wrote this page. No network "
    "was chosen by a test part, but none of them is untouched: mistakes in those of the pendigits and of the "
    "Swiss scans showed what the training had too little of (4s without their second stroke, Swiss hands), "
    "cheques, photographs, Optdigits and Semeion were looked at while the reading of lines and pictures was "
    "tuned, and letters when variants were compared. The devices and papers that were left out, where they "
    "stand below, decided which variations of ink were kept. Expect a little less on anything new, and more "
    "characters of other kinds that are taken for digits. n counts drawings, for pages digits."
)
_LIMITS = (
    "**Not for** letters or words: a lone O, l, S, Z, B and the like is taken for the digit that it resembles, "
    "and words are refused as a whole, with a number that stands close to them, such as that of a unit. Nor for "
    "what signs mean: points, commas, slashes and the signs of sums only part numbers, so 3.14 is read as 3 and "
    "14, and -5 as 5. It was trained on Western digits only. A confidence is right on average over handwriting as "
    "in these sets; on other paper, or with other pens or handwriting, it may not be. Where a wrong digit does "
    "harm, have a person check."
)


def render_model_card(study: Study) -> str:
    """Markdown: what the reader is, what it was trained on, what was measured, and what it is not for."""
    sources = [f"- {source}" for source in study.card.get("sources", ())]
    accuracies = [
        [r.benchmark.title, f"{r.n:,}", f"{r.errors:,}", percent2(r.accuracy), percent_range(r.interval)]
        for r in study.report.results
    ]
    # Targets of accuracies are left out: the table of accuracies stands above.
    others = [
        [target.title, *map(target.show, (value, target.floor, target.goal)), target.verdict(value)]
        for target, value in measured_targets(study.figures())
        if not target.figure.startswith(("accuracy_", "left_out_accuracy_"))
    ]
    parts = [
        f"# Reader {study.report.version}",
        _description(study),
        "\n".join(["**Trained on**", "", *sources]) if sources else "",
        _MEASURED,
        _strangers(study),
        "**Sets at home**, of people whom it never saw where writers are known:",
        _table(["set", "n", "errors", "accuracy", "95 % interval"], accuracies),
        _table(["other figures", "measured", "floor", "goal", ""], others),
        _LIMITS,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _description(study: Study) -> str:
    facts = []
    if parameters := study.card.get("network", {}).get("parameters"):
        facts.append(f"{parameters:,} parameters")
    if study.speed and study.speed.members:
        megabytes = sum(study.speed.members.values()) / 1e6
        facts.append(f"{megabytes:.2f} MB with the weights that training starts from")
    if study.speed and study.speed.peak:
        facts.append(f"{study.speed.peak / 2**20:.0f} MiB of memory to read with")
    name = study.card.get("name", "handwritten digits")
    return f"Reads {name}, drawn or photographed" + (": " + ", ".join(facts) if facts else "") + "."


def _strangers(study: Study) -> str:
    """What strangers meet, "" where it was not measured."""
    if study.left_out is None:
        return ""
    parts = [f"**What strangers meet.** {stranger_text(study, study.left_out)}"]
    for table in stranger_tables(study, study.left_out):
        parts += [f"{table.caption}:", _table(table.head, table.rows)]
    return "\n\n".join(parts)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, "" without rows."""
    lines = [f"| {' | '.join(row)} |" for row in (head, *rows)]
    return "\n".join([lines[0], "|---" * len(head) + "|", *lines[1:]]) if rows else ""
