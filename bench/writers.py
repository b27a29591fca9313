"""Make the writers of pen digits users of a site: those of the training part train, those of the test part never
do.

Run it in the environment of a new site that `manage.py prepare` has made, then retrain:

    python -m bench.writers --data FOLDER --base FILE [--each 67] [--others 200]
    python manage.py retrain

`--base` is a reader that was not trained on these writers (`ml.training.train` on a folder without their file).
It is promoted.
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

_DRAWINGS_PER_DAY = 20  # as many of a writer as train


def main() -> None:
    """Promote the base, and create users with drawings, corrections and reviews."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.writers", description="Let pen digits' writers use a site."
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with pendigits_strokes.npz")
    parser.add_argument("--base", type=Path, required=True, help="artifact of a reader not trained on them")
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
    """Create a user for each writer, at most `most` drawings of each by whether they are held out, corrections,
    and reviews that accept them."""
    from accounts.models import User
    from ml.data.loaders import load_strokes

    pen = load_strokes(folder / "pendigits_strokes.npz")
    rng, user_ids = np.random.default_rng(1), {held: _user_ids(held=held) for held in most}
    reviewer = User.objects.create_superuser("reviewer", password=None)
    for writer in np.unique(pen.writer):
        rows = rng.permutation(np.flatnonzero(pen.writer == writer))
        held = bool(pen.test[rows[0]])
        user = User.objects.create_user(f"pen-{writer}", pk=next(user_ids[held]), may_train=True)
        for place, i in enumerate(rows[: most[held]]):
            _draw(user, reviewer, pen.drawings[i], str(pen.label[i]), place // _DRAWINGS_PER_DAY)


def _user_ids(*, held: bool) -> Iterator[int]:
    """Ids of users who are held out, or who are not: that follows from the id."""
    from recognizer.training.writer_roles import is_held_out

    return (id for id in count(1000) if is_held_out(id) == held)


def _draw(user: User, reviewer: User, drawing: list[np.ndarray], text: str, days: int) -> None:
    from django.utils import timezone

    from recognizer.models import Drawing
    from recognizer.services import predictions, reviews

    strokes = [np.round(stroke, 2).tolist() for stroke in drawing]
    stored = predictions.submit_strokes(user=user, strokes=strokes)
    reviews.correct_drawing(drawing=stored, user=user, text=text)
    # On several days, since of one day only the first drawings would train.
    Drawing.objects.filter(pk=stored.pk).update(created_at=timezone.now() - timedelta(days=days))
    reviews.decide(drawing_id=stored.pk, reviewer=reviewer, decision=reviews.Decision.of(text), seen=stored.seen)


if __name__ == "__main__":
    main()
