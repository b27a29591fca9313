"""The web front: receives the body of a request in the event loop, then has Django answer in a thread.

Django runs as WSGI, in threads. If a thread waited for a body, sixty slow clients could occupy all threads. So the
event loop receives each body whole (a small one in memory, a large one in a temporary file), within a time that
grows with the bytes received. A chunked body has a known length by then, so Django reads it like any other.
`/healthz` and `/readyz` have threads of their own, and answer however many requests wait for the other threads.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from uuid import uuid4

from django.conf import settings

from digitsite.wsgi import application as django_application

logger = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODY_SECONDS = 15.0  # a body of any size may take this long
LEAST_RATE = 16_384  # bytes received that give a body a second more: ten minutes for 10 MB
# Bytes of a form. Django needs eighty bytes of memory for each byte of a form that is made of %41. Pictures are
# sent to the API as files or JSON.
FORM = 100 * 1024
IN_MEMORY = 128 * 1024  # bytes; a larger body goes to a temporary file
PENDING = 256 * 2**20  # bytes of all unfinished bodies of a process; more are refused
SHARE = PENDING // 4  # bytes of unfinished bodies of one address
PORTION = 256 * 1024  # bytes of an answer that a thread makes at a time; nearly every answer is smaller
HEALTH = ("/healthz", "/readyz")


@dataclass
class Refused(Exception):
    """The body of a request is refused."""

    status: HTTPStatus
    why: str


@dataclass
class Answer:
    """The answer of the WSGI application: status, headers, and the iterator over the body."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    chunks: Iterator[bytes] = field(default_factory=lambda: iter(()))
    close: Callable[[], None] = lambda: None

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        """WSGI's start_response. Django calls it once, and never calls the function that it returns."""
        self.status = int(status.partition(" ")[0])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return _write

    def portion(self) -> tuple[bytes, bool]:
        """About the next PORTION bytes, and whether more may follow. Closes the answer after the last."""
        parts, size = [], 0
        for chunk in self.chunks:
            parts.append(chunk)
            size += len(chunk)
            if size >= PORTION:
                return b"".join(parts), True
        self.end()
        return b"".join(parts), False

    def end(self) -> None:
        """Close the answer, once."""
        close, self.close = self.close, _nothing
        close()


def _nothing() -> None:
    return None


def _write(data: bytes) -> None:
    raise TypeError("start_response offers no write(); Django never calls it")


class Front:
    """An ASGI application that runs a WSGI application in threads."""

    def __init__(self, wsgi: Callable[..., Any], threads: int) -> None:
        self.wsgi = wsgi
        self.pending: Counter[str] = Counter()  # bytes of unfinished bodies, by address
        self.threads = ThreadPoolExecutor(threads, "web")
        self.of_health = {path: ThreadPoolExecutor(1, path.strip("/")) for path in HEALTH}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            with SpooledTemporaryFile(IN_MEMORY) as body:
                try:
                    size = await self._receive(scope, receive, body)
                except Refused as refused:
                    logger.warning("%s %s: %s", scope["method"], scope["path"], refused.why)
                    await _refuse(refused, send)
                except ConnectionAbortedError:
                    logger.info("%s %s: the client went away", scope["method"], scope["path"])
                else:
                    await self._answer(environ_of(scope, body, size), send)

    async def _receive(self, scope: Message, receive: Receive, body: IO[bytes]) -> int:
        """Fill `body` and rewind it; returns its length. Raises Refused, or ConnectionAbortedError."""
        size, start, more = 0, asyncio.get_running_loop().time(), True
        too_large = Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large.")
        most, sender = _most(scope), _address(scope)
        if _declared(scope) > most:
            raise too_large
        try:
            while more:
                async with asyncio.timeout_at(start + BODY_SECONDS + size / LEAST_RATE):
                    message = await _received(receive)
                if message["type"] == "http.disconnect":
                    raise ConnectionAbortedError
                data = message.get("body", b"")
                more = message.get("more_body", False)
                size += len(data)
                self.pending[sender] += len(data)
                if size > most:
                    raise too_large
                if self.pending.total() > PENDING or self.pending[sender] > SHARE:
                    raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "Too much is sent at once. Try again soon.")
                body.write(data)
        except TimeoutError:
            raise Refused(HTTPStatus.REQUEST_TIMEOUT, "The body came too slowly.") from None
        finally:
            self.pending[sender] -= size
            self.pending += Counter()  # removes addresses with a count of 0
        body.seek(0)
        return size

    async def _answer(self, environ: dict[str, Any], send: Send) -> None:
        loop, answer = asyncio.get_running_loop(), Answer()
        # Not asyncio.to_thread: it copies the context, in which Django stores the connections of a thread.
        threads = self.of_health.get(environ["PATH_INFO"], self.threads)
        try:
            data, more = await loop.run_in_executor(threads, self._run, environ, answer)
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            await send({"type": "http.response.body", "body": data, "more_body": more})
            while more:
                data, more = await loop.run_in_executor(threads, answer.portion)
                await send({"type": "http.response.body", "body": data, "more_body": more})
        except BaseException:
            await loop.run_in_executor(threads, answer.end)
            raise

    def _run(self, environ: dict[str, Any], answer: Answer) -> tuple[bytes, bool]:
        result = self.wsgi(environ, answer.start)
        answer.chunks, answer.close = iter(result), getattr(result, "close", answer.close)
        return answer.portion()


def environ_of(scope: Message, body: IO[bytes], size: int) -> dict[str, Any]:
    """WSGI's environ (PEP 3333) of an ASGI scope, with its received body of `size` bytes.

    A header with an underscore in its name is dropped, as nginx does: Django could not tell it from the header
    with a dash that a proxy sets.
    """
    host, port = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": (scope.get("client") or [""])[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if "_" in name:
            continue
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        joint = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{joint}{value}" if key in environ else value
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ["CONTENT_LENGTH"] = str(size)
    return environ


async def _received(receive: Receive) -> Message:
    """The next part of a body. Raises Refused if it is malformed; the server may raise any error for that."""
    try:
        return await receive()
    except Exception as error:
        raise Refused(HTTPStatus.BAD_REQUEST, "The body can't be understood.") from error


def _most(scope: Message) -> int:
    """The largest body in bytes: in the API that of a picture, unless it is a form."""
    kinds = [value for name, value in scope["headers"] if name == b"content-type"]
    is_form = any(b"urlencoded" in kind.lower() for kind in kinds)
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE if scope["path"].startswith("/api/") and not is_form else FORM


def _address(scope: Message) -> str:
    """The address of the sender. Behind a proxy, which receives whole bodies itself, each request counts alone."""
    return uuid4().hex if settings.NUM_PROXIES else str((scope.get("client") or [""])[0])


def _declared(scope: Message) -> int:
    """The length in bytes that the client declares, 0 if it declares none."""
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0


async def _refuse(refused: Refused, send: Send) -> None:
    from recognizer.api.errors import problem_response

    response = problem_response(refused.status, refused.why, headers={"Connection": "close"})
    headers = [(name.lower().encode(), value.encode()) for name, value in response.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})


async def _live(receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": f"{message['type']}.complete"})


application = Front(django_application, threads=settings.WEB_THREADS)
