"""What strangers meet: results are kept in a file, and shown beside those of the reader of the report."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ml.evaluation.evaluate import EvaluationReport
from ml.evaluation.left_out import Fold, LeftOut, benchmarks_of, load_left_out
from ml.evaluation.report.stranger_sections import stranger_tables, stranger_text, strangers
from ml.evaluation.report.study import Study
from ml.evaluation.summary import SetSummary, Summary


@pytest.fixture
def left_out() -> LeftOut:
    """Two readers: one without a device and a paper, the other without another device. Both read 200 at home."""
    figures = {"auroc_unipen_letters": 0.9912, "taken_unipen_letters": 0.12, "ece_unipen_digits": 0.0123}
    first = [
        SetSummary("unipen_digits", 100, 2),
        SetSummary("unipen_letters", 50, 5),
        SetSummary("kensanata", 80, 4),
        SetSummary("pendigits_test", 200, 1),
    ]
    second = [SetSummary("unipen_digits", 300, 3), SetSummary("pendigits_test", 200, 3)]
    pooled = [
        SetSummary("unipen_digits", 400, 5),
        SetSummary("unipen_letters", 50, 5),
        SetSummary("kensanata", 80, 4),
    ]
    folds = (
        Fold(("unipen:apb", "kensanata"), Summary("a", first, figures)),
        Fold(("unipen:syn",), Summary("b", second, {})),
    )
    return LeftOut(12, folds, Summary("a+b", pooled, figures))


@pytest.fixture
def study(left_out: LeftOut) -> Study:
    """A study of a reader that was trained for 70 epochs."""
    return Study(EvaluationReport("abc", ()), {"settings": {"epochs": 70}}, (), None, left_out)


def test_results_are_kept_in_a_file(left_out, tmp_path):
    file = tmp_path / "left_out.json"
    file.write_text(json.dumps(left_out.as_json()))
    assert load_left_out(file) == left_out


@pytest.mark.parametrize("text", ["nonsense", "[]", "{}", '{"epochs": 1, "folds": [{}], "pooled": {}}'])
def test_a_file_that_holds_something_else(text, tmp_path):
    (tmp_path / "left_out.json").write_text(text)
    with pytest.raises(ValueError, match=r"left_out\.json does not hold"):
        load_left_out(tmp_path / "left_out.json")


def test_a_file_that_is_missing(tmp_path):
    with pytest.raises(ValueError, match=r"none\.json does not hold"):
        load_left_out(tmp_path / "none.json")


def test_benchmarks_are_of_what_was_left_out_or_at_home(left_out):
    assert [r.benchmark.name for r in left_out.strange] == ["unipen_digits", "kensanata", "unipen_letters"]
    assert [r.benchmark.name for r in left_out.home] == ["pendigits_test"]
    assert benchmarks_of(["kensanata"]) == ["kensanata"]
    assert benchmarks_of(["stars"]) == []


def test_the_tables(study, left_out):
    digits, rejected, home, devices = stranger_tables(study, left_out)
    assert digits.rows[0][1:3] == ["400", "98.75 %"]
    assert digits.rows[0][-1] == "1.23 %"
    assert rejected.rows[0][1:4] == ["50", "10.00 %", "4.35 - 21.36 %"]  # Wilson
    assert rejected.rows[0][-2:] == ["12.00 %", "0.991"]
    assert home.rows[0][1:4] == ["200", "99.00 %", "96.43 - 99.73 %"]  # both readers read the same drawings
    assert [row[:2] for row in devices.rows] == [
        ["unipen:apb", "98.00 % of 100"],
        ["unipen:syn", "99.00 % of 300"],
    ]
    assert devices.rows[0][5] == "10.00 %, 0.991 of 50"
    assert all(len(row) == len(table.head) for table in (digits, rejected, home, devices) for row in table.rows)


def test_it_says_how_long_they_were_trained(study, left_out):
    assert "trained for 12 epochs, this reader for 70" in stranger_text(study, left_out)
    assert "unipen:apb and kensanata; unipen:syn" in stranger_text(study, left_out)


def test_their_figures_are_figures_of_the_study(study):
    figures = study.figures()
    assert figures["left_out_accuracy_unipen_digits"] == pytest.approx(395 / 400)
    assert figures["left_out_auroc_unipen_letters"] == 0.9912
    assert study.as_json()["left_out"]["epochs"] == 12
    assert "kensanata" in study.as_text()


def test_without_them_there_is_no_section(study):
    assert strangers(study).html
    assert not strangers(replace(study, left_out=None)).html
