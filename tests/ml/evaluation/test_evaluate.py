"""The report counts what was misread on the sets that are there."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ml.data.loaders import StrokeSet, load_strokes
from ml.evaluation.benchmarks import compose_strings
from ml.evaluation.evaluate import evaluate
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
    assert json.loads(json.dumps(report.as_json()))["sets"][0]["errors"] == digits.errors
    assert "pendigits_test" in report.as_text()


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
