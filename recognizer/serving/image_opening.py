"""Uploaded pictures opened outside of the web process: in turns, within limits, at nobody else's cost.

`ml.ink.image_server` does it, one for each web process, started with the first picture and again if it has died. Two
pictures are opened at a time, of one sender one: whoever sends many, or one that is hard to open, waits alone.
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
from dataclasses import astuple
from itertools import count
from typing import BinaryIO

from django.conf import settings

from ml.ink.image_format import ANSWER, MAX_SIDE, REQUEST, ImageError, ImageLimits, check_file, format_of

logger = logging.getLogger(__name__)

AT_ONCE = 2  # pictures of a process; more would share the same processors
QUEUE_SECONDS = 2.5  # that a picture waits for its turn, before its sender is told to come again
REMEMBERED = 1000  # senders, of whom it is known when they had their last turn
LARGEST_ANSWER = 16 * 2**20  # bytes of both files; a picture of the largest size takes 8 MB as PNG


class TooManyImages(Exception):
    """Others' pictures, or the sender's own, are being opened; this one has not been looked at."""


class OpenedImage:
    """What is kept of an upload: a PNG or JPEG without metadata, its thumbnail, and (width, height) in pixels."""

    def __init__(self, image: bytes, thumbnail: bytes, size: tuple[int, int]) -> None:
        self.image, self.thumbnail, self.size = image, thumbnail, size


def open_image(parts: Iterable[bytes], *, sender: object, limits: ImageLimits) -> OpenedImage:
    """Open a picture that somebody sent, in parts. Raises PictureError, or TooManyPictures."""
    with _as_file(parts, limits.bytes) as file:
        with _mapped(file) as data:
            check_file(data, limits)
        with _turns.of(sender):
            return _server.open(file, limits)


@contextmanager
def _as_file(parts: Iterable[bytes], most: int) -> Iterator[BinaryIO]:
    """The bytes as a file that another process can read, without holding them all; of too many the first."""
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
    """AT_ONCE places; a sender has one at a time, and those whose last turn is longest ago come next."""

    def __init__(self) -> None:
        self._turn = count(1)
        self._last: OrderedDict[object, int] = OrderedDict()  # of each sender, its last turn
        self._changed = threading.Condition()
        self._queue: deque[tuple[object, object]] = deque()
        self._busy: list[object] = []

    @contextmanager
    def of(self, sender: object) -> Iterator[None]:
        """A place for as long as the block takes. Raises TooManyPictures after QUEUE_SECONDS."""
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
    """The process that opens pictures."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def open(self, file: BinaryIO, limits: ImageLimits) -> OpenedImage:
        """Have it opened. Raises PictureError, also for one that the kernel has stopped."""
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
    """What a child answers. It may have been taken over: its lengths are believed within bounds only."""
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
