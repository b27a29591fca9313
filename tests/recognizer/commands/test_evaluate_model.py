"""manage.py evaluate_model, on a data set that the test writes itself."""

import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from ml.evaluation.left_out import Fold, LeftOut
from ml.evaluation.summary import SetSummary, Summary
from ml.synthesis import handwriting
from recognizer.services import model_versions

pytestmark = pytest.mark.django_db


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Forty synthetic digits of two writers as pendigits_strokes.npz."""
    rng = np.random.default_rng(1)
    labels = np.arange(40) % 10
    drawings = [handwriting.write_digit(int(label), rng=rng) for label in labels]
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
    call_command("evaluate_model", data=data, json=True, only=["pendigits_test"])
    sets = {row["name"]: row for row in json.loads(capsys.readouterr().out)["sets"]}
    digits = sets["pendigits_test"]
    assert digits["n"] == 40
    assert digits["accuracy"] == pytest.approx(1 - digits["errors"] / 40)
    assert digits["interval"][0] <= digits["accuracy"] <= digits["interval"][1]


def test_it_prints_for_people_too(data: Path, capsys: pytest.CaptureFixture) -> None:
    version, _ = model_versions.install_shipped()
    call_command("evaluate_model", str(version.pk), data=data, only=["pendigits_test"])
    assert "95 % interval" in capsys.readouterr().out


@pytest.mark.slow
def test_it_tells_of_each_set_as_it_goes(data: Path, capsys: pytest.CaptureFixture) -> None:
    call_command("evaluate_model", data=data, only=["pendigits_test", "scribbles"])
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines if " errors of " in line] == ["pendigits_test", "scribbles"]


def test_it_writes_a_report_and_a_card(data: Path, tmp_path: Path) -> None:
    page, card, notes = (tmp_path / name for name in ("report.html", "card.md", "notes.json"))
    notes.write_text('{"pendigits_test": {"tails": "Curled tails are read as 4."}}')
    call_command("evaluate_model", data=data, only=["pendigits_test"], html=page, card=card, notes=notes)
    assert "Curled tails are read as 4." in page.read_text()
    assert "| Pen digits of unseen writers | 40 |" in card.read_text()


def test_notes_that_are_none(data: Path, tmp_path: Path) -> None:
    for text in ("nonsense", "[1]", '{"pendigits_test": ["Curled tails."]}'):
        (tmp_path / "notes.json").write_text(text)
        with pytest.raises(CommandError, match=r"notes\.json"):
            call_command("evaluate_model", data=data, only=["pendigits_test"], notes=tmp_path / "notes.json")


def test_what_strangers_meet_stands_in_report_and_card(data: Path, tmp_path: Path) -> None:
    page, card, file = (tmp_path / name for name in ("report.html", "card.md", "left_out.json"))
    sets = [SetSummary("unipen_digits", 200, 3), SetSummary("pendigits_test", 400, 4)]
    summary = Summary("other", sets, {"ece_unipen_digits": 0.0123})
    left_out = LeftOut(12, (Fold(("unipen:syn",), summary),), summary)
    file.write_text(json.dumps(left_out.as_json()))
    call_command("evaluate_model", data=data, only=["pendigits_test"], html=page, card=card, left_out=file)
    for text in (page.read_text(), card.read_text()):
        assert "What strangers meet" in text
        assert "for 12 epochs" in text
        assert "98.50 %" in text


def test_results_of_strangers_that_are_none(data: Path, tmp_path: Path) -> None:
    for text in ("nonsense", "[1]", '{"epochs": 12}'):
        (tmp_path / "left_out.json").write_text(text)
        with pytest.raises(CommandError, match=r"left_out\.json"):
            call_command("evaluate_model", data=data, only=["pendigits_test"], left_out=tmp_path / "left_out.json")


def test_an_unknown_set(data: Path) -> None:
    with pytest.raises(CommandError, match=r"no stars\. Choose from .*pendigits_test"):
        call_command("evaluate_model", data=data, only=["stars"])


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
