"""What one user with piles of large pages costs the others, and what readers that are away cost the health check.

Run: python -m bench.fairness [--pages 30]
"""

from __future__ import annotations

import argparse
import os
import signal
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.load import cached, ours, post, strokes_of
from tests.site import Site

STROKES = 500  # of a page: as many as there may be
OTHERS = 40  # requests of the others while the pile is read


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
def in_background(work: object) -> Iterator[None]:
    thread = threading.Thread(target=work)  # type: ignore[arg-type]
    thread.start()
    yield
    thread.join()


def health(site: Site, seconds: float) -> float:
    """The longest time that /healthz took to answer."""
    end, worst = time.monotonic() + seconds, 0.0
    while time.monotonic() < end:
        start = time.monotonic()
        urllib.request.urlopen(f"{site.url}/healthz", timeout=30).read()
        worst = max(worst, time.monotonic() - start)
        time.sleep(0.05)
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=30)
    asked = parser.parse_args()
    small = cached(strokes_of)
    with ours() as site:
        url, live = f"{site.url}/api/v1/predictions/", f"{site.url}/api/v1/live/"
        greedy, other = (site.manage("create_api_token", name, "--create").strip() for name in ("greedy", "other"))
        post(url, small, requests=20, clients=2, token=other)
        print("alone, kept:  ", post(url, small, requests=OTHERS, clients=2, token=other))
        with in_background(
            lambda: print("pages:        ", post(url, page, requests=asked.pages, clients=10, token=greedy))
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
