"""Pen digits' writers as users of a site: those of the training part train, those of the test part never do.

Run in the environment of a site of its own that `manage.py prepare` has made, then look at what they do for it:

    python -m bench.writers --data FOLDER --base FILE [--each 67] [--others 200]
    python manage.py retrain

`--base` is a reader that has never seen these writers (`ml.training.train` on a folder without their file); it is
promoted.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from accounts.models import User

_A_DAY = 20  # drawings, as many as train


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.writers", description="Let pen digits' writers use a site."
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with pendigits_strokes.npz")
    parser.add_argument("--base", type=Path, required=True, help="artifact of a reader that never saw them")
    parser.add_argument("--each", type=int, default=67, help="drawings of each writer who trains")
    parser.add_argument("--others", type=int, default=200, help="and of each who does not")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digitsite.settings")
    import django

    django.setup()
    _promote(options.base.read_bytes())
    _fill(options.data, {False: options.each, True: options.others})


def _promote(artifact: bytes) -> None:
    from recognizer.models import ModelVersion, Promotion
    from recognizer.services import model_versions

    base, _new = model_versions.register_version(artifact=artifact, origin=ModelVersion.Origin.TRAINED)
    active = model_versions.active_version()
    kind = Promotion.Kind.FORCED
    model_versions.promote_version(version=base, instead_of=active, kind=kind, reason="it never saw these writers")


def _fill(folder: Path, most: dict[bool, int]) -> None:
    """Each writer's drawings, what they say of them, and a reviewer who agrees."""
    from accounts.models import User
    from ml.data.loaders import load_strokes

    pen = load_strokes(folder / "pendigits_strokes.npz")
    rng, numbers = np.random.default_rng(1), {held: _numbers(held=held) for held in most}
    reviewer = User.objects.create_superuser("reviewer", password=None)
    for who in np.unique(pen.writer):
        rows = rng.permutation(np.flatnonzero(pen.writer == who))
        held = bool(pen.test[rows[0]])
        user = User.objects.create_user(f"pen-{who}", pk=next(numbers[held]), may_train=True)
        for place, i in enumerate(rows[: most[held]]):
            _draw(user, reviewer, pen.drawings[i], str(pen.label[i]), place // _A_DAY)


def _numbers(*, held: bool) -> Iterator[int]:
    """Numbers of users who never train, or of others: it goes by the number."""
    from recognizer.training import dataset

    return (number for number in count(1000) if dataset.is_held_out(number) == held)


def _draw(user: User, reviewer: User, drawing: list[np.ndarray], text: str, days: int) -> None:
    from django.utils import timezone

    from recognizer.models import Correction, Review
    from recognizer.services import predictions, reviews

    strokes = [np.round(stroke, 2).tolist() for stroke in drawing]
    made = predictions.submit_strokes(user=user, strokes=strokes)
    claim = reviews.correct_drawing(drawing=made, user=user, text=text)
    # Not all in one day, of which only the first few would train.
    Correction.objects.filter(pk=claim.pk).update(created_at=timezone.now() - timedelta(days=days))
    reviews.review_correction(correction=claim, reviewer=reviewer, verdict=Review.Verdict.ACCEPTED)


if __name__ == "__main__":
    main()
