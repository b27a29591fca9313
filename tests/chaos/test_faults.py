"""Whatever dies under load, every drawing that was accepted ends read, once."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from bench.load import Load, post
from tests.site import Site

pytestmark = pytest.mark.chaos

STROKES = {"strokes": [[[50, 10], [51, 60], [50, 110]]]}
SETTLE = 90  # seconds for the reconciler and the leases to mend what nobody waits for

COUNT = """
from recognizer.models import *
drawings = Drawing.objects.all()
print([drawings.count(), drawings.filter(state="read").count(), Prediction.objects.count()])
"""


@pytest.fixture
def token(own_site: Site) -> str:
    return own_site.manage("create_api_token", "tester", "--create").strip()


def counts(site: Site) -> list[int]:
    """[drawings, read ones, predictions]"""
    return json.loads(site.manage("shell", "--no-imports", "--command", COUNT))


def load_with_faults(site: Site, token: str, faults: Callable[[], Iterator[None]], requests: int = 600) -> Load:
    """Post from eight clients while the faults happen."""
    done: list[Load] = []

    def load() -> None:
        url = f"{site.url}/api/v1/predictions/"
        done.append(post(url, lambda number: STROKES, requests=requests, clients=8, token=token))

    thread = threading.Thread(target=load)
    thread.start()
    for _ in faults():
        if not thread.is_alive():
            break
    thread.join()
    return done[0]


def assert_all_read(site: Site, load: Load) -> None:
    accepted = load.statuses.get(201, 0) + load.statuses.get(202, 0)
    assert accepted == sum(load.statuses.values()), load.statuses
    assert len(set(load.ids)) == accepted
    end = time.monotonic() + SETTLE
    while counts(site)[1] < accepted and time.monotonic() < end:
        time.sleep(1)
    assert counts(site) == [accepted, accepted, accepted]


def kill(site: Site, pattern: str) -> None:
    for pid in site.pids(pattern):
        os.kill(pid, signal.SIGKILL)


def test_killing_the_reading_worker(own_site: Site, token: str) -> None:
    def faults() -> Iterator[None]:
        for _ in range(3):
            time.sleep(1.5)
            kill(own_site, r"celery.*--queues reading")
            yield

    load = load_with_faults(own_site, token, faults, requests=1500)
    assert_all_read(own_site, load)
    assert "reader ended unexpectedly and is started again" in own_site.log.read_text()


def test_redis_away_for_five_seconds(own_site: Site, token: str) -> None:
    def faults() -> Iterator[None]:
        time.sleep(0.5)
        [redis] = own_site.pids(r"redis-server")
        os.kill(redis, signal.SIGSTOP)
        yield
        time.sleep(2.5)
        kill(own_site, r"redis-server")
        time.sleep(2.5)
        yield

    load = load_with_faults(own_site, token, faults)
    assert_all_read(own_site, load)


def test_redis_killed_again_and_again(own_site: Site, token: str) -> None:
    def faults() -> Iterator[None]:
        for _ in range(3):
            time.sleep(1)
            kill(own_site, r"redis-server")
            yield

    load = load_with_faults(own_site, token, faults, requests=1500)
    assert_all_read(own_site, load)


def test_what_waited_while_everything_was_down_is_read_at_the_next_start(own_site: Site, token: str) -> None:
    kill(own_site, r"celery.*--queues reading")
    load = post(f"{own_site.url}/api/v1/predictions/", lambda number: STROKES, requests=5, clients=5, token=token)
    own_site.stop()
    own_site.start()
    assert_all_read(own_site, load)


def test_a_process_that_cannot_start_stops_everything_with_a_plain_message(own_site: Site) -> None:
    own_site.stop()
    own_site.env["WEB_THREADS"] = "none"
    with pytest.raises(AssertionError, match="web can't be started"):
        own_site.start()
    assert own_site.process.wait(timeout=40) is not None
    assert own_site.pids(r"celery|granian|redis-server") == []
