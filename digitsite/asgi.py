"""The way of a request to Django: a thread is spent on it only once its body is there.

Django runs as WSGI, in threads. A server that hands it a body that is still on its way lets sixty slow clients
hold all threads for as long as they please; here the event loop receives each body whole (in memory while it is
small, else in a temporary file), within a time that grows with what has come. A chunked body has a length by then,
so Django reads it like any other. `/healthz` and `/readyz` have threads of their own: they answer however many
requests wait for the others.
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

BODY_SECONDS = 15.0  # that a body may take, whatever its size,
LEAST_RATE = 16_384  # and a second more for so many bytes that have come: ten minutes for 10 MB
# Bytes of a form, wherever it is sent to: Django makes eighty of each when it parses one of %41. Pictures go to
# the API as files or JSON.
FORM = 100 * 1024
IN_MEMORY = 128 * 1024  # bytes of one body; what is larger goes to a file
PENDING = 256 * 2**20  # bytes of bodies on their way, of a process; more is refused until some have arrived,
SHARE = PENDING // 4  # and of one address
PORTION = 256 * 1024  # bytes of an answer that a thread makes at a time: all of nearly every answer
HEALTH = ("/healthz", "/readyz")


@dataclass
class Refused(Exception):
    """A body that is not waited for any longer."""

    status: HTTPStatus
    why: str


@dataclass
class Answer:
    """What the WSGI application answers: its head, and the iterator of what follows."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    chunks: Iterator[bytes] = field(default_factory=lambda: iter(()))
    close: Callable[[], None] = lambda: None

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        """WSGI's start_response. Django calls it once, and never what it returns."""
        self.status = int(status.partition(" ")[0])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return _write

    def portion(self) -> tuple[bytes, bool]:
        """The next PORTION bytes or so, and whether more may follow. Closes the answer behind the last."""
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
        self.pending: Counter[str] = Counter()  # bytes of bodies that are on their way, by address
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
            self.pending += Counter()  # drops those that have nothing on its way
        body.seek(0)
        return size

    async def _answer(self, environ: dict[str, Any], send: Send) -> None:
        loop, answer = asyncio.get_running_loop(), Answer()
        # Not asyncio.to_thread: it copies the context, in which Django keeps the connections of the thread.
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
    """WSGI's environ (PEP 3333) of an ASGI scope whose body of `size` bytes is there.

    A header with an underscore in its name is dropped, as nginx does: it would pass for one with a dash, such as
    those that a proxy sets.
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
    """The next piece of a body. Raises Refused for one that is malformed: the server says so by any error."""
    try:
        return await receive()
    except Exception as error:
        raise Refused(HTTPStatus.BAD_REQUEST, "The body can't be understood.") from error


def _most(scope: Message) -> int:
    """How long a body may be: on the API as long as a picture, unless it is a form."""
    kinds = [value for name, value in scope["headers"] if name == b"content-type"]
    is_form = any(b"urlencoded" in kind.lower() for kind in kinds)
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE if scope["path"].startswith("/api/") and not is_form else FORM


def _address(scope: Message) -> str:
    """Of whoever sends; behind a proxy, which takes whole bodies by itself, they are not told apart."""
    return uuid4().hex if settings.NUM_PROXIES else str((scope.get("client") or [""])[0])


def _declared(scope: Message) -> int:
    """The length that the client says its body has; 0 where it does not say."""
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
