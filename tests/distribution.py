"""Which process of pytest-xdist runs which tests, and in which order: `pytest -n 2`.

Each process takes whole files, so that the fixtures of a module are set up once. One process takes all tests that
start the site: one site serves those that only use it, and never do two sites share the processor. Tests that
commit come last: Django empties the database after them, and the rows that migrations have inserted are gone.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

WITH_SITE = ("tests/chaos", "tests/e2e", "tests/test_request_bodies.py")  # they start the whole site
# Files that take long come first, so that the processes end at about the same time.
LONG = (*WITH_SITE, "tests/ml/training", "tests/recognizer/training", "tests/ml/evaluation", "tests/ml/inference")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("numprocesses", default=None):
        config.option.dist = "loadgroup"  # the groups are those of `pytest_collection_modifyitems`
        config.option.loadscopereorder = False  # and so is their order


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None]:
    if not hasattr(config, "workerinput"):  # one process: pytest-django has put the tests that commit last
        return (yield)
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    yield  # pytest-xdist reads the groups
    items.sort(key=lambda item: (_commits(item), _place(item)))


def _group(item: pytest.Item) -> str:
    if item.nodeid.startswith(WITH_SITE):
        return "site"
    file = item.nodeid.partition("::")[0]
    return f"{file} that commits" if _commits(item) else file


def _commits(item: pytest.Item) -> bool:
    """Whether the test commits to the database of the test process; the site has a database of its own."""
    if item.nodeid.startswith(WITH_SITE):
        return False
    marker = item.get_closest_marker("django_db")
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(marker and marker.kwargs.get("transaction")) or "transactional_db" in fixtures


def _place(item: pytest.Item) -> int:
    return next((place for place, start in enumerate(LONG) if item.nodeid.startswith(start)), len(LONG))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """While a test runs that is marked `alone`, the other processes run none."""
    if not hasattr(item.config, "workerinput"):
        return (yield)
    with turn(Path(os.environ["TESTS_SHARED"]) / "turn", alone=item.get_closest_marker("alone") is not None):
        return (yield)


@contextmanager
def turn(run: Path, *, alone: bool) -> Iterator[None]:
    """Wait for a test that runs alone, or for all others. Processes of one run name the same path `run`.

    The lock on the door is held while waiting for the other one, so that whoever wants to be alone waits for the
    tests that run, and not for those that come after them.
    """
    with open(f"{run}.door", "w") as door, open(f"{run}.running", "w") as running:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(running, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield  # closing the file gives its lock back
