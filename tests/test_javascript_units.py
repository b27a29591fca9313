"""The unit tests of the JavaScript modules, tests/js/, as part of all tests. `make test-js` runs only them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_the_units_of_the_javascript_pass() -> None:
    node = shutil.which("node")
    if not node or _major_version(node) < 20:
        pytest.skip("needs Node.js 20 or newer")
    tests = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests/js").glob("*.test.mjs"))
    assert tests
    command = [node, "--import", "./tests/js/import-map.mjs", "--test", *tests]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def _major_version(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=True, timeout=30)
    return int(answer.stdout.removeprefix("v").partition(".")[0])
