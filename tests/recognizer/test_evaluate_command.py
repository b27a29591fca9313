"""manage.py evaluate_model, on a data set that the test writes itself."""

import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from ml import synth
from recognizer.services import training

pytestmark = pytest.mark.django_db


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Forty synthetic digits of two writers as pendigits_strokes.npz."""
    rng = np.random.default_rng(1)
    labels = np.arange(40) % 10
    drawings = [synth.write_digit(int(label), rng=rng) for label in labels]
    strokes = [stroke for drawing in drawings for stroke in drawing]
    np.savez(
        tmp_path / "pendigits_strokes.npz",
        label=labels,
        writer=np.arange(40) // 20,
        test=np.ones(40, bool),
        points=np.concatenate(strokes),
        stroke_start=np.cumsum([0, *map(len, strokes)]),
        sample_start=np.cumsum([0, *map(len, drawings)]),
    )
    return tmp_path


def test_it_prints_errors_and_an_interval(data: Path, capsys: pytest.CaptureFixture) -> None:
    call_command("evaluate_model", data=data, json=True)
    sets = {row["name"]: row for row in json.loads(capsys.readouterr().out)["sets"]}
    digits = sets["pendigits_test"]
    assert digits["n"] == 40
    assert digits["accuracy"] == pytest.approx(1 - digits["errors"] / 40)
    assert digits["interval"][0] <= digits["accuracy"] <= digits["interval"][1]


def test_it_prints_for_people_too(data: Path, capsys: pytest.CaptureFixture) -> None:
    version, _ = training.install_shipped()
    call_command("evaluate_model", str(version.pk), data=data)
    assert "95 % interval" in capsys.readouterr().out


def test_an_unknown_version(data: Path) -> None:
    with pytest.raises(CommandError, match="no model version 99"):
        call_command("evaluate_model", "99", data=data)


def test_a_folder_without_data(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no data set"):
        call_command("evaluate_model", data=tmp_path)
    with pytest.raises(CommandError, match="no folder"):
        call_command("evaluate_model", data=tmp_path / "none")


def test_damaged_data(data: Path) -> None:
    (data / "pendigits_strokes.npz").write_bytes(b"nonsense")
    with pytest.raises(CommandError):
        call_command("evaluate_model", data=data)
