"""manage.py recognize: one JSON line for each input, whatever it is."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.recognizer.pictures import JPEG, PNG

pytestmark = pytest.mark.django_db


def run(capsys: pytest.CaptureFixture, *args: object, status: int = 0) -> list[dict]:
    try:
        call_command("recognize", *map(str, args))
        ended = 0
    except SystemExit as stop:
        ended = int(stop.code or 0)
    assert ended == status
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_pictures_and_folders(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "b.png").write_bytes(PNG)
    (tmp_path / "a.JPG").write_bytes(JPEG)
    (tmp_path / "labels.json").write_text("{}")
    lines = run(capsys, tmp_path)
    assert [Path(line["input"]).name for line in lines] == ["a.JPG", "b.png"]
    assert all(line["text"] == "1" for line in lines)
    assert set(lines[0]) >= {"input", "state", "text", "confidence", "digits"}
    assert len(lines[0]["digits"][0]["probabilities"]) == 10
    [number] = lines[0]["numbers"]
    assert (number["text"], number["digits"], lines[0]["digits"][0]["number"]) == ("1", [0], 0)
    assert (number["confidence"], number["state"]) == (lines[0]["confidence"], lines[0]["state"])


def test_ink(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    file = tmp_path / "ink.jsonl"
    rows = [{"id": f"d{n}", "strokes": [[[0, 0], [0, 50 + n]]]} for n in range(40)]
    file.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    lines = run(capsys, "--ink", file)
    assert [line["input"] for line in lines] == [row["id"] for row in rows]
    assert {line["text"] for line in lines} == {"1"}


def test_what_cannot_be_read_gets_a_line_and_the_others_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "a.png").write_bytes(PNG[:-30])
    (tmp_path / "b.png").write_bytes(PNG)
    ink = tmp_path / "ink.jsonl"
    good = '{"id": 3, "strokes": [[[0, 0], [0, 9]]]}'
    huge = f'{{"id": 4, "strokes": [[[{"9" * 5000}, 0]]]}}'
    ink.write_text("\n".join(['{"id": 1, "strokes": []}', "nonsense", "[1]", '{"id": 2}', good, huge]))
    lines = run(capsys, tmp_path, tmp_path / "missing.png", "--ink", ink, "--ink", tmp_path / "none", status=1)
    assert [line["state"] == "error" for line in lines] == [
        *[True, False, True],  # pictures
        *[True, True, True, True, False, True],  # drawings
        True,  # a file that is not there
    ]
    assert all(line["error"] for line in lines if line["state"] == "error")


def test_an_empty_folder_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    [line] = run(capsys, tmp_path, status=1)
    assert line["state"] == "error"


def test_nothing_named() -> None:
    with pytest.raises(CommandError, match="picture"):
        call_command("recognize")


def test_it_needs_no_database(tmp_path: Path) -> None:
    import os
    import subprocess
    import sys

    (tmp_path / "a.png").write_bytes(PNG)
    env = {**os.environ, "DATA_DIR": str(tmp_path / "none"), "DJANGO_SETTINGS_MODULE": "digitsite.settings"}
    env = {name: value for name, value in env.items() if name not in {"DATABASE_URL", "SECRET_KEY"}}
    done = subprocess.run(
        [sys.executable, "manage.py", "recognize", str(tmp_path / "a.png")],
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["text"] == "1"
