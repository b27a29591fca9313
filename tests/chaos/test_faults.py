"""Whatever dies under load, every drawing that was accepted ends read, once."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable

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


def load_with_faults(site: Site, token: str, faults: Callable[[], None]) -> list[Load]:
    """Post from eight clients, from before the faults until after them."""
    over = threading.Event()
    loads: list[Load] = []

    def post_until_over() -> None:
        url = f"{site.url}/api/v1/predictions/"
        while not over.is_set():
            loads.append(post(url, lambda number: STROKES, requests=100, clients=8, token=token))

    thread = threading.Thread(target=post_until_over)
    thread.start()
    try:
        faults()
    finally:
        over.set()
        thread.join()
    return loads


def assert_all_read(site: Site, loads: list[Load]) -> None:
    statuses: Counter[int] = Counter()
    for load in loads:
        statuses.update(load.statuses)
    accepted = statuses[201] + statuses[202]
    assert accepted == statuses.total() > 0, statuses
    assert len({name for load in loads for name in load.ids}) == accepted
    end = time.monotonic() + SETTLE
    while counts(site)[1] < accepted and time.monotonic() < end:
        time.sleep(1)
    assert counts(site) == [accepted, accepted, accepted]


def kill(site: Site, pattern: str, how: signal.Signals = signal.SIGKILL) -> None:
    end = time.monotonic() + 30
    while not (pids := site.pids(pattern)):  # it may just be on its way back
        assert time.monotonic() < end, f"there is no {pattern} to kill"
        time.sleep(0.05)
    for pid in pids:
        os.kill(pid, how)


def test_killing_the_reading_worker(own_site: Site, token: str) -> None:
    def faults() -> None:
        for _ in range(3):
            time.sleep(1.5)
            kill(own_site, r"celery.*--queues reading")

    assert_all_read(own_site, load_with_faults(own_site, token, faults))
    assert "reader ended and is started again" in own_site.log.read_text()


def test_redis_away_for_five_seconds(own_site: Site, token: str) -> None:
    def faults() -> None:
        time.sleep(0.5)
        kill(own_site, r"redis-server", signal.SIGSTOP)
        time.sleep(2.5)
        kill(own_site, r"redis-server")
        time.sleep(2.5)

    assert_all_read(own_site, load_with_faults(own_site, token, faults))


def test_what_is_stopped_politely_is_started_again_as_well(own_site: Site, token: str) -> None:
    time.sleep(5)  # what ends in its first seconds counts as not started
    for pattern in [r"celery.*--queues reading", r"redis-server", r"celery.*beat"]:
        before = own_site.pids(pattern)
        kill(own_site, pattern, signal.SIGTERM)
        end = time.monotonic() + 30
        while not (after := own_site.pids(pattern)) or set(after) & set(before):
            assert time.monotonic() < end, f"{pattern} was not started again"
            time.sleep(0.2)
    load = post(f"{own_site.url}/api/v1/predictions/", lambda number: STROKES, requests=5, clients=1, token=token)
    assert_all_read(own_site, [load])


def test_redis_killed_again_and_again(own_site: Site, token: str) -> None:
    def faults() -> None:
        for _ in range(3):
            time.sleep(1)
            kill(own_site, r"redis-server")

    assert_all_read(own_site, load_with_faults(own_site, token, faults))


def test_what_waited_while_everything_was_down_is_read_at_the_next_start(own_site: Site, token: str) -> None:
    kill(own_site, r"celery.*--queues reading")
    load = post(f"{own_site.url}/api/v1/predictions/", lambda number: STROKES, requests=5, clients=5, token=token)
    own_site.stop()
    own_site.start()
    assert_all_read(own_site, [load])


def test_a_process_that_cannot_start_stops_everything_with_a_plain_message(own_site: Site) -> None:
    own_site.stop()
    own_site.env["WEB_PROCESSES"] = "none"
    with pytest.raises(AssertionError, match="web can't be started"):
        own_site.start()
    assert own_site.process.wait(timeout=40) == 1
    assert own_site.pids(r"celery|granian|redis-server") == []
