"""Verdicts on corrections become verdicts on drawings, and go back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

OLD, NEW = ("recognizer", "0007_data_exports"), ("recognizer", "0010_one_verdict")

pytestmark = pytest.mark.django_db(transaction=True)


def migrate(target: tuple[str, str]) -> Any:
    """Go to this migration; returns the models as they are then."""
    executor = MigrationExecutor(connection)
    executor.migrate([target])
    loader = MigrationExecutor(connection).loader
    others = [leaf for leaf in loader.graph.leaf_nodes() if leaf[0] != "recognizer"]
    return loader.project_state([target, *others]).apps


@pytest.fixture
def before() -> Iterator[Any]:
    """The models of the release in which reviewers accepted or refused corrections."""
    newest = [leaf for leaf in MigrationExecutor(connection).loader.graph.leaf_nodes() if leaf[0] == "recognizer"]
    yield migrate(OLD)
    for name in ("Review", "Correction", "Prediction", "Drawing"):
        with connection.cursor() as cursor:  # whichever form they have by now
            cursor.execute(f"DELETE FROM recognizer_{name.lower()}")
            if name == "Review" and "recognizer_reviewitem" in connection.introspection.table_names(cursor):
                cursor.execute("DELETE FROM recognizer_reviewitem")
    migrate(newest[0])


class Rows:
    """Rows of the old release."""

    def __init__(self, apps: Any) -> None:
        self.apps = apps
        users = apps.get_model("accounts", "User").objects
        self.writer, self.reviewer = users.create(username="writer"), users.create(username="reviewer")
        self.version = apps.get_model("recognizer", "ModelVersion").objects.create(
            sha256="0" * 64, origin="shipped"
        )

    def drawing(self, read_as: str = "7") -> Any:
        drawing = self.apps.get_model("recognizer", "Drawing").objects.create(
            user_id=self.writer.pk, source="canvas", strokes=[[[0, 0]]], state="read"
        )
        self.apps.get_model("recognizer", "Prediction").objects.create(
            drawing=drawing, model_version=self.version, state="recognised", text=read_as, confidence=0.75
        )
        return drawing

    def corrected(self, drawing: Any, text: str, verdict: str = "", *, replaced: bool = False) -> Any:
        """A correction, and what the reviewer says to it; returns the verdict, or None."""
        correction = self.apps.get_model("recognizer", "Correction").objects.create(
            drawing=drawing,
            user_id=self.writer.pk,
            text=text,
            replaced_at=timezone.now() - timedelta(days=1) if replaced else None,
        )
        reviews = self.apps.get_model("recognizer", "Review").objects
        made = {"correction": correction, "drawing": drawing, "reviewer_id": self.reviewer.pk}
        return reviews.create(verdict=verdict, **made) if verdict else None


def test_there_and_back(before: Any) -> None:
    rows = Rows(before)
    accepted = rows.corrected(rows.drawing(), "1", "accepted")
    no_number = rows.corrected(rows.drawing(), "", "accepted")
    refused = rows.corrected(rows.drawing(), "2", "refused")
    twice = rows.drawing()
    first, second = rows.corrected(twice, "3", "accepted", replaced=True), rows.corrected(twice, "4", "accepted")
    changed_since = rows.drawing("5")
    old = rows.corrected(changed_since, "6", "accepted", replaced=True)
    rows.corrected(changed_since, "5")
    open_one, untouched = rows.drawing("x" * 150), rows.drawing()
    rows.corrected(open_one, "8")

    after = migrate(NEW)
    reviews = {r.pk: r for r in after.get_model("recognizer", "Review").objects.all()}
    assert {pk: (r.verdict, r.text, r.replaced_at is None) for pk, r in reviews.items()} == {
        accepted.pk: ("number", "1", True),
        no_number.pk: ("no_number", "", True),
        refused.pk: ("refused", "", True),
        first.pk: ("number", "3", False),
        second.pk: ("number", "4", True),
        old.pk: ("number", "6", False),
    }
    assert len({r.step for r in reviews.values()}) == len(reviews)
    assert all(r.prediction.drawing_id == r.drawing_id for r in reviews.values())
    assert {r.shown_for for r in reviews.values()} == {"corrected"}
    items = {i.pk: i for i in after.get_model("recognizer", "ReviewItem").objects.all()}
    decided = [accepted, no_number, refused, second]
    assert {pk: item.state for pk, item in items.items()} == {
        **{review.drawing_id: "decided" for review in decided},
        changed_since.pk: "waiting",
        open_one.pk: "waiting",
    }
    assert untouched.pk not in items
    assert {item.reason for item in items.values()} == {"corrected"}
    assert items[changed_since.pk].worth < items[open_one.pk].worth
    assert (len(items[open_one.pk].read_as), items[open_one.pk].confidence) == (100, 0.75)
    assert all(item.writer_id == rows.writer.pk for item in items.values())

    restored = migrate(OLD).get_model("recognizer", "Review").objects.all()
    assert {r.pk: (r.verdict, r.correction_id) for r in restored} == {
        r.pk: (r.verdict, r.correction_id) for r in (accepted, no_number, refused, first, second, old)
    }


def test_what_the_old_form_cannot_say_is_left_out(before: Any) -> None:
    rows = Rows(before)
    confirmed = rows.corrected(rows.drawing(), "1", "accepted")
    drawing, uncorrected = rows.drawing(), rows.drawing()
    rows.corrected(drawing, "2")
    after = migrate(NEW)
    reviews = after.get_model("recognizer", "Review").objects
    correction = after.get_model("recognizer", "Correction").objects.get(drawing_id=drawing.pk)
    otherwise = reviews.create(drawing_id=drawing.pk, correction=correction, verdict="number", text="3")
    reviews.create(drawing_id=uncorrected.pk, verdict="number", text="7")
    now = timezone.now()
    reviews.create(
        drawing_id=drawing.pk, correction=correction, verdict="number", text="2", replaced_at=now, undone_at=now
    )
    restored = migrate(OLD).get_model("recognizer", "Review").objects.all()
    assert {r.pk: r.verdict for r in restored} == {confirmed.pk: "accepted", otherwise.pk: "refused"}


def test_an_empty_site(before: Any) -> None:
    after = migrate(NEW)
    assert not after.get_model("recognizer", "ReviewItem").objects.exists()
    group = after.get_model("auth", "Group").objects.get(name="reviewers")
    assert {*group.permissions.values_list("codename", flat=True)} >= {"add_review", "view_review"}
    migrate(OLD)
    assert not after.get_model("auth", "Group").objects.filter(name="reviewers").exists()
