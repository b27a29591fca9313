"""The cost of hostile request bodies for a web process: memory before and after, statuses, and times.

Run: python -m bench.bodies [--bodies 4000] [--clients 8]
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable
from pathlib import Path

from bench.load import own_site, post, strokes_of
from tests.site import Site

MIB = 2**20
MANY = "1000000000/min"  # a throttle rate that is never reached
# Bodies that become largest when they are parsed. A request with a picture may have 14 MB.
BOMBS: list[Callable[[], bytes]] = [
    lambda: b'{"strokes": [' + b"[]," * (14 * MIB // 3) + b"[]]}",
    lambda: b'{"image": "", "strokes": [' + b"[]," * (14 * MIB // 3) + b"[]]}",
    lambda: b'{"strokes": [' + b"[]," * (MIB // 3 - 100) + b"[]]}",
    lambda: b'{"image": [' + b"{}," * (14 * MIB // 3) + b"{}]}",
    lambda: b'{"strokes": ' + b"[" * (MIB - 100),
    lambda: b'{"strokes": [[[' + b"1" * (MIB - 100),
    lambda: b'{"image": "' + b"A" * (13 * MIB) + b'"}',
]


def mutated(rng: random.Random) -> bytes:
    """A drawing with some bytes changed, cut out, or doubled."""
    body = bytearray(json.dumps(strokes_of(rng.randrange(10))).encode())
    for _ in range(rng.randrange(1, 6)):
        at, length = rng.randrange(len(body)), rng.randrange(1, 30)
        part = body[at : at + length]
        body[at : at + length] = rng.choice(
            [rng.randbytes(1), b"", part * rng.randrange(2, 200), b"[" * 50, b"1e999"]
        )
    return bytes(body)


def resident(site: Site) -> list[int]:
    """The memory of each web process in MiB, sorted."""
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in site.pids("granian")]
    return sorted(4096 * count // MIB for count in pages)


def main() -> None:
    """Post all bodies twice, and print the memory after each time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bodies", type=int, default=4000)
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args()
    rng = random.Random(0)
    bodies = [mutated(rng) for _ in range(options.bodies)]
    for place in range(0, options.bodies, 40):  # one in forty is a bomb
        bodies[place] = b""
    bombs = [make() for make in BOMBS]

    def body(number: int) -> bytes:
        return bodies[number % options.bodies] or bombs[number // 40 % len(bombs)]

    with own_site(THROTTLE_ANONYMOUS_LIVE=MANY, THROTTLE_ANONYMOUS_WORK=MANY) as site:
        url = f"{site.url}/api/v1/live/"
        post(url, strokes_of, requests=200, clients=options.clients)
        before = resident(site)
        for _ in range(2):
            print(post(url, body, requests=options.bodies, clients=options.clients))
            print(f"MiB of the web processes, smallest first: before {before}, now {resident(site)}")


if __name__ == "__main__":
    main()
