"""Uploads are opened in a process of their own, which the kernel ends; the site goes on whatever happens."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PIL import Image

from ml.ink.image_format import ANSWER, KEPT_LIMITS, LIVE_LIMITS, ImageError, ImageLimits
from recognizer.serving import image_opening
from recognizer.serving.image_opening import Server, TooManyImages, Turns, open_image
from tests.hostile import BOMBS, KINDS, mutations, number, saved

PATIENCE = 20  # seconds


def opened(data: bytes, limits: ImageLimits = KEPT_LIMITS) -> image_opening.OpenedImage:
    return open_image([data], sender="me", limits=limits)


def refusal(data: bytes, limits: ImageLimits = KEPT_LIMITS) -> str:
    """Why it is refused; "" if it is opened."""
    try:
        assert max(opened(data, limits).size) <= 1600
    except ImageError as error:
        return str(error)
    return ""


def large_file(size: int = 4900) -> bytes:
    """One that is within what the limits allow, and takes a while."""
    return saved(Image.new("RGB", (size, size), "white"), "PNG", compress_level=1)


@pytest.mark.parametrize("kind", KINDS)
def test_it_works(kind: str) -> None:
    kept = opened(saved(number(), kind))
    assert kept.size == (120, 80)
    assert Image.open(io.BytesIO(kept.image)).size == (120, 80)
    assert Image.open(io.BytesIO(kept.thumbnail)).size == (120, 80)


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("limits", [KEPT_LIMITS, LIVE_LIMITS])
def test_a_bomb_is_opened_cheaply_or_refused_with_a_sentence(name: str, limits: ImageLimits) -> None:
    assert refusal(BOMBS[name](), limits)[-1:] in {"", "."}


@pytest.mark.slow
def test_damaged_files_are_opened_or_refused() -> None:
    refusals = [refusal(data) for data in mutations(150, seed=1)]
    assert len(set(refusals)) > 1
    assert not [why for why in refusals if "too long" in why]


@pytest.mark.parametrize("limits", [replace(KEPT_LIMITS, memory=2**20), replace(KEPT_LIMITS, memory=60 * 2**20)])
def test_memory_is_bounded(limits: ImageLimits) -> None:
    with pytest.raises(ImageError, match="too much memory"):
        opened(large_file(), limits)
    assert opened(saved(number(), "PNG")).size == (120, 80)


def test_a_picture_that_takes_too_long_is_ended_by_the_kernel() -> None:
    with pytest.raises(ImageError, match="too long"):
        opened(large_file(), replace(KEPT_LIMITS, seconds=0.01))
    assert opened(saved(number(), "PNG")).size == (120, 80)


def test_a_server_that_has_died_is_started_again() -> None:
    server = Server()
    with (
        io.BytesIO(saved(number(), "PNG")),
        image_opening._as_file([saved(number(), "PNG")], KEPT_LIMITS.bytes) as file,
    ):
        for _ in range(2):
            assert server.open(file, KEPT_LIMITS).size == (120, 80)
            os.kill(server._process.pid, signal.SIGKILL)
            server._process.wait()
    server.stop()


@pytest.mark.slow
def test_the_server_ends_with_its_web_process(tmp_path) -> None:
    code = (
        "import django, os; django.setup(); from recognizer.serving import image_opening;"
        "from ml.ink.image_format import KEPT_LIMITS;"
        f"data = open({str(tmp_path / 'a.png')!r}, 'rb').read();"
        "print(image_opening.open_image([data], sender=1, limits=KEPT_LIMITS).size);"
        "print(image_opening._server._process.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    (tmp_path / "a.png").write_bytes(saved(number(), "PNG"))
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    size, pid = done.stdout.splitlines()
    assert size == "(120, 80)"
    end = time.monotonic() + PATIENCE
    while os.path.exists(f"/proc/{pid}"):
        assert time.monotonic() < end
        time.sleep(0.05)


class Evil(Server):
    """A child that was taken over: it answers what it likes."""

    def __init__(self, answer: bytes) -> None:
        super().__init__()
        self.answer = answer

    def _send(self, message: bytes, files: list[int]) -> None:
        os.write(files[1], self.answer)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x80\x04\x95" + bytes(40),
        ANSWER.pack(1, 1, 1, 2**32 - 1, 2**32 - 1),
        ANSWER.pack(1, 9, 9, 100, 0) + b"short",
    ],
)
def test_what_a_child_answers_is_bytes_within_bounds(answer: bytes) -> None:
    with pytest.raises(ImageError), image_opening._as_file([b"x"], 10) as file:
        Evil(answer).open(file, replace(KEPT_LIMITS, seconds=0.1))


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> Iterator[Turns]:
    monkeypatch.setattr(image_opening, "QUEUE_SECONDS", 0.2)
    return Turns()


def test_two_at_a_time_and_one_of_a_sender(turns: Turns) -> None:
    with turns.of("one"):
        with pytest.raises(TooManyImages), turns.of("one"):
            raise AssertionError
        with turns.of("another"), pytest.raises(TooManyImages), turns.of("a third"):
            raise AssertionError
        with turns.of("a third"):
            pass


def test_a_picture_that_fails_gives_its_place_back(turns: Turns) -> None:
    for _ in range(3):
        with pytest.raises(KeyError), turns.of("one"):
            raise KeyError


def test_nobody_waits_behind_the_pile_of_another(turns: Turns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_opening, "QUEUE_SECONDS", PATIENCE)
    order: list[str] = []

    def wait_for(sender: str) -> None:
        with turns.of(sender):
            order.append(sender)
            if sender == "piles":
                time.sleep(0.05)

    with turns.of("piles"):
        threads = [threading.Thread(target=wait_for, args=[sender]) for sender in ["piles"] * 4 + ["other"]]
        for thread in threads:
            thread.start()
            time.sleep(0.01)
        threads[-1].join(PATIENCE)
        assert order == ["other"]
    for thread in threads:
        thread.join(PATIENCE)
    assert order == ["other"] + ["piles"] * 4
