"""Twelve people with a habit that the shipped version hardly knows: a 7 with a hat and a tail on its left.

Run in the environment of a site; prints nothing. Everything goes through the services, as pages and API do it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.random import Generator

WRITERS, STRANGE, USUAL = 12, 10, 8


def strange_sevens(n: int, rng: Generator) -> list[list[list[list[float]]]]:
    """Strokes [[[x, y], ...], ...] of so many."""
    from tests.ml.training.test_finetune import hooked_sevens

    return [_plain(strokes) for strokes in hooked_sevens(n, rng)]


def _plain(strokes: Any) -> list[list[list[float]]]:
    return [np.round(100 * stroke + 150, 2).tolist() for stroke in strokes]


def _drawn(rng: Generator) -> Iterator[tuple[Any, str]]:
    from ml.synthesis.handwriting import write_digit

    for strokes in strange_sevens(STRANGE, rng):
        yield strokes, "7"
    for label in rng.integers(10, size=USUAL).tolist():
        yield _plain(write_digit(label, rng=rng)), str(label)


def fill() -> None:
    """Their drawings, what they say of them, and a reviewer who agrees."""
    from accounts.models import User
    from recognizer.services import predictions, reviews

    rng = np.random.default_rng(3)
    reviewer = User.objects.create_superuser("crowd-reviewer", password=None)
    for number in range(WRITERS):
        writer = User.objects.create_user(f"crowd-{number}", may_train=True)
        for strokes, text in _drawn(rng):
            drawing = predictions.submit_strokes(user=writer, strokes=strokes)
            reviews.correct_drawing(drawing=drawing, user=writer, text=text)
            reviews.decide(
                drawing_id=drawing.pk, reviewer=reviewer, decision=reviews.Decision.of(text), seen=drawing.seen
            )


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digitsite.settings")
    django.setup()
    fill()
