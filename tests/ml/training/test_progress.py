"""The time left of a training follows what was measured, also after a resume."""

from __future__ import annotations

import pytest

from ml.progress import Progress
from ml.training.progress import ProgressReporter

SHARES = {"preparing": 0.1, "glyphs": 0.6, "strips": 0.3}


class Clock:
    """Stands for the clock of the machine."""

    def __init__(self, monkeypatch) -> None:
        self.now = 50.0
        monkeypatch.setattr("ml.training.progress.time.monotonic", lambda: self.now)

    def wait(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def told() -> list[Progress]:
    return []


@pytest.fixture
def reporter(clock, told) -> ProgressReporter:
    return ProgressReporter(SHARES, told.append)


def test_the_time_left_is_that_of_the_epochs_and_of_later_stages(reporter, clock, told):
    clock.wait(10)
    reporter.report("preparing")
    for epoch in (1, 2):
        clock.wait(20)
        reporter.report("glyphs", epoch, 4, 0.5)
    # 80 s for the glyphs, so 40 s for the strips.
    assert [each.seconds_left for each in told] == pytest.approx([90, 60 + 40, 40 + 40])


def test_what_a_stage_took_to_begin_is_no_part_of_its_epochs(reporter, clock, told):
    clock.wait(500)
    reporter.begin("glyphs", 0, 4)
    clock.wait(20)
    reporter.report("glyphs", 1, 4, 0.5)
    assert told[-1].seconds_left == pytest.approx(60 + 40)


def test_epochs_of_an_earlier_process_do_not_count(reporter, clock, told):
    clock.wait(30)
    reporter.begin("glyphs", 2, 4)
    assert told == []
    clock.wait(20)
    reporter.report("glyphs", 3, 4, 0.5)
    assert told[-1].seconds_left == pytest.approx(20 + 40)


def test_the_estimate_follows_the_newest_epochs(reporter, clock, told):
    for epoch in range(1, 31):
        clock.wait(20 if epoch < 20 else 5)
        reporter.report("glyphs", epoch, 40)
    assert told[-1].seconds_left == pytest.approx(10 * 5 + 40 * 5 / 2)


def test_at_the_end_nothing_is_left(reporter, clock, told):
    clock.wait(3)
    reporter.report("strips")
    assert told[-1].seconds_left == 0


def test_each_epoch_is_in_the_log(reporter, clock, caplog):
    caplog.set_level("INFO")
    reporter.begin("glyphs", 1, 4)
    clock.wait(60)
    reporter.report("glyphs", 2, 4, 0.25, 1234.4)
    assert caplog.messages == [
        "glyphs: goes on after 1 of 4",
        "glyphs: 2 of 4, loss 0.2500, 1234 images/s, about 4.0 minutes left",
    ]
