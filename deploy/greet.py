"""Say where the site is, once it answers; say what does not answer, if it takes too long."""

import json
import os
import sys
import time
import urllib.error
import urllib.request

PATIENCE = 60  # seconds; a slow disk at the first start takes ten


def not_ready(address: str) -> str:
    """Return what does not answer yet, or "" when all does."""
    try:
        urllib.request.urlopen(f"{address}/readyz", timeout=5)  # noqa: S310  (our own address)
    except urllib.error.HTTPError as error:
        parts = json.load(error) if error.code == 503 else {"web": f"answers {error.code}"}
        return ", ".join(f"{name}: {state}" for name, state in parts.items() if state != "ok")
    except OSError:
        return "web: does not answer"
    return ""


def main() -> None:
    address = f"http://127.0.0.1:{os.environ['PORT']}"
    end, missing = time.monotonic() + PATIENCE, "web"
    while time.monotonic() < end:
        missing = not_ready(address)
        if not missing:
            sys.stdout.write(f"\nNumeral is ready: {address}\nCtrl-C stops it.\n\n")
            return
        time.sleep(0.2)
    sys.stdout.write(f"\nNumeral is not ready after {PATIENCE} s ({missing}). {address}/readyz says more.\n")


main()
