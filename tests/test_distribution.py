"""A test that measures time runs while the other processes of pytest-xdist run none."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from tests.distribution import turn


def test_who_is_alone_waits_for_those_that_run_and_keeps_out_those_that_come(tmp_path: Path) -> None:
    events: list[str] = []
    first_runs, over = threading.Event(), threading.Event()

    def run(name: str, *, alone: bool = False) -> None:
        with turn(tmp_path / "run", alone=alone):
            events.append(f"{name} begins")
            if name == "first":
                first_runs.set()
                over.wait(30)
            events.append(f"{name} ends")

    def start(name: str, *, alone: bool = False) -> threading.Thread:
        thread = threading.Thread(target=run, args=[name], kwargs={"alone": alone})
        thread.start()
        return thread

    first = start("first")
    first_runs.wait(30)
    second = start("second")  # beside the first
    second.join(30)
    alone = start("alone", alone=True)
    time.sleep(0.2)  # it stands at the door
    last = start("last")
    time.sleep(0.2)
    assert events == ["first begins", "second begins", "second ends"]
    over.set()
    for thread in (first, alone, last):
        thread.join(30)
    assert events[3:] == ["first ends", "alone begins", "alone ends", "last begins", "last ends"]
