"""What people install is what was tested: the locks hold what the lists ask for, and are what runs here."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LISTS = {"requirements.txt": "requirements.lock", "requirements-dev.txt": "requirements-dev.lock"}


def entries(name: str) -> list[str]:
    """The entries of a list or lock, each on one line, without comments."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    lines = [line.partition(" #")[0].strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith(("#", "-r"))]


def pins(name: str) -> dict[str, Requirement]:
    found = [Requirement(line.partition(" --hash")[0]) for line in entries(name)]
    return {canonicalize_name(pin.name): pin for pin in found}


def version_of(pin: Requirement) -> str:
    [specifier] = pin.specifier
    return specifier.version


@pytest.mark.parametrize(("listed", "lock"), LISTS.items())
def test_a_lock_holds_what_its_list_asks_for(listed: str, lock: str) -> None:
    pinned = pins(lock)
    for line in entries(listed):
        asked = Requirement(line)
        assert version_of(pinned[canonicalize_name(asked.name)]) in asked.specifier, "run `make lock`"


@pytest.mark.parametrize("lock", LISTS.values())
def test_every_entry_is_one_version_known_by_its_hash(lock: str) -> None:
    for line in entries(lock):
        assert " --hash=sha256:" in line
        assert [specifier.operator for specifier in Requirement(line.partition(" --hash")[0]).specifier] == ["=="]


def test_tests_run_on_what_the_site_runs_on() -> None:
    site, tests = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name: str(pin) for name, pin in site.items()} == {name: str(tests[name]) for name in site}


def test_this_environment_is_what_the_lock_says() -> None:
    wanted = {n: p for n, p in pins("requirements-dev.lock").items() if p.marker is None or p.marker.evaluate()}
    installed = {name: metadata.version(name) for name in wanted}
    assert installed == {name: version_of(pin) for name, pin in wanted.items()}
