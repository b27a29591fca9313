"""How long a reviewer waits between two drawings at the desk, in a real browser in front of a real site.

    python -m bench.review_wait [--count 100] [--look 300]

Drawings are decided by keyboard alone. Measured is the time from the key to the frame that shows the next drawing,
as the page itself measures it (`performance.measure` in static/js/review/desk.js). `--look` is how long each
drawing is looked at, in ms; a reviewer takes one to five seconds.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

from tests.e2e.conftest import ARGS, DESK
from tests.site import NO_LOTS, Site

CHROMIUM = "/usr/bin/chromium"
NAME, PASSWORD = "reviewer", "correct horse battery"  # as `tests.e2e.review_rows` makes them
FILL = """
from tests.e2e.review_rows import fill_queue, make_reviewer, numbers
make_reviewer({name!r})
fill_queue(numbers({count}))
"""


def main() -> None:
    """Print the median, the 95th percentile and the longest wait, in ms."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100, help="drawings that are decided")
    parser.add_argument("--look", type=int, default=300, help="ms that each is looked at")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="numeral-desk-") as folder:
        site = Site(Path(folder), extra=NO_LOTS)
        site.start()
        try:
            site.manage("shell", "-v", "0", "-c", FILL.format(name=NAME, count=options.count + 20))
            waits = sorted(_decide(site, options.count, options.look))
        finally:
            site.stop()
    p95 = waits[min(len(waits) - 1, int(0.95 * len(waits)))]
    print(f"{len(waits)} drawings: p50 {statistics.median(waits):.1f}, p95 {p95:.1f}, worst {waits[-1]:.1f} ms")


def _decide(site: Site, count: int, look: int) -> list[float]:
    """The waits in ms, from the key to the frame."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        options: dict[str, Any] = {"base_url": site.url, **DESK}
        page = browser.new_context(**options).new_page()
        page.goto("/accounts/login/?next=/review/")
        page.get_by_label("Username or email").fill(NAME)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.locator("[data-item]").wait_for()
        for _ in range(count):
            page.wait_for_timeout(look)
            page.keyboard.press("Enter")
        page.wait_for_timeout(500)  # the last frames are measured
        waits: list[float] = page.evaluate(
            "performance.getEntriesByName('review:next').map(({duration}) => duration)"
        )
        browser.close()
    return waits


if __name__ == "__main__":
    main()
