"""A server that opens users' pictures, each in a process of its own that the kernel ends when it costs too much.

The web process starts it as `python -m ml.ink.image_server` with a socket as its standard input. The server has
one thread and has imported Pillow and NumPy once. A message is REQUEST, the limits of one picture, with two
open files; for each message the server forks. The child reads the picture from the first file and answers on
the second, a socket: ANSWER, and after it a message for people, or the files that are kept. Nothing is pickled:
a child that a hostile file has taken over can send wrong bytes, but no code. The server ends with its web
process, whose end of the socket closes then.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys
from contextlib import suppress

from ml.ink.image_format import ANSWER, REQUEST, ImageError, ImageLimits
from ml.ink.images import keep_image

_MAX_FILES = 32  # that a child may have open; it needs its two and those of modules that are imported late


def serve(control: socket.socket) -> None:
    """Fork for every picture that comes, until the other end is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps the children
    held = 0  # bytes of address space of this process; 0 where the system does not say
    with suppress(OSError), open("/proc/self/statm") as file:
        held = int(file.read().split()[0]) * resource.getpagesize()
    while True:
        message, files, _, _ = socket.recv_fds(control, REQUEST.size, 2)
        if not message:
            return
        if len(message) == REQUEST.size and len(files) == 2 and os.fork() == 0:
            control.close()
            _answer_and_exit(files[0], files[1], ImageLimits(*REQUEST.unpack(message)), held)
        for descriptor in files:
            os.close(descriptor)


def _answer_and_exit(source: int, answer: int, limits: ImageLimits, held: int) -> None:
    """Open the picture of the file `source`, write to the socket `answer`, and end this process, a child."""
    status = 1
    try:
        _limit_process(limits, held)
        reply = _open_picture(source, limits)
        with socket.socket(fileno=answer) as connection:
            connection.sendall(reply)
        status = 0
    finally:
        os._exit(status)


def _open_picture(source: int, limits: ImageLimits) -> bytes:
    """The bytes of an answer."""
    try:
        with open(source, "rb") as file:
            file.seek(0)
            kept = keep_image(file.read(limits.bytes + 1), limits)
    except ImageError as error:
        message = str(error).encode()
        return ANSWER.pack(0, 0, 0, len(message), 0) + message
    head = ANSWER.pack(1, *kept.size, len(kept.image), len(kept.thumbnail))
    return head + kept.image + kept.thumbnail


def _limit_process(limits: ImageLimits, held: int) -> None:
    """Have the kernel end this process at its limits: a Python handler would not run while native code hangs.

    `held` are the bytes of address space that the process holds already.
    """
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, 2 * limits.seconds)
    processor = max(1, round(limits.seconds + 0.5))
    resource.setrlimit(resource.RLIMIT_CPU, (processor, processor))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_MAX_FILES, _MAX_FILES))
    if held:  # macOS does not support this limit
        resource.setrlimit(resource.RLIMIT_AS, (held + limits.memory,) * 2)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the web process, and its end ends this one
    serve(socket.socket(fileno=sys.stdin.fileno()))
