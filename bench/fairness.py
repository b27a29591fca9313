"""How long others wait while one user sends many large pages, and how long the health check takes without readers.

Run: python -m bench.fairness [--pages 30]
"""

from __future__ import annotations

import argparse
import os
import signal
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bench.load import cached, own_site, post, strokes_of
from tests.site import Site

STROKES = 500  # of a page, which is the limit
OTHERS = 40  # requests of the others while the pages are read


def page(number: int) -> dict[str, Any]:
    """A page of 500 strokes in rows of 25."""
    strokes = [stroke for digit in range(300) for stroke in strokes_of(digit)["strokes"]][:STROKES]
    return {
        "strokes": [
            [[x + 250 * (k % 25), y + 300 * (k // 25), *rest] for x, y, *rest in stroke[::3]]
            for k, stroke in enumerate(strokes)
        ]
    }


@contextmanager
def in_background(work: Callable[[], None]) -> Iterator[None]:
    """Call `work` in a thread while the body runs, and wait for it at the end."""
    thread = threading.Thread(target=work)
    thread.start()
    yield
    thread.join()


def health(site: Site, seconds: float) -> float:
    """The longest time in seconds that /healthz took to answer within `seconds`."""
    end, worst = time.monotonic() + seconds, 0.0
    while time.monotonic() < end:
        start = time.monotonic()
        urllib.request.urlopen(f"{site.url}/healthz", timeout=30).read()
        worst = max(worst, time.monotonic() - start)
        time.sleep(0.05)
    return worst


def main() -> None:
    """Print the times of one user alone, beside the pages of another, and while the readers are stopped."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=30)
    options = parser.parse_args()
    small = cached(strokes_of)
    with own_site() as site:
        url, live = f"{site.url}/api/v1/predictions/", f"{site.url}/api/v1/live/"
        greedy, other = (site.manage("create_api_token", name, "--create").strip() for name in ("greedy", "other"))
        post(url, small, requests=20, clients=2, token=other)
        print("alone, kept:  ", post(url, small, requests=OTHERS, clients=2, token=other))
        with in_background(
            lambda: print("pages:        ", post(url, page, requests=options.pages, clients=10, token=greedy))
        ):
            time.sleep(1)
            print("beside, live: ", post(live, small, requests=OTHERS // 2, clients=1, token=other))
            print("beside, kept: ", post(url, small, requests=OTHERS // 2, clients=1, token=other))
        for pid in site.pids("queues reading"):
            os.kill(pid, signal.SIGSTOP)
        with in_background(
            lambda: print("readers away: ", post(url, small, requests=80, clients=40, token=other))
        ):
            print(f"longest answer of /healthz meanwhile: {1000 * health(site, 5):.0f} ms")
        for pid in site.pids("queues reading"):
            os.kill(pid, signal.SIGCONT)


if __name__ == "__main__":
    main()
