"""The report counts what was misread on the sets that are there."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from ml.data.loaders import StrokeSet, load_strokes
from ml.evaluation.benchmarks import BENCHMARKS
from ml.evaluation.evaluate import (
    DIGIT_SETS,
    HARD_SETS,
    STRANGE_PEN_SETS,
    Answer,
    BenchmarkResult,
    EvaluationReport,
    evaluate,
)
from ml.evaluation.labeled_drawings import compose_strings
from ml.synthesis.handwriting import write_digit


@pytest.fixture
def folder(tmp_path, rng):
    """A folder with sixty drawn digits, one of them with a wrong label, as a pen data set."""
    labels = np.arange(60) % 10
    drawings = [write_digit(int(label), rng=rng, style=None) for label in labels]
    strokes = [stroke * 100 for drawing in drawings for stroke in drawing]
    labels[7] = 1
    np.savez(
        tmp_path / "pendigits_strokes.npz",
        label=labels.astype(np.uint8),
        writer=np.repeat([1, 2, 3], 20),
        test=np.ones(60, bool),
        points=np.concatenate(strokes),
        stroke_start=np.cumsum([0, *map(len, strokes)]),
        sample_start=np.cumsum([0, *map(len, drawings)]),
    )
    return tmp_path


def test_it_works(reader, folder):
    report = evaluate(reader, folder, most=60)
    names = [result.name for result in report.results]
    assert names == [
        "pendigits_test",
        "strings_apart",
        "strings_close",
        "strings_overlapping",
        "forms",
        "empty_forms",
        "scribbles",
    ]
    digits = report.results[0]
    assert digits.n == 60
    assert 1 <= digits.errors <= 4
    assert report.version == reader.version
    assert json.loads(json.dumps(report.summary().as_json()))["sets"][0]["errors"] == digits.errors
    assert "pendigits_test" in report.summary().as_text()


def test_only_what_was_asked_for(reader, folder):
    assert [r.name for r in evaluate(reader, folder, only=["pendigits_test"]).results] == ["pendigits_test"]


def test_an_empty_folder_has_synthetic_sets_only(reader, tmp_path):
    assert [r.name for r in evaluate(reader, tmp_path, most=12).results] == ["forms", "empty_forms", "scribbles"]


def test_figures_tell_digits_from_scribbles(reader, folder):
    figures = evaluate(reader, folder, only=["pendigits_test", "scribbles"], most=60).figures()
    assert figures["auroc_scribbles"] > 0.95
    assert 0 <= figures["taken_scribbles"] < 0.5
    assert 0 <= figures["ece_hard"] < 0.2


def test_strings_are_of_one_writer_and_seeded(folder):
    pen = load_strokes(folder / "pendigits_strokes.npz")
    assert isinstance(pen, StrokeSet)
    once, again = compose_strings(pen, 20, seed=3), compose_strings(pen, 20, seed=3)
    assert once.texts == again.texts
    assert all(2 <= len(text) <= 6 for text in once.texts)


def test_a_large_set_is_read_in_part_and_always_the_same(reader, folder):
    lines: list[str] = []
    once = evaluate(reader, folder, only=["pendigits_test"], most=10, told=lines.append)
    again = evaluate(reader, folder, only=["pendigits_test"], most=10)
    assert once.results[0].n == 10
    assert once.results[0].texts == again.results[0].texts
    assert lines == [f"pendigits_test: {once.results[0].errors} errors of 10"]


def result(name: str, kind: str, answers: list[tuple[str, str, str, float]]) -> BenchmarkResult:
    """A benchmark of truths, states, texts and confidences, as the table of benchmarks has it."""
    benchmark = replace(next(b for b in BENCHMARKS if b.name == name), kind=kind)
    said = [Answer(state, text, sure) for _, state, text, sure in answers]
    return BenchmarkResult(benchmark, [[]] * len(answers), [truth for truth, *_ in answers], said)


def test_signs_are_told_from_digits_of_the_same_pens():
    digits = [(str(i), "recognised", str(i), 0.5) for i in range(10)]
    others = [(str(i), "recognised", str(i), 0.99) for i in range(10)]
    letters = [("", "recognised", "7", 0.6), ("", "not_a_digit", "", 0.9)]
    report = EvaluationReport(
        "a",
        (
            result("pendigits_test", "text", others),
            result("unipen_digits", "text", digits),
            result("unipen_letters", "no_digit", letters),
            result("digilets_letters", "no_digit", letters),
        ),
    )
    figures = report.figures()
    assert figures["auroc_unipen_letters"] == 0.5
    assert figures["taken_unipen_letters"] == 0.5
    assert figures["ece_unipen_digits"] == figures["ece_pens"] == pytest.approx(0.5)
    assert "auroc_digilets_letters" not in figures  # its digits were not measured


def test_a_page_is_exact_if_all_of_it_is_right():
    pages = [("12\n34", "recognised", "12\n34", 0.9), ("5 6", "recognised", "56", 0.9), ("78", "unsure", "7", 0.4)]
    report = EvaluationReport("a", (result("photos2_lines", "page", pages),))
    assert report.figures()["exact_photos2_lines"] == pytest.approx(2 / 3)


def test_what_was_not_read_is_not_calibrated():
    refused = [("3", "not_a_digit", "", 0.9), ("4", "empty", "", 0.8)]
    sets = (
        result("unipen_digits", "text", refused),
        result("digilets_digits", "text", [("3", "unsure", "3", 0.6)]),
    )
    figures = EvaluationReport("a", sets).figures()
    assert "ece_unipen_digits" not in figures  # no error: nothing was read
    assert figures["ece_digilets_digits"] == pytest.approx(0.4)
    assert figures["ece_pens"] == pytest.approx(0.4)


def test_every_benchmark_without_digits_names_digits():
    names = {benchmark.name for benchmark in BENCHMARKS}
    for benchmark in BENCHMARKS:
        assert set(benchmark.digits) <= names
    assert {*HARD_SETS, *DIGIT_SETS, *STRANGE_PEN_SETS} <= names


def test_a_set_from_which_the_reader_learned_is_left_out(folder):
    class Known:
        version = "known"
        card = {"strangers": {"unipen": [2]}}

        def read(self, drawings):
            return [Answer("recognised", "1", 0.9) for _ in drawings]

    pens = np.load(folder / "pendigits_strokes.npz")
    arrays = {name: pens[name] for name in pens.files if name not in ("test", "label")}
    devices = np.array(["?", "syn", "apa", "-"])[pens["writer"]]
    file = folder / "unipen_part_strokes.npz"
    np.savez(file, label=pens["label"].astype("U1"), device=devices, **arrays)
    (digits,) = evaluate(Known(), folder, only=["unipen_digits"]).results
    assert digits.n == 20
    Known.card = {"strangers": {"unipen": [3]}}  # of an unknown device, which may be one that it knows
    assert evaluate(Known(), folder, only=["unipen_digits"]).results == ()
