"""Which process of pytest-xdist runs which tests, and in which order: `pytest -n 2`."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

WITH_SITE = ("tests/chaos", "tests/e2e", "tests/test_request_bodies.py")  # they start the whole site
# Files that take long come first, so that the processes end at about the same time.
LONG = (*WITH_SITE, "tests/ml/training", "tests/recognizer/training", "tests/ml/evaluation", "tests/ml/inference")


class OneSiteScheduling(LoadScopeScheduling):
    """Hands out whole files, and all tests that start the site to one process.

    So the fixtures of a module are set up once, one site serves all tests that only use it, and never do two sites
    share the processor.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "site" if nodeid.startswith(WITH_SITE) else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneSiteScheduling:
    config.option.loadscopereorder = False  # keep the order of `pytest_collection_modifyitems`
    return OneSiteScheduling(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):  # a process of pytest-xdist
        items.sort(key=_place)


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
