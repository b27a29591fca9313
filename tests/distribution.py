"""Which process of pytest-xdist runs which tests, and in which order: `pytest -n 2`."""

from __future__ import annotations

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
