"""The whole loop with real parts: what is misread is drawn, corrected, reviewed, trained on, and then read.

Redis, web, reading worker and trainer are those of `make run`, the handwriting is synthetic. It takes a minute or
two.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import numpy as np
import pytest

from tests.chaos.crowd import strange_sevens
from tests.chaos.test_whole_way import call
from tests.site import ROOT, Site, redis_server

# Alone: one of the gates measures how fast both versions read.
pytestmark = [pytest.mark.redis, pytest.mark.chaos, pytest.mark.alone]

STEPS = 120  # of the fine-tuning: enough for one new style
LEASE = 20  # seconds until a trainer that was killed counts as dead; it prolongs its lease every 5 s
PATIENCE = 1500  # seconds for the whole run, on a slow machine
SWAPPED = 30.0  # seconds until the running worker reads with another version: two, and its opening


@pytest.fixture
def learning_site(tmp_path: Path) -> Iterator[Site]:
    """A site on which a crowd has written, and whose training takes a minute."""
    redis_server()
    running = Site(tmp_path / "site", extra={"TRAINING_STEPS": str(STEPS), "TRAINING_LEASE": str(LEASE)})
    running.start()
    subprocess.run([sys.executable, "-m", "tests.chaos.crowd"], cwd=ROOT, env=running.env, check=True)
    yield running
    running.stop()


def until(found: Callable[[], Any], seconds: float) -> Any:
    """What `found` returns, as soon as it is anything."""
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.5)
    return value


def start(site: Site, token: str) -> Callable[[], dict[str, Any]]:
    """Start a run by the API; what it returns looks at it again."""
    status, run = call(site, "/api/v1/training-runs/", {}, token)
    assert status == 202
    address = run["url"].removeprefix(site.url)
    return lambda: call(site, address, token=token)[1]


def kill_trainer(site: Site) -> None:
    for process in site.pids(r"celery.*--queues training"):
        os.kill(process, signal.SIGKILL)


def test_a_style_that_is_misread_is_learned_and_forgotten_again(learning_site: Site) -> None:
    site = learning_site
    token = site.manage("create_api_token", "crowd-reviewer").strip()
    strangers = strange_sevens(12, np.random.default_rng(77))

    def sevens() -> int | None:
        """How many are read so; None while the worker is busy with something else."""
        try:
            read = [call(site, "/api/v1/live/", {"strokes": strokes}, token)[1]["text"] for strokes in strangers]
        except HTTPError:
            return None
        return read.count("7")

    def reads(likely: Callable[[int], bool]) -> Callable[[], bool]:
        return lambda: (count := sevens()) is not None and likely(count)

    until(reads(lambda count: count <= 5), SWAPPED)

    look = start(site, token)
    until(lambda: look()["stage"] == "training", PATIENCE)
    kill_trainer(site)
    killed = until(lambda: (now := look())["state"] != "running" and now, PATIENCE)
    assert (killed["state"], killed["reason"]) == ("failed", "The trainer stopped in the middle of it.")
    until(reads(lambda count: count <= 5), SWAPPED)

    look = start(site, token)  # what was reviewed counts still
    run = until(lambda: (now := look())["state"] != "running" and now, PATIENCE)
    assert run["state"] == "promoted", json.dumps(run, indent=1)
    until(reads(lambda count: count >= 11), SWAPPED)

    site.manage("rollback_model", "--reason", "to see it change back")
    until(reads(lambda count: count <= 5), SWAPPED)
