"""`manage.py make_drawings`: fill a database with synthetic drawings, to measure a large site."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recognizer.management.synthetic_site import Plan, fill, is_synthetic_only


class Command(BaseCommand):
    help = (
        "Fill the database with synthetic users, drawings, readings, corrections and verdicts, to see how a large "
        "site behaves. It never deletes anything; do it in a database of its own."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--drawings", type=int, required=True, help="such as 1000000")
        parser.add_argument("--users", type=int, default=2000, help="who have drawn them")
        parser.add_argument("--reviewed", type=int, default=None, help="about as many have a verdict; a tenth")
        parser.add_argument("--days", type=int, default=180, help="on which they were drawn, up to today")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--yes", action="store_true", help="also where there are real users")

    def handle(self, *args: Any, **options: Any) -> None:
        plan = self._plan(options)
        if not options["yes"] and not is_synthetic_only():
            raise CommandError(
                f"This database has users. {plan.drawings} synthetic drawings would stand among theirs, and could "
                "train the reader. Take a database of its own (DATABASE_URL, DATA_DIR), or say --yes."
            )
        start = time.monotonic()
        for done in fill(plan):
            seconds = time.monotonic() - start
            self.stdout.write(f"{done} of {plan.drawings} drawings, {seconds:.0f} s", ending="\r")
            self.stdout.flush()
        self.stdout.write(
            f"\n{plan.drawings} drawings of {plan.users} users. `manage.py changepassword synthetic-reviewer-1` "
            "lets a reviewer sign in."
        )

    def _plan(self, options: dict[str, Any]) -> Plan:
        drawings, users = options["drawings"], options["users"]
        reviewed = drawings // 10 if options["reviewed"] is None else options["reviewed"]
        if min(drawings, users, options["days"]) < 1:
            raise CommandError("It takes at least one drawing, one user and one day.")
        if not 0 <= reviewed <= drawings // 2:
            raise CommandError("At most half of the drawings can have a verdict.")
        return Plan(drawings, users, reviewed, options["days"], options["seed"])
