"""The cost of many hostile pictures at once, for the web processes and for others who send pictures meanwhile.

Run: python -m bench.pictures [--files 4000] [--clients 8]
"""

from __future__ import annotations

import argparse
import http.client
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.bodies import MANY, resident
from bench.load import own_site
from tests.hostile import BOMBS, mutations, number, saved
from tests.site import Site

PAUSE = 0.2  # seconds between the pictures of others


def send(site: Site, data: bytes, sender: str) -> tuple[int, float]:
    """Status and seconds of one picture that is read live, sent from the address `sender`."""
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
    body = head.encode() + data + f"\r\n--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "X-Forwarded-For": sender}
    start = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=120)
    try:
        connection.request("POST", "/api/v1/live/", body, headers)
        return connection.getresponse().status, time.monotonic() - start
    finally:
        connection.close()


def flood(site: Site, files: Sequence[bytes], clients: int) -> list[tuple[int, float]]:
    """Send all files by `clients` at once, each from its own address: status and seconds of each."""
    answers: list[tuple[int, float]] = []
    left: Iterator[bytes] = iter(files)
    lock = threading.Lock()

    def client(sender: str) -> None:
        while True:
            with lock:
                data = next(left, None)
            if data is None:
                return
            answers.append(send(site, data, sender))

    threads = [threading.Thread(target=client, args=[f"10.0.0.{k}"]) for k in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def others(site: Site, stop: threading.Event, answers: list[tuple[int, float]]) -> None:
    """Send sound photographs one after the other from two addresses, until `stop` is set."""
    photo = saved(number((1600, 1200)), "JPEG")
    while not stop.is_set():
        answers.append(send(site, photo, f"10.9.9.{len(answers) % 2}"))
        time.sleep(PAUSE)


def processor(site: Site) -> float:
    """Seconds of processor time that the web processes have used."""
    ticks = (
        Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13] for pid in site.pids("granian")
    )
    return sum(int(tick) for pair in ticks for tick in pair) / 100


def report(name: str, answers: list[tuple[int, float]]) -> None:
    """Print statuses and times."""
    seconds = sorted(took for _, took in answers)
    statuses = dict(Counter(status for status, _ in answers))
    print(f"{name:9} {statuses}   median {seconds[len(seconds) // 2]:.2f} s   worst {seconds[-1]:.2f} s")


def main() -> None:
    """Send each set of hostile files, and print times, processor time and memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=4000)
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args()
    sets = {"bombs": [make() for make in BOMBS.values()] * 4, "mutations": list(mutations(options.files))}
    with own_site(THROTTLE_ANONYMOUS_LIVE=MANY, THROTTLE_ANONYMOUS_WORK=MANY, NUM_PROXIES="1") as site:
        flood(site, [saved(number(), "PNG")] * 100, options.clients)
        for name, files in sets.items():
            stop = threading.Event()
            beside: list[tuple[int, float]] = []
            other = threading.Thread(target=others, args=[site, stop, beside])
            before, used = resident(site), processor(site)
            other.start()
            answers = flood(site, files, options.clients)
            stop.set()
            other.join()
            report(name, answers)
            report("others", beside)
            each = 1000 * (processor(site) - used) / (len(answers) + len(beside))
            print(f"web processes: {each:.1f} ms each; MiB before {before}, now {resident(site)}")


if __name__ == "__main__":
    main()
