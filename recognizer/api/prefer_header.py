"""The Prefer header (RFC 7240), by which a client says how long it wants to wait."""

from __future__ import annotations

import re

from django.conf import settings
from rest_framework.request import Request


def seconds_to_wait(request: Request) -> float:
    """0 for `respond-async`, n for `wait=n` (never more than READ_WAIT), else READ_WAIT."""
    prefer = request.headers.get("Prefer", "")
    if re.search(r"\brespond-async\b", prefer):
        return 0.0
    wait = re.search(r"\bwait=(\d{1,4})\b", prefer)
    return min(float(wait[1]), settings.READ_WAIT) if wait else float(settings.READ_WAIT)
