"""Opens uploaded pictures outside of the web process, in turns and within limits.

Each web process has one `ml.ink.image_server`, which starts with the first picture and again if it has died. Two
pictures are opened at a time, but only one of the same sender: a sender with many pictures, or with one that takes
long, delays nobody else.
"""

from __future__ import annotations

import atexit
import logging
import mmap
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from itertools import count
from typing import BinaryIO

from django.conf import settings

from ml.ink.image_format import ANSWER, MAX_SIDE, REQUEST, ImageError, ImageLimits, check_file, format_of

logger = logging.getLogger(__name__)

AT_ONCE = 2  # pictures that a process opens at a time; more would share the same processors
QUEUE_SECONDS = 2.5  # a picture waits for its turn no longer than this
REMEMBERED = 1000  # senders whose last turn is remembered
LARGEST_ANSWER = 16 * 2**20  # bytes of both files; a picture of the largest size takes 8 MB as PNG


class TooManyImages(Exception):
    """Other pictures are being opened; this one was not looked at."""


@dataclass(frozen=True)
class OpenedImage:
    """What is kept of an upload: a PNG or JPEG without metadata, its thumbnail, and (width, height) in pixels."""

    image: bytes
    thumbnail: bytes
    size: tuple[int, int]


def open_image(parts: Iterable[bytes], *, sender: object, limits: ImageLimits) -> OpenedImage:
    """Open a picture that comes in parts. Raises ImageError or TooManyImages."""
    with _as_file(parts, limits.bytes) as file:
        with _mapped(file) as data:
            check_file(data, limits)
        with _turns.of(sender):
            return _server.open(file, limits)


@contextmanager
def _as_file(parts: Iterable[bytes], most: int) -> Iterator[BinaryIO]:
    """The bytes as a file that another process can read, without holding all of them in memory.

    Of more than `most` bytes only the first are written: the check of the file then refuses it for its size.
    """
    with tempfile.TemporaryFile() as file:
        for part in parts:
            file.write(part)
            if file.tell() > most:
                break
        file.flush()
        yield file


@contextmanager
def _mapped(file: BinaryIO) -> Iterator[mmap.mmap | bytes]:
    if not os.fstat(file.fileno()).st_size:
        yield b""
        return
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data


class Turns:
    """AT_ONCE places. A sender has one at a time; the sender whose last turn is longest ago comes next."""

    def __init__(self) -> None:
        self._turn = count(1)
        self._last: OrderedDict[object, int] = OrderedDict()  # the number of each sender's last turn
        self._changed = threading.Condition()
        self._queue: deque[tuple[object, object]] = deque()
        self._busy: list[object] = []

    @contextmanager
    def of(self, sender: object) -> Iterator[None]:
        """A place while the block runs. Raises TooManyImages after QUEUE_SECONDS."""
        with self._changed:
            ticket = (sender, object())
            self._queue.append(ticket)
            free = self._changed.wait_for(lambda: self._is_next(ticket), QUEUE_SECONDS)
            self._queue.remove(ticket)
            if not free:
                raise TooManyImages
            self._busy.append(sender)
            self._last[sender] = next(self._turn)
            self._last.move_to_end(sender)
            while len(self._last) > REMEMBERED:
                self._last.popitem(last=False)
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._busy.remove(sender)
                self._changed.notify_all()

    def _is_next(self, ticket: tuple[object, object]) -> bool:
        if len(self._busy) >= AT_ONCE:
            return False
        waiting = [other for other in self._queue if other[0] not in self._busy]
        return min(waiting, key=lambda other: self._last.get(other[0], 0), default=None) == ticket


class Server:
    """The process that opens pictures, `ml.ink.image_server`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def open(self, file: BinaryIO, limits: ImageLimits) -> OpenedImage:
        """Have a picture opened. Raises ImageError, also if the kernel has stopped the child."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                self._send(REQUEST.pack(*astuple(limits)), [file.fileno(), theirs.fileno()])
            ours.settimeout(2 * limits.seconds + 1)
            return _received(ours)

    def _send(self, message: bytes, files: list[int]) -> None:
        with self._lock:
            for _ in range(2):  # the second time to a new server
                try:
                    socket.send_fds(self._running(), [message], files)
                    return
                except OSError as error:
                    logger.warning("The server that opens pictures has ended (%s)", error)
                    self.stop()
        raise ImageError("Pictures can't be opened at the moment. Try again in a minute.")

    def _running(self) -> socket.socket:
        if self._control is None or self._process is None or self._process.poll() is not None:
            self.stop()
            self._control, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "ml.ink.image_server"], stdin=theirs.fileno(), cwd=settings.BASE_DIR
                )
        return self._control

    def stop(self) -> None:
        """End the process; the next picture starts another."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._control = self._process = None


def _received(answer: socket.socket) -> OpenedImage:
    """The answer of a child. A hostile file may control the child: lengths and formats are checked."""
    too_much = ImageError("The picture takes too long or too much memory to open. Send a smaller one.")
    end = time.monotonic() + (answer.gettimeout() or 0)
    try:
        done, width, height, length, small = ANSWER.unpack(_exactly(answer, ANSWER.size, end))
        if length + small > LARGEST_ANSWER:
            raise too_much
        body = _exactly(answer, length + small, end)
    except (EOFError, OSError) as error:
        raise too_much from error
    if not done:
        raise ImageError(body.decode(errors="replace")[:300])
    image, thumbnail = body[:length], body[length:]
    if not {format_of(image), format_of(thumbnail)} <= {"PNG", "JPEG"} or max(width, height) > MAX_SIDE:
        raise too_much
    return OpenedImage(image, thumbnail, (width, height))


def _exactly(answer: socket.socket, length: int, end: float) -> bytes:
    received = bytearray()
    while len(received) < length:
        answer.settimeout(max(0.01, end - time.monotonic()))
        part = answer.recv(min(length - len(received), 2**20))
        if not part:
            raise EOFError
        received += part
    return bytes(received)


_turns, _server = Turns(), Server()
atexit.register(_server.stop)
