"""Which writers train, which validate and which are held out. A writer's group never changes."""

from __future__ import annotations

import hashlib

_GROUPS = 5  # of writers, of equal size
_HELD_OUT = 0  # writers of this group never train
_VALIDATING = 1  # drawings of this group choose between weights


def is_held_out(writer_id: int) -> bool:
    """Whether the drawings of this writer only evaluate versions, in every run."""
    return _group(writer_id) == _HELD_OUT


def is_validating(writer_id: int) -> bool:
    """Whether the drawings of this writer choose between weights."""
    return _group(writer_id) == _VALIDATING


def _group(writer_id: int) -> int:
    """By a hash of the number alone, so that other writers who come or go change nothing."""
    return int.from_bytes(hashlib.sha256(f"writer {writer_id}".encode()).digest()[:4]) % _GROUPS
