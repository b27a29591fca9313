"""Readers that left something out are measured on it, and their results are kept for the report."""

from __future__ import annotations

import sys
from dataclasses import asdict

import numpy as np
import pytest

from ml.data.loaders import DatasetError
from ml.data.split_plan import CAN_BE_LEFT_OUT
from ml.evaluation import labeled_drawings
from ml.evaluation.left_out import benchmarks_of, load_left_out
from ml.inference.artifact import pack, unpack
from ml.inference.reader import SHIPPED
from ml.synthesis.handwriting import write_digit
from ml.training.checkpoints import CheckpointError
from ml.training.settings import TrainingSettings
from ml.tuning import leave_one_out


def reader_trained_with(settings: TrainingSettings) -> bytes:
    """The networks of the shipped reader, with the card of one that knows nobody of UNIPEN's two devices."""
    shipped = unpack(SHIPPED.read_bytes())
    card = {
        "calibration": shipped.card["calibration"],
        "settings": asdict(settings),
        "strangers": {"unipen": [1, 2]},
    }
    return pack(shipped.model, card, shipped.weights, shipped.exemplars, shipped.trajectory)


@pytest.fixture
def folder(tmp_path, rng):
    """A folder with twenty digits of two devices, and the readers of two folds, as if trained for 7 epochs."""
    labels = np.arange(20) % 10
    drawings = [write_digit(int(label), rng=rng) for label in labels]
    strokes = [100 * stroke for drawing in drawings for stroke in drawing]
    arrays = {
        "writer": np.repeat([1, 2], 10),
        "points": np.concatenate(strokes),
        "stroke_start": np.cumsum([0, *map(len, strokes)]),
        "sample_start": np.cumsum([0, *map(len, drawings)]),
    }
    devices = np.repeat(["syn", "apb"], 10)
    np.savez(tmp_path / "unipen_part_strokes.npz", label=labels.astype("U1"), device=devices, **arrays)
    np.savez(tmp_path / "pendigits_strokes.npz", label=labels, test=np.ones(20, bool), **arrays)
    artifact = reader_trained_with(TrainingSettings(strip_epochs=0).shortened(7 / TrainingSettings.epochs))
    for name in ("unipen_syn", "unipen_apb-kensanata"):
        (tmp_path / f"{name}.zip").write_bytes(artifact)
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
    assert pooled.n == sum(part.n for part in digits) == 40  # these readers know neither device
    assert pooled.errors == sum(part.errors for part in digits)


def test_what_all_readers_read_is_not_pooled(run, folder):
    run("--epochs", "7")
    left_out = load_left_out(folder / "left_out.json")
    assert [(r.benchmark.name, r.n) for r in left_out.home] == [("pendigits_test", 20)]
    assert left_out.pooled.of("pendigits_test") is None


def test_only_one_reader_is_measured_and_nothing_is_kept(run, folder, caplog):
    caplog.set_level("INFO")
    run("--epochs", "7", "--only", "unipen:syn")
    assert "left out: unipen:syn" in caplog.text
    assert "unipen_digits" in caplog.text
    assert not (folder / "left_out.json").exists()


@pytest.mark.parametrize("name", ["stars", "digilet", "pendigits", "unipen", "unipen:wacom"])
def test_what_cannot_be_left_out_is_refused_before_anything_is_trained(name, run, capsys):
    with pytest.raises(SystemExit):
        run("--only", "unipen:syn", name)
    error = capsys.readouterr().err
    assert f"invalid choice: '{name}'" in error
    assert all(allowed in error for allowed in CAN_BE_LEFT_OUT)


def test_all_that_can_be_left_out_is_measured():
    assert all(benchmarks_of([name]) for name in CAN_BE_LEFT_OUT)
    assert {name for fold in leave_one_out.FOLDS for name in fold} <= {*CAN_BE_LEFT_OUT}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--epochs", "12"], "epochs 7 instead of 12"),
        (["--epochs", "7", "--seed", "2"], "seed 1 instead of 2"),
        (["--only", "unipen:apb", "kensanata"], "epochs 7 instead of 12"),
    ],
)
def test_a_reader_of_other_settings_is_not_taken(options, said, run, folder, capsys):
    with pytest.raises(SystemExit):
        run(*options)
    error = capsys.readouterr().err
    assert said in error
    assert "unipen_" in error
    assert "Delete it" in error
    assert not (folder / "left_out.json").exists()


def test_a_reader_of_other_settings_is_refused_before_others_are_trained(run, folder, capsys):
    (folder / "unipen_syn.zip").unlink()
    with pytest.raises(SystemExit):
        run("--epochs", "12")
    assert "unipen_apb-kensanata.zip was trained with" in capsys.readouterr().err


def test_a_reader_that_is_not_there_is_trained_without_what_is_left_out(run, folder, monkeypatch):
    file = folder / "unipen_syn.zip"
    artifact, asked = file.read_bytes(), []

    def train(data, out, checkpoints, settings, plan):
        asked.append((settings.epochs, settings.strip_epochs, plan.left_out))
        out.write_bytes(artifact)

    file.unlink()
    monkeypatch.setattr(leave_one_out, "train_to_file", train)
    run("--epochs", "7")
    assert asked == [(7, 0, {"unipen:syn"})]


@pytest.mark.parametrize("error", [CheckpointError("of another training"), DatasetError("x.npz is damaged")])
def test_errors_of_the_training_are_said_in_one_line(error, run, folder, monkeypatch, capsys):
    def fail(*_):
        raise error

    (folder / "unipen_syn.zip").unlink()
    monkeypatch.setattr(leave_one_out, "train_to_file", fail)
    with pytest.raises(SystemExit):
        run("--epochs", "7")
    assert capsys.readouterr().err == f"{error}\n"
