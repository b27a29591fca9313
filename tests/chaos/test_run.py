"""`make run`: one command that starts everything, and one key that stops it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.site import ROOT, Site, free_port

pytestmark = pytest.mark.redis


def refused(**env: str) -> str:
    """What is said when the site can't start."""
    done = subprocess.run(
        [sys.executable, "deploy/run.py"], cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True
    )
    assert done.returncode == 1
    return done.stderr


def test_it_answers_and_stops_without_a_trace(tmp_path: Path) -> None:
    site = Site(tmp_path / "a folder")
    site.start()
    assert f"Numeral is ready: {site.url}" in site.log.read_text()
    assert urllib.request.urlopen(f"{site.url}/readyz").status == 200
    assert len(site.pids("celery")) >= 3
    site.process.send_signal(signal.SIGINT)
    assert site.process.wait(timeout=40) == 0
    assert site.pids("celery|granian|redis-server") == []


def test_only_this_user_can_look_into_the_data(site: Site) -> None:
    assert (site.data_dir / "secret_key").stat().st_mode & 0o077 == 0
    assert (site.data_dir / "redis.sock").stat().st_mode & 0o077 == 0


def test_a_second_start_on_the_same_data_is_refused(site: Site) -> None:
    assert "running already" in refused(DATA_DIR=str(site.data_dir), PORT=str(free_port()))


def test_a_port_that_is_taken_is_refused(site: Site, tmp_path: Path) -> None:
    assert "is not free" in refused(DATA_DIR=str(tmp_path), PORT=str(site.port))


@pytest.mark.parametrize("port", ["http", "99999", ""])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    assert "Numeral can't start" in refused(DATA_DIR=str(tmp_path), PORT=port)


def test_a_data_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "DATA_DIR can't be used" in refused(DATA_DIR=str(tmp_path / "file" / "data"))
