"""Our whole service (account, token, database row, queue, worker, row, answer) beside the peer, in one run.

Run: python -m bench.compare [--requests 1000] [--clients 16]
"""

from __future__ import annotations

import argparse
import base64
import io
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, ImageDraw

from bench.load import Load, cached, own_site, post, strokes_of
from tests.site import ROOT, free_port

WARM = 50  # requests before the time is taken
COUNT_PROGRAM = """
from recognizer.models import *
print(Drawing.objects.filter(state="read").count(), Prediction.objects.count())
"""


@contextmanager
def peer() -> Iterator[str]:
    """The peer in a process of its own: the URL that it reads pictures at."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.peer", str(port)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}/predict"
    finally:
        server.terminate()
        server.wait(timeout=10)


def _wait(url: str) -> None:
    """Wait at most a minute until a server answers at `url`."""
    for _ in range(300):
        try:
            urllib.request.urlopen(url)
        except urllib.error.HTTPError:
            return  # it answers
        except OSError:
            time.sleep(0.2)


def picture_of(number: int) -> dict[str, str]:
    """The body of a request with the ink of `strokes_of` as a PNG of 280x280 pixels."""
    image = Image.new("L", (280, 280), 255)
    draw = ImageDraw.Draw(image)
    for stroke in strokes_of(number)["strokes"]:
        draw.line([(40 + x, 40 + y) for x, y in stroke], fill=0, width=18)
    out = io.BytesIO()
    image.save(out, "PNG")
    return {"image": base64.b64encode(out.getvalue()).decode()}


def main() -> None:
    """Post the same drawings to both, by one client and by several, and print how long each took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=16)
    options = parser.parse_args()
    strokes, pictures = cached(strokes_of), cached(picture_of)
    loads: dict[tuple[str, int], Load] = {}
    with own_site() as site, peer() as peer_url:
        token = site.manage("create_api_token", "bench", "--create").strip()
        url = f"{site.url}/api/v1/predictions/"
        post(url, strokes, requests=WARM, clients=4, token=token)
        post(peer_url, pictures, requests=WARM, clients=4)
        for clients in (1, options.clients):
            loads["ours", clients] = post(url, strokes, requests=options.requests, clients=clients, token=token)
            loads["Flask + keras.predict", clients] = post(
                peer_url, pictures, requests=options.requests, clients=clients
            )
        stored = site.manage("shell", "--no-imports", "--command", COUNT_PROGRAM).strip()
    for (name, clients), load in loads.items():
        print(f"{name:22} {clients:3} client(s)  {load}")
    for clients in (1, options.clients):
        our_load, peer_load = loads["ours", clients], loads["Flask + keras.predict", clients]
        print(
            f"{clients:3} client(s): p50 {peer_load.quantile(0.5) / our_load.quantile(0.5):.1f} times as fast,"
            f" p99 {peer_load.quantile(0.99) / our_load.quantile(0.99):.1f} times"
        )
    print(f"drawings read, predictions stored: {stored} (posted: {WARM + 2 * options.requests})")


if __name__ == "__main__":
    main()
