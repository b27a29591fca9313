"""Readers that left something out are measured on it, and their results are kept for the report."""

from __future__ import annotations

import shutil
import sys

import numpy as np
import pytest

from ml.evaluation import labeled_drawings
from ml.evaluation.left_out import load_left_out
from ml.inference.reader import SHIPPED
from ml.synthesis.handwriting import write_digit
from ml.tuning import leave_one_out


@pytest.fixture
def folder(tmp_path, rng):
    """A folder with twenty digits of two devices, and, as if they had been trained, the readers of two folds."""
    labels = np.arange(20) % 10
    drawings = [write_digit(int(label), rng=rng) for label in labels]
    strokes = [100 * stroke for drawing in drawings for stroke in drawing]
    np.savez(
        tmp_path / "unipen_part_strokes.npz",
        label=labels.astype("U1"),
        writer=np.repeat([1, 2], 10),
        device=np.repeat(["syn", "apb"], 10),
        points=np.concatenate(strokes),
        stroke_start=np.cumsum([0, *map(len, strokes)]),
        sample_start=np.cumsum([0, *map(len, drawings)]),
    )
    for name in ("unipen_syn", "unipen_apb-kensanata"):
        shutil.copy(SHIPPED, tmp_path / f"{name}.zip")
    return tmp_path


@pytest.fixture
def run(folder, monkeypatch):
    """Call the command with these options; any training fails."""

    def call(*options: str) -> None:
        monkeypatch.setattr(sys, "argv", ["leave_one_out", "--data", str(folder), "--out", str(folder), *options])
        leave_one_out.main()

    monkeypatch.setattr(leave_one_out, "train_to_file", lambda *_: pytest.fail("a reader was trained"))
    monkeypatch.setattr(labeled_drawings, "_STRINGS", 5)  # as many are read of each fold
    monkeypatch.setattr(leave_one_out, "FOLDS", (("unipen:syn",), ("unipen:apb", "kensanata")))
    return call


def test_results_of_all_folds_are_kept_and_pooled(run, folder):
    run("--epochs", "7")
    left_out = load_left_out(folder / "left_out.json")
    assert left_out.epochs == 7
    assert [fold.left_out for fold in left_out.folds] == [("unipen:syn",), ("unipen:apb", "kensanata")]
    digits = [fold.summary.of("unipen_digits") for fold in left_out.folds]
    pooled = left_out.pooled.of("unipen_digits")
    assert pooled.n == sum(part.n for part in digits) == 40  # the shipped reader knows neither device
    assert pooled.errors == sum(part.errors for part in digits)


def test_only_one_reader_is_measured_and_nothing_is_kept(run, folder, caplog):
    caplog.set_level("INFO")
    run("--only", "unipen:syn")
    assert "left out: unipen:syn" in caplog.text
    assert "unipen_digits" in caplog.text
    assert not (folder / "left_out.json").exists()


def test_a_set_without_a_benchmark_is_refused_before_anything_is_trained(run, capsys):
    with pytest.raises(SystemExit):
        run("--only", "unipen:syn", "stars")
    assert "No benchmark has drawings of stars." in capsys.readouterr().err
