"""manage.py make_drawings: a database full of synthetic drawings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from accounts.models import User
from recognizer.management import synthetic_site
from recognizer.models import Correction, Digit, Drawing, Prediction, Review, ReviewItem
from recognizer.services import predictions, review_queue
from tests.conftest import ONE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _few_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthetic_site, "POOL", 20)
    monkeypatch.setattr(synthetic_site, "BATCH", 120)


@pytest.fixture
def made(capsys: pytest.CaptureFixture) -> Iterator[str]:
    call_command("make_drawings", drawings=300, users=20, reviewed=100, days=10)
    return capsys.readouterr().out


def test_it_works(made: str) -> None:
    assert "300 of 300 drawings" in made
    assert Drawing.objects.filter(state="read").count() == Prediction.objects.count() == 300
    assert Digit.objects.count() >= 200
    assert 150 < ReviewItem.objects.count() <= 300
    assert Correction.objects.exists()
    assert {*ReviewItem.objects.values_list("state", flat=True)} >= {"waiting", "decided"}
    assert ReviewItem.objects.exclude(sampled_at=None).filter(writer__may_train=True).exists()
    assert 30 < Review.objects.in_force().count() < 200
    assert Review.objects.values("reviewer").distinct().count() == synthetic_site.REVIEWERS
    assert not ReviewItem.objects.exclude(writer=F("drawing__user")).exists()
    assert Drawing.objects.dates("created_at", "day").count() > 5


def test_reviewers_go_on_where_it_ends(made: str) -> None:
    reviewer = User.objects.get(username="synthetic-reviewer-1")
    assert reviewer.has_perm("recognizer.add_review")
    [item] = review_queue.claim(reviewer=reviewer, count=1)
    assert item.drawing.latest.text[:100] == item.read_as
    assert bytes(item.glyphs).startswith(b"\x89PNG")


def test_rows_that_are_made_later_get_their_own_ids(made: str) -> None:
    user = User.objects.get(username="synthetic-1")
    drawing = predictions.submit_strokes(user=user, strokes=ONE)
    last = Prediction.objects.latest("pk")
    later = Prediction.objects.create(
        drawing=drawing, model_version=last.model_version, state="empty", confidence=1
    )
    assert later.pk > last.pk


def test_again(made: str) -> None:
    call_command("make_drawings", drawings=50, users=20, seed=2)
    assert Drawing.objects.count() == 350
    assert User.objects.count() == 20 + synthetic_site.REVIEWERS


def test_not_among_the_drawings_of_real_users(owner: User, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(CommandError, match="has users"):
        call_command("make_drawings", drawings=10)
    assert not Drawing.objects.exists()
    call_command("make_drawings", drawings=10, users=2, yes=True)
    assert Drawing.objects.count() == 10


@pytest.mark.parametrize(
    "options", [{"drawings": 0}, {"users": 0}, {"days": 0}, {"reviewed": 6}, {"reviewed": -1}]
)
def test_refused_numbers(options: dict[str, Any]) -> None:
    with pytest.raises(CommandError):
        call_command("make_drawings", **{"drawings": 10, **options})
