"""A load of POST requests on a fixed number of keep-alive connections, and a site to send it to."""

from __future__ import annotations

import http.client
import json
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ml.synthesis.handwriting import write_digit
from tests.site import Site

TIMEOUT = 60  # seconds for one answer

Body = dict[str, Any]  # as JSON


@contextmanager
def own_site(**env: str) -> Iterator[Site]:
    """The whole site on a temporary data folder, with these variables in its environment."""
    with tempfile.TemporaryDirectory(prefix="numeral-bench-") as folder:
        site = Site(Path(folder), env)
        site.start()
        try:
            yield site
        finally:
            site.stop()


@dataclass(frozen=True)
class Load:
    """The result of a load: sorted seconds of the requests, how often each status came, seconds of the whole,
    and ids in the answers."""

    seconds: list[float]
    statuses: dict[int, int]
    wall: float
    ids: list[str]

    def quantile(self, q: float) -> float:
        """The time in seconds within which the share `q` of the requests was answered."""
        return self.seconds[min(len(self.seconds) - 1, int(q * len(self.seconds)))]

    def __str__(self) -> str:
        p50, p99, worst = (1000 * self.quantile(q) for q in (0.5, 0.99, 1))
        rate = len(self.seconds) / self.wall
        return f"{rate:7.0f} /s   p50 {p50:7.1f} ms   p99 {p99:7.1f} ms   worst {worst:7.0f} ms   {self.statuses}"


def post(url: str, bodies: Callable[[int], Body | bytes], *, requests: int, clients: int, token: str = "") -> Load:
    """Post `requests` bodies, which `bodies` makes of their number from 0, by `clients` at once."""
    numbers, lock = iter(range(requests)), threading.Lock()
    answers: list[tuple[float, int, str]] = []

    def next_number() -> int | None:
        with lock:
            return next(numbers, None)

    def client() -> None:
        with closing(_connect(url)) as connection:
            while (number := next_number()) is not None:
                start = time.perf_counter()
                status, body = _post(connection, url, bodies(number), token)
                answers.append((time.perf_counter() - start, status, body.get("id", "")))

    threads = [threading.Thread(target=client) for _ in range(clients)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - start
    return Load(
        sorted(seconds for seconds, _, _ in answers),
        dict(Counter(status for _, status, _ in answers)),
        wall,
        [name for _, _, name in answers if name],
    )


def _connect(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    return http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=TIMEOUT)


def _post(connection: http.client.HTTPConnection, url: str, body: Body | bytes, token: str) -> tuple[int, Body]:
    """Return status and body; status 0 where no answer came. Bytes are sent as they are."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Token {token}"} if token else {})
    try:
        data = body if isinstance(body, bytes) else json.dumps(body)
        connection.request("POST", urlsplit(url).path, data, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"{}")
    except (OSError, http.client.HTTPException):
        connection.close()  # the next request opens it anew
        return 0, {}


def strokes_of(number: int) -> Body:
    """The body of a request with the strokes of a synthetic digit, another one for each number."""
    import numpy as np

    strokes = write_digit(number % 10, rng=np.random.default_rng(number))
    return {"strokes": [(200 * stroke).round(1).tolist() for stroke in strokes]}


def cached(make: Callable[[int], Body], most: int = 200) -> Callable[[int], Body]:
    """The same as `make`, repeated after `most` bodies, which are made in advance."""
    made = [make(number) for number in range(most)]
    return lambda number: made[number % most]
