"""Questions that a request asks a worker and waits for: who may wait, and what is answered while nobody can."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from recognizer.api.errors import ReaderBusy, ReaderUnavailable
from recognizer.serving import doorbell, waiting_room


@contextmanager
def waiting_for_reader(sender: str, *, heavy: bool, seconds: float) -> Iterator[None]:
    """A seat in the waiting room while the block asks the reader.

    `heavy` questions (pictures, explanations) may take the reader a second: a sender may ask one of them at a
    time, over all web processes. Raises ReaderBusy if there is no seat, and ReaderUnavailable if no worker
    answers.
    """
    turn = doorbell.alone(f"heavy:{sender}", seconds=seconds) if heavy else nullcontext(True)
    try:
        with waiting_room.seat(sender) as seated, turn as has_turn:
            if not (seated and has_turn):
                raise ReaderBusy
            yield
    except doorbell.ReaderAway as error:
        raise ReaderUnavailable from error
