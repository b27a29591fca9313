"""How a body gets to Django: whole, bounded in size and time, and without holding a thread meanwhile."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from digitsite import asgi
from digitsite.asgi import Front
from tests.site import Site

PATIENCE = 10  # seconds; a test that waits so long has failed


def echo(environ: dict[str, Any], start: Callable) -> list[bytes]:
    """Answer the body, and its declared length as a header."""
    start(
        "200 OK",
        [("X-Length", environ["CONTENT_LENGTH"]), ("X-Forwarded", environ.get("HTTP_X_FORWARDED_FOR", ""))],
    )
    return [environ["wsgi.input"].read()]


def ask(
    front: Front,
    parts: Iterable[bytes | float],
    path: str = "/api/",
    headers: Iterable[tuple[bytes, bytes]] = (),
    gone: bool = False,
) -> tuple[int, dict[str, str], bytes]:
    """Send the parts of a body, a number being a pause in seconds; returns status, headers and body."""

    async def talk() -> tuple[int, dict[str, str], bytes]:
        pieces, sent = iter([*parts, b""]), []

        async def receive() -> dict[str, Any]:
            piece = next(pieces, None)
            if isinstance(piece, float):
                await asyncio.sleep(piece)
                piece = next(pieces, None)
            if piece is None or (piece == b"" and gone):
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": piece, "more_body": piece != b""}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "http_version": "1.1",
                 "headers": list(headers), "client": ("127.0.0.1", 1), "scheme": "http"}  # fmt: skip
        await front(scope, receive, send)
        if not sent:
            return 0, {}, b""
        head = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], head, b"".join(message["body"] for message in sent[1:])

    return asyncio.run(talk())


@pytest.fixture
def front() -> Front:
    return Front(echo, threads=2)


def test_a_body_in_pieces_arrives_whole_and_has_a_length(front: Front) -> None:
    status, headers, body = ask(front, [b"ab", b"cd"], headers=[(b"transfer-encoding", b"chunked")])
    assert (status, headers["x-length"], body) == (200, "4", b"abcd")


def test_a_large_body_goes_through_a_file(front: Front) -> None:
    _, headers, body = ask(front, [bytes(asgi.IN_MEMORY)] * 3)
    assert headers["x-length"] == str(len(body)) == str(3 * asgi.IN_MEMORY)
    assert front.pending.total() == 0


def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(front: Front) -> None:
    status, headers, body = ask(front, [], headers=[(b"content-length", b"99999999999")])
    assert status == 413
    assert headers["content-type"] == "application/problem+json"
    assert json.loads(body)["detail"] == "The body is too large."


def test_a_body_that_does_not_say_so_is_refused_when_it_becomes_too_large(front: Front, settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert ask(front, [b"12345"] * 3)[0] == 413
    assert front.pending.total() == 0


def test_a_page_takes_a_form_and_no_picture(front: Front) -> None:
    parts = [bytes(asgi.FORM // 2)] * 3
    assert ask(front, parts, path="/accounts/login/")[0] == 413
    assert ask(front, parts, path="/api/v1/live/")[0] == 200


def test_a_body_that_comes_too_slowly_is_not_waited_for(front: Front, monkeypatch) -> None:
    monkeypatch.setattr(asgi, "BODY_SECONDS", 0.05)
    assert ask(front, [b"[", 5.0, b"]"])[0] == 408
    assert front.pending.total() == 0


def test_what_has_come_gives_a_body_more_time(front: Front, monkeypatch) -> None:
    monkeypatch.setattr(asgi, "BODY_SECONDS", 0.01)
    monkeypatch.setattr(asgi, "LEAST_RATE", 100)
    assert ask(front, [bytes(1000), 0.2, b"]"])[0] == 200


def test_nobody_is_answered_who_went_away(front: Front) -> None:
    assert ask(front, [b"ab"], gone=True)[0] == 0
    assert front.pending.total() == 0


def test_bodies_on_their_way_are_bounded_together(front: Front) -> None:
    front.pending["another"] = asgi.PENDING
    assert ask(front, [b"ab"])[0] == 503
    assert front.pending == {"another": asgi.PENDING}


def test_one_address_does_not_take_the_room_of_all(front: Front) -> None:
    front.pending["127.0.0.1"] = asgi.SHARE
    assert ask(front, [b"ab"])[0] == 503
    front.pending["127.0.0.1"], front.pending["another"] = 0, asgi.SHARE
    assert ask(front, [b"ab"])[0] == 200


def test_a_form_is_small_wherever_it_is_sent_to(front: Front) -> None:
    kind = [(b"content-type", b"application/x-www-form-urlencoded")]
    assert ask(front, [bytes(asgi.FORM + 1)], headers=kind)[0] == 413
    assert ask(front, [bytes(asgi.FORM)], headers=kind)[0] == 200


def test_a_malformed_body_is_a_400(front: Front) -> None:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        raise RuntimeError("invalid chunk")

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "http_version": "1.1",
        "headers": [],
    }
    asyncio.run(front(scope, receive, send))
    assert sent[0]["status"] == 400


def test_a_header_with_an_underscore_does_not_pass_for_one_of_a_proxy(front: Front) -> None:
    assert ask(front, [], headers=[(b"x_forwarded_for", b"6.6.6.6")])[1]["x-forwarded"] == ""
    assert ask(front, [], headers=[(b"x-forwarded-for", b"6.6.6.6")])[1]["x-forwarded"] == "6.6.6.6"


def test_a_long_answer_is_sent_as_it_is_made_and_closed_once() -> None:
    closed: list[int] = []

    class Long:
        def __iter__(self) -> Iterable[bytes]:
            return iter([bytes(asgi.PORTION), b"and", b"more"])

        def close(self) -> None:
            closed.append(1)

    def wsgi(environ: dict[str, Any], start: Callable) -> Long:
        start("200 OK", [])
        return Long()

    assert len(ask(Front(wsgi, threads=1), [])[2]) == asgi.PORTION + 7
    assert closed == [1]


def test_health_is_answered_while_all_other_threads_are_busy() -> None:
    busy, done = threading.Event(), threading.Event()

    def wsgi(environ: dict[str, Any], start: Callable) -> list[bytes]:
        if environ["PATH_INFO"] == "/api/":
            busy.set()
            assert done.wait(PATIENCE)
        start("200 OK", [])
        return []

    front = Front(wsgi, threads=1)
    slow = threading.Thread(target=ask, args=[front, []])
    slow.start()
    assert busy.wait(PATIENCE)
    assert ask(front, [], path="/healthz")[0] == ask(front, [], path="/readyz")[0] == 200
    assert not done.is_set()
    done.set()
    slow.join()


def slow_post(site: Site) -> socket.socket:
    """A POST that has sent its head and the first byte of its body."""
    connection = socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE)
    connection.sendall(
        b"POST /api/v1/live/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 46\r\n\r\n{"
    )
    return connection


@pytest.mark.redis
def test_sixty_slow_clients_keep_nobody_waiting_and_are_read_in_the_end(site: Site) -> None:
    slow = [slow_post(site) for _ in range(60)]
    assert urllib.request.urlopen(f"{site.url}/healthz", timeout=PATIENCE).read() == b"ok"
    assert urllib.request.urlopen(f"{site.url}/", timeout=PATIENCE).status == 200
    slow[0].sendall(b'"strokes": [[[50, 10], [50, 60], [50, 110]]]}')
    assert slow[0].recv(20).startswith(b"HTTP/1.1 200")
    for connection in slow:
        connection.close()


@pytest.mark.redis
def test_a_chunked_body_is_read(site: Site) -> None:
    request = urllib.request.Request(
        f"{site.url}/api/v1/live/", data=iter([b'{"strokes": ', b"[[[50, 10], [50, 110]]]}"])
    )
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # without a length, hence in chunks
        assert json.load(answer)["text"] == "1"


@pytest.mark.redis
def test_what_is_read_live_is_nowhere_on_disk(site: Site) -> None:
    strokes = [[[123456.5, 10], [123456.5, 60], [123456.5, 110]]]
    request = urllib.request.Request(f"{site.url}/api/v1/live/", json.dumps({"strokes": strokes}).encode())
    request.add_header("Content-Type", "application/json")
    assert json.load(urllib.request.urlopen(request, timeout=PATIENCE))["text"] == "1"
    kept = [path for path in site.data_dir.rglob("*") if path.is_file() and b"123456.5" in path.read_bytes()]
    assert kept == []
    assert not list(site.data_dir.glob("append*")) + list(site.data_dir.glob("*.rdb"))
