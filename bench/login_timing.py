"""The time of a failed log-in, by what was typed.

    python -m bench.login_timing

An unknown name must take as long as a known one. Prints the median of each kind in milliseconds and their largest
difference. Runs on a temporary database, with the password hashers of the site, in one process and one thread.
"""

from __future__ import annotations

import argparse
import logging
import os
import statistics
import tempfile
import time

PASSWORD = "correct horse battery"
KINDS = {
    "known name": "known",
    "unknown name": "unknown",
    "known address": "known@example.com",
    "unknown address": "unknown@example.com",
    "name without a password": "robot",
    "inactive name": "gone",
}


def main() -> None:
    """Print the median of each kind, and the largest difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attempts", type=int, default=30, help="of each kind, in turn")
    attempts = parser.parse_args().attempts
    prepare()
    times = measure(attempts)
    medians = {kind: statistics.median(taken) * 1000 for kind, taken in times.items()}
    for kind, median in medians.items():
        print(f"{kind:24} {median:7.1f} ms")
    print(f"{'largest difference':24} {max(medians.values()) - min(medians.values()):7.1f} ms")


def prepare() -> None:
    """Set up Django with accounts in a temporary folder."""
    folder = tempfile.mkdtemp(prefix="numeral-bench-")
    os.environ |= {"DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "digitsite.settings", "HTTPS": "off"}
    os.environ |= {"SECRET_KEY": "only for a measurement " * 3, "REDIS_URL": f"unix://{folder}/nobody.sock"}
    os.environ["ALLOWED_HOSTS"] = "testserver"
    os.mkdir(os.path.join(folder, "static"))
    import django
    from django.conf import settings
    from django.core.management import call_command

    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.ACCOUNT_RATE_LIMITS = False  # the rate limit would answer before a hash is computed
    django.setup()
    logging.disable(logging.WARNING)
    call_command("migrate", verbosity=0)

    from accounts.models import User

    User.objects.create_user("known", "known@example.com", PASSWORD)
    User.objects.create_user("gone", "gone@example.com", PASSWORD, is_active=False)
    User.objects.create_user("robot", "robot@example.com")


def measure(attempts: int) -> dict[str, list[float]]:
    """Seconds of each attempt with a wrong password, by kind. Kinds take turns, so that all of them meet the same
    load."""
    from django.test import Client

    client = Client()
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for number in range(attempts + 2):
        for kind, login in KINDS.items():
            start = time.perf_counter()
            answer = client.post("/accounts/login/", {"login": login, "password": "wrong"})
            taken = time.perf_counter() - start
            if answer.status_code != 200:
                raise RuntimeError(f"{kind} was answered {answer.status_code}")
            if number >= 2:  # the first two load templates
                times[kind].append(taken)
    return times


if __name__ == "__main__":
    main()
