"""The command that trains from scratch: what it refuses, before it trains or afterwards."""

from __future__ import annotations

import sys

import pytest

from ml.data.loaders import DatasetError
from ml.data.split_plan import CAN_BE_LEFT_OUT
from ml.training import train
from ml.training.checkpoints import CheckpointError


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Call the command with these options; what would train is given."""

    def call(train_to_file, *options: str) -> None:
        monkeypatch.setattr(train, "train_to_file", train_to_file)
        monkeypatch.setattr(sys, "argv", ["train", "--out", str(tmp_path / "reader.zip"), *options])
        train.main()

    return call


def test_what_is_left_out_is_passed_on(run, tmp_path):
    asked = []
    run(lambda *options: asked.append(options), "--epochs", "7", "--leave-out", "digilets", "unipen:syn")
    ((data, out, folder, settings, plan),) = asked
    assert (data, out, folder) == (None, tmp_path / "reader.zip", tmp_path / "reader.checkpoints")
    assert (settings.epochs, settings.strip_epochs) == (7, 6)
    assert plan.left_out == {"digilets", "unipen:syn"}


@pytest.mark.parametrize("name", ["digilet", "unipen", "unipen:wacom", "pendigits"])
def test_what_cannot_be_left_out_is_refused(name, run, capsys):
    with pytest.raises(SystemExit):
        run(lambda *_: pytest.fail("a reader was trained"), "--leave-out", "digilets", name)
    error = capsys.readouterr().err
    assert f"invalid choice: '{name}'" in error
    assert all(allowed in error for allowed in CAN_BE_LEFT_OUT)


@pytest.mark.parametrize("error", [CheckpointError("of another training"), DatasetError("x.npz is damaged")])
def test_errors_of_the_training_are_said_in_one_line(error, run, capsys):
    def fail(*_):
        raise error

    with pytest.raises(SystemExit):
        run(fail)
    assert capsys.readouterr().err == f"{error}\n"
