"""The web process never loads what reads: a test in a process of its own."""

import subprocess
import sys

import pytest

HEAVY = ["tensorflow", "keras", "ai_edge_litert", "cv2", "scipy"]

LOADED = f"""
import sys
import digitsite.asgi
import digitsite.celery
import recognizer.tasks
print([name for name in {HEAVY} if name in sys.modules])
"""


@pytest.mark.slow
def test_importing_the_web_application_loads_no_reader() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
